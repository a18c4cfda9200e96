import type { EmulatedAnswer } from './answers.ts'

/** A request as it arrived. It holds no tokens. */
export interface EmulatedRequest {
  /** Counts from 0. */
  readonly index: number
  /** The function's name, as in `files/upload`; `oauth2/token` for tokens. */
  readonly route: string
  /** The function's argument as it was sent; of a request for a token its `grant_type` only. */
  readonly argument: unknown
  readonly bodyBytes: number
}

/** What shall happen to a request instead of what should. All parts may be combined. */
export interface Fault {
  /** The request is looked at only when this has resolved. */
  readonly before?: Promise<unknown>
  /** `false`: it is not done, as if it had been lost on its way. Default `true`. */
  readonly apply?: boolean
  /** What is done is answered only when this has resolved. */
  readonly after?: Promise<unknown>
  /**
   * Instead of the true answer: this one; or the connection is reset; or the true one breaks off after so many bytes of its body.
   * Without it, what is not applied is answered with 500.
   */
  readonly answer?: EmulatedAnswer | 'reset' | { readonly truncateAfterBytes: number }
}

/** Asked about each request before it is looked at; nothing for no fault. */
export type DecideFault = (request: EmulatedRequest) => Fault | undefined

/** What became of a request. */
export interface RequestRecord extends EmulatedRequest {
  /** Whether it was looked at and done or refused; not so if a fault kept it from that. */
  readonly handled: boolean
  /** The status answered, or what became of the connection; nothing yet while it is under way. */
  readonly answer: number | 'reset' | 'truncated' | 'gone' | undefined
}
