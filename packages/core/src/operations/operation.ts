import { abortedError, VaultError } from '../errors.ts'
import { StoredDocument } from '../format/document.ts'
import type { DocumentPath } from '../path/path.ts'
import type { Freshness } from '../shards/manager.ts'

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

/** State that every queued operation has; see the scheduler for its way. */
abstract class Operation<T> {
  readonly context: OperationContext
  readonly result: Promise<T>
  /** Shards that earlier planning found to be needed, beside the one that the map names. */
  readonly needed: Set<string> = new Set()
  /** How often it was planned in vain because another client's writes got in the way. */
  attempts = 0
  /** Set after a write that it shared was refused for its size: then it is tried alone, so that it cannot fail others. */
  alone = false
  /** Set once a write that carries it was sent: from then on it cannot be given up without a trace. */
  sent = false
  #resolve: (value: T) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #over = false

  constructor(context: OperationContext) {
    this.context = context
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.result.catch(() => undefined) // whoever awaits it gets the error; a task also waits for what nobody awaits
  }

  /** Whether its outcome is out. */
  get over(): boolean {
    return this.#over
  }

  get aborted(): boolean {
    return this.context.signal?.aborted === true
  }

  succeed(value: T): void {
    this.#over = true
    this.#resolve(value)
  }

  fail(error: unknown): void {
    this.#over = true
    this.#reject(error)
  }

  failAborted(): void {
    this.fail(abortedError(this.context.signal as AbortSignal, 'no'))
  }
}

/** Puts, updates or removes one document. */
export class Change extends Operation<ChangeResult> {
  readonly kind = 'change' as const
  readonly path: DocumentPath
  readonly decide: Decide
  constructor(context: OperationContext, path: DocumentPath, decide: Decide) {
    super(context)
    this.path = path
    this.decide = decide
  }
}

/** Removes every document below a directory. */
export class Prune extends Operation<number> {
  readonly kind = 'prune' as const
  readonly directory: string
  /** Documents whose removal is committed. */
  removed = 0

  constructor(context: OperationContext, directory: string) {
    super(context)
    this.directory = directory
  }

  /** Fails, with the word that a part was applied if one was. */
  failPart(error: VaultError): void {
    const { code, message, cause } = error
    this.fail(this.removed === 0 ? error : new VaultError(code, message, { cause, applied: 'some' }))
  }
}

/** Removes the markers of directories that have become empty. */
export class Unlink extends Operation<void> {
  readonly kind = 'unlink' as const
  readonly directories: readonly string[]

  constructor(context: OperationContext, directories: readonly string[]) {
    super(context)
    this.directories = directories
  }
}

/** Splits a shard that outgrew its size in a write that could not split it. */
export class Split extends Operation<void> {
  readonly kind = 'split' as const
  readonly shard: string

  constructor(context: OperationContext, shard: string) {
    super(context)
    this.shard = shard
  }
}

export type AnyOperation = Change | Prune | Unlink | Split

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
    try {
      answer = change(current === null ? null : (current.toValue() as T))
    } catch (error) {
      return { kind: 'failed', error }
    }
    if (!(answer instanceof Object && 'then' in answer && typeof answer.then === 'function'))
      return read(answer as T | null)
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
    `Other clients' writes got in the way ${attempts} times in a row. Nothing of this operation was applied; try again later.`,
    { applied: 'no' },
  )
}
