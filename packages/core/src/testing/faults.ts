import { abortedError, errorCode, throwIfAborted, VaultError } from '../errors.ts'
import {
  assertBlobData,
  type BlobStore,
  type ListedBlob,
  type RequestOptions,
  type StoredBlob,
  type Version,
} from '../store/contract.ts'
import { decorate } from '../store/decorators/decorate.ts'

/** A request as it was sent, with its number from 0. `key` of a listing is its prefix. */
export type FaultRequest = { readonly index: number; readonly key: string } & (
  | { readonly kind: 'read'; readonly unlessVersion?: Version }
  | { readonly kind: 'write'; readonly data: Uint8Array; readonly expected: Version | null }
  | { readonly kind: 'delete'; readonly expected: Version }
  | { readonly kind: 'list' }
)

/** What shall become of a request. */
export type Fault =
  /** Nothing unusual. */
  | 'pass'
  /** It never arrives: not done, `ERR_UNAVAILABLE`. */
  | 'drop'
  /** It is done, but the answer is lost: `ERR_UNAVAILABLE`. */
  | 'lose-answer'
  /** It arrives when the promise has resolved; the caller waits. */
  | { readonly delayUntil: Promise<unknown> }
  /** It is done at once; its answer arrives when the promise has resolved. */
  | { readonly answerAfter: Promise<unknown> }
  /** `ERR_UNAVAILABLE` at once; it is done all the same, when the promise has resolved. See {@link FaultyStore.landed}. */
  | { readonly landAfter: Promise<unknown> }
  /** A read is not done and answered like this: a torn, foreign, old or missing file. */
  | { readonly answer: StoredBlob | 'unchanged' | null }
  /** Not done; rejects with this error. */
  | Error

/** What became of a request. */
export interface RequestRecord {
  readonly request: FaultRequest
  readonly fault: Fault
  /** Whether it reached the store and was done there, or is still on its way; `'no'` also when the store refused it. */
  readonly done: 'yes' | 'no' | 'pending'
  /** What the caller got: `'ok'`, the code or name of the error, or nothing yet. */
  readonly answer: string | undefined
}

/** A store whose requests meet faults, and which remembers them all. */
export interface FaultyStore extends BlobStore {
  /** All requests so far, in the order in which they were sent. */
  readonly requests: readonly RequestRecord[]
  /** Resolves when no request that met a fault is on its way any more: each has landed or was refused. */
  landed(): Promise<void>
}

/** Decides on each request, as it is sent. */
export type DecideFault = (request: FaultRequest) => Fault

/** Strikes with `fault` at request number `nth` (from 1, default 1) of those that match, and lets all others pass. */
export function faultOnce(matches: (request: FaultRequest) => boolean, fault: Fault, nth = 1): DecideFault {
  let matched = 0
  return (request) => {
    if (!matches(request)) return 'pass'
    matched += 1
    return matched === nth ? fault : 'pass'
  }
}

type Recorded = { -readonly [Name in keyof RequestRecord]: RequestRecord[Name] }

/** A request without its number, kind by kind: `Omit` of a union would lose what tells the kinds apart. */
type WithoutIndex<Request> = Request extends unknown ? Omit<Request, 'index'> : never
type Details = WithoutIndex<FaultRequest>

interface Sending<T> {
  readonly send: (signal: AbortSignal | undefined) => Promise<T>
  readonly substitute?: (answer: StoredBlob | 'unchanged' | null) => T
}

function lost(what: string): VaultError {
  return new VaultError('ERR_UNAVAILABLE', `Injected: ${what}.`)
}

class FaultScript {
  readonly requests: Recorded[] = []
  readonly #decide: DecideFault
  readonly #underWay: Set<Promise<unknown>> = new Set()

  constructor(decide: DecideFault) {
    this.#decide = decide
  }

