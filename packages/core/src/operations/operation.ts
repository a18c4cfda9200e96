import { abortedError, VaultError } from '../errors.ts'
import { StoredDocument } from '../format/document.ts'
import type { DocumentPath } from '../path/path.ts'
import type { Freshness } from '../shards/cache.ts'

/** What an operation is run with. */
export interface OperationContext {
  /** How recent the reads must be on which it ends without a write. */
  readonly freshness: Freshness
  readonly signal?: AbortSignal | undefined
}

/** What a change wants of a document. */
export type Decision =
  | { readonly kind: 'document'; readonly document: StoredDocument | null }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'pending'; readonly ready: Promise<void> }

/** Makes the new document from the current one. */
export type Decide = (current: StoredDocument | null) => Decision

/** What became of one document. */
export interface ChangeResult {
  readonly before: StoredDocument | null
  readonly after: StoredDocument | null
}

/** Who is told of an operation's outcome. Not a promise: a bulk of thousands shares one. */
export interface Outcomes<T> {
  succeeded(value: T): void
  failed(error: unknown): void
}

const NOTHING: ReadonlySet<string> = new Set()

/** State that every queued operation has; see the scheduler for its way. */
abstract class Operation<T> {
  readonly context: OperationContext
  /** Shards that earlier planning found to be needed, beside the one that the map names. */
  needed: ReadonlySet<string> = NOTHING
  /** Its place in the order in which operations came, given by the scheduler. */
  arrival = 0
  /** The last request that had been sent when it was submitted. */
  begunTick = 0
  /** How often it was planned in vain because another client's writes got in the way. */
  attempts = 0
  /** Its bases have to be confirmed by a request sent after this one; any known state will do at first. */
  basesSinceTick: number = -1
  /** How many changes of this client had landed when a user function was last asked. */
  landedWhenAsked = -1
  /** Set after a write that it shared was refused for its size: then it is tried alone, so that it cannot fail others. */
  alone = false
  /** Set once a write that carries it was sent: from then on it cannot be given up without a trace. */
  sent = false
  /** Set once its document changes are committed and only unlinking is left: brings the outcome out without waiting for that. */
  committed: (() => void) | null = null
  /** Called once, when the outcome is out; for the scheduler. */
  whenOver: () => void = () => undefined
  readonly #outcomes: Outcomes<T>
  #over = false

  constructor(context: OperationContext, outcomes: Outcomes<T>) {
    this.context = context
    this.#outcomes = outcomes
  }

  /** Whether its outcome is out. */
  get over(): boolean {
    return this.#over
  }

  get aborted(): boolean {
    return this.context.signal?.aborted === true
  }

  succeed(value: T): void {
    if (this.#over) return
    this.#over = true
    this.whenOver()
    this.#outcomes.succeeded(value)
  }

  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.whenOver()
    this.#outcomes.failed(error)
  }

  failAborted(): void {
    this.fail(abortedError(this.context.signal as AbortSignal, 'no'))
  }
}

/** Puts, updates or removes one document. */
export class Change extends Operation<ChangeResult> {
  readonly kind = 'change' as const
  readonly path: DocumentPath
  /** The document's routing key. */
  readonly key: string
  readonly decide: Decide
  constructor(
    context: OperationContext,
    outcomes: Outcomes<ChangeResult>,
    path: DocumentPath,
    key: string,
    decide: Decide,
  ) {
    super(context, outcomes)
    this.path = path
    this.key = key
    this.decide = decide
  }
}

/** Removes every document below a directory. */
export class Prune extends Operation<number> {
  readonly kind = 'prune' as const
  readonly directory: string
  /** Documents whose removal is committed. Planned again, a prune leaves them alone: whoever made one anew did so after it. */
  readonly removed: Set<string> = new Set()

  constructor(context: OperationContext, outcomes: Outcomes<number>, directory: string) {
    super(context, outcomes)
    this.directory = directory
  }

  override failAborted(): void {
    this.failPart(abortedError(this.context.signal as AbortSignal, 'no'))
  }

  /** Fails, with the word that a part was applied if one was. */
  failPart(error: VaultError): void {
    const { code, message, cause } = error
    const { size } = this.removed
    this.fail(
      size === 0 ? error : new VaultError(code, `${message} Removed by then: ${size}.`, { cause, applied: 'some' }),
    )
  }
}

/** Removes the markers of directories that have become empty. */
export class Unlink extends Operation<void> {
  readonly kind = 'unlink' as const
  readonly directories: readonly string[]

  constructor(context: OperationContext, outcomes: Outcomes<void>, directories: readonly string[]) {
    super(context, outcomes)
    this.directories = directories
  }
}

/** Splits a shard that outgrew its size in a write that could not split it. */
export class Split extends Operation<void> {
  readonly kind = 'split' as const
  readonly shard: string

  constructor(context: OperationContext, outcomes: Outcomes<void>, shard: string) {
    super(context, outcomes)
    this.shard = shard
  }
}

export type AnyOperation = Change | Prune | Unlink | Split

/** Runs an operation and waits for it. */
export function promised<T>(start: (outcomes: Outcomes<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => start({ succeeded: resolve, failed: reject }))
}

/** For what nobody waits for: not getting to it is no error. */
export const UNHEEDED: Outcomes<void> = { succeeded: () => undefined, failed: () => undefined }

/** Decides on a fixed document; `null` removes. */
export function decideOn(document: StoredDocument | null): Decide {
  const decision: Decision = { kind: 'document', document }
  return () => decision
}

/**
 * Decides by a user's function, which gets a copy. It is not called again for a document that did not change: the answer for
 * one is kept, also while it is still awaited.
 */
export function decideBy<T>(
  change: (document: T | null) => T | null | Promise<T | null>,
  maxDocumentBytes: number,
): Decide {
  let given: StoredDocument | null | undefined
  let kept: Decision | undefined
  const read = (value: T | null): Decision => {
    try {
      if (value === undefined) {
        throw new TypeError('The change function returned undefined: return the new document, or null to remove it.')
      }
      return { kind: 'document', document: value === null ? null : StoredDocument.fromValue(value, maxDocumentBytes) }
    } catch (error) {
      return { kind: 'failed', error }
    }
  }
  const ask = (current: StoredDocument | null): Decision => {
    let answer: T | null | Promise<T | null>
    let isPromise: boolean
    try {
      answer = change(current === null ? null : (current.toValue() as T))
      isPromise = answer instanceof Object && 'then' in answer && typeof answer.then === 'function' // may be a getter
    } catch (error) {
      return { kind: 'failed', error }
    }
    if (!isPromise) return read(answer as T | null)
    const ready = Promise.resolve(answer as Promise<T | null>).then(
      (value) => {
        if (given === current) kept = read(value)
      },
      (error: unknown) => {
        if (given === current) kept = { kind: 'failed', error }
      },
    )
    return { kind: 'pending', ready }
  }
  return (current) => {
    const same = given === current || (given != null && current !== null && given.equals(current))
    if (kept === undefined || !same) {
      given = current
      kept = ask(current)
    }
    return kept
  }
}

/** The error of an operation that gave up against other clients' writes. */
export function contentionError(attempts: number): VaultError {
  return new VaultError(
    'ERR_CONTENTION',
    `Other clients' writes got in the way ${attempts} times in a row. Try again later.`,
    { applied: 'no' },
  )
}