  async landed(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** Sends one request through the fault decided for it, and keeps its record. */
  async send<T>(details: Details, signal: AbortSignal | undefined, sending: Sending<T>): Promise<T> {
    throwIfAborted(signal)
    const request: FaultRequest = { ...details, index: this.requests.length }
    const record: Recorded = { request, fault: 'pass', done: 'no', answer: undefined }
    this.requests.push(record)
    try {
      record.fault = this.#decide(request)
      const answer = await (record.fault === 'pass'
        ? arrive(record, () => sending.send(signal))
        : unlessGivenUp(request, signal, this.#track(this.#meet(record, sending))))
      record.answer = 'ok'
      return answer
    } catch (error) {
      record.answer = errorCode(error) ?? (error instanceof Error ? error.name : String(error))
      throw error
    }
  }

  /** A request that met a fault is on its own: its caller's signal does not reach it any more. */
  async #meet<T>(record: Recorded, { send, substitute }: Sending<T>): Promise<T> {
    const { fault } = record
    const sendAlone = (): Promise<T> => arrive(record, () => send(undefined))
    if (fault instanceof Error) throw fault
    if (fault === 'drop') throw lost('the request was lost')
    if (fault === 'pass') return sendAlone()
    if (fault === 'lose-answer') {
      await Promise.allSettled([sendAlone()]) // a refusal is an answer as well, and is lost as well
      throw lost('the answer was lost')
    }
    if ('answer' in fault) {
      if (substitute === undefined) throw new TypeError('Only a read can be given an `answer`.')
      return substitute(fault.answer)
    }
    record.done = 'pending'
    if ('landAfter' in fault) {
      this.#track(fault.landAfter.then(sendAlone)).catch(() => undefined) // the record tells how it ended
      throw lost('no answer in time')
    }
    if ('delayUntil' in fault) return fault.delayUntil.then(sendAlone)
    const [outcome] = await Promise.allSettled([sendAlone(), fault.answerAfter])
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const ended: Promise<unknown> = Promise.allSettled([work]).then(() => this.#underWay.delete(ended))
    this.#underWay.add(ended)
    return work
  }
}

/** Lets the request reach the store. */
async function arrive<T>(record: Recorded, send: () => Promise<T>): Promise<T> {
  record.done = 'pending'
  try {
    const answer = await send()
    record.done = 'yes'
    return answer
  } catch (error) {
    record.done = 'no'
    throw error
  }
}

/** The answer, unless the caller's signal comes first; then what the contract says of requests given up on their way. */
async function unlessGivenUp<T>(
  request: FaultRequest,
  signal: AbortSignal | undefined,
  answer: Promise<T>,
): Promise<T> {
  if (signal === undefined) return answer
  let stop: (() => void) | undefined
  const givenUp = new Promise<never>((_, reject) => {
    const changes = request.kind === 'write' || request.kind === 'delete'
    stop = () => reject(changes ? lost('given up on its way') : abortedError(signal))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([answer, givenUp])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

function withSignal(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { signal }
}

/** A copy: what lands late, or is answered often, must not change with what the caller does to it meanwhile. */
function copied(blob: StoredBlob | 'unchanged' | null): StoredBlob | 'unchanged' | null {
  return blob === null || blob === 'unchanged' ? blob : { data: new Uint8Array(blob.data), version: blob.version }
}

/**
 * Puts faults between a client and a store: `decide` is asked about each request as it is sent.
 *
 * ```ts
 * const faulty = withFaults(store, faultOnce((request) => request.kind === 'write' && request.key === 'vault', 'lose-answer'))
 * ```
 */
export function withFaults(store: BlobStore, decide: DecideFault = () => 'pass'): FaultyStore {
  const script = new FaultScript(decide)

  async function* listed(prefix: string, outer: AbortSignal | undefined): AsyncGenerator<ListedBlob, void, undefined> {
    const send = async (signal: AbortSignal | undefined): Promise<ListedBlob[]> => {
      const blobs: ListedBlob[] = []
      for await (const blob of store.list(prefix, withSignal(signal))) blobs.push(blob)
      return blobs
    }
    yield* await script.send({ kind: 'list', key: prefix }, outer, { send })
  }

  const faulty = decorate(store, {
    read(key, { unlessVersion, signal: outer } = {}) {
      const unless = unlessVersion === undefined ? {} : { unlessVersion }
      return script.send({ kind: 'read', key, ...unless }, outer, {
        send: (signal) => store.read(key, { ...unless, ...withSignal(signal) }),
        substitute: copied,
      })
    },
    async write(key, data, expected, options) {
      assertBlobData(data)
      const copy = new Uint8Array(data)
      return script.send({ kind: 'write', key, data: copy, expected }, options?.signal, {
        send: (signal) => store.write(key, copy, expected, withSignal(signal)),
      })
    },
    delete: (key, expected, options) =>
      script.send({ kind: 'delete', key, expected }, options?.signal, {
        send: (signal) => store.delete(key, expected, withSignal(signal)),
      }),
    list: (prefix, options) => listed(prefix, options?.signal),
  })
  return Object.assign(faulty, { requests: script.requests, landed: () => script.landed() })
}
