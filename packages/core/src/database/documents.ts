import { restated, throwIfAborted, VaultError } from '../errors.ts'
import { StoredDocument } from '../format/document.ts'
import {
  Change,
  type ChangeResult,
  type Decide,
  decideBy,
  decideOn,
  type OperationContext,
  type Outcomes,
  Prune,
  promised,
} from '../operations/operation.ts'
import { findDocuments, getAtOnce, getDocument, listDirectory, type ReadContext } from '../operations/reads.ts'
import { checkOptions } from '../options.ts'
import { type DocumentPath, parseDirectoryPath, parseDocumentPath } from '../path/path.ts'
import type { Freshness } from '../shards/cache.ts'
import type { Engine } from './engine.ts'
import { type InFlight, withoutEffect } from './in-flight.ts'
import { checkMaxAge, checkOperationOptions } from './options.ts'
import { asyncResults } from './results.ts'
import type {
  AsyncResults,
  DocumentStore,
  FindOptions,
  LongOperationOptions,
  OperationOptions,
  ReadOperationOptions,
  WriteOperation,
  WriteResult,
} from './types.ts'

const READ_KEYS = ['signal', 'maxAgeMs'] as const
const WRITE_KEYS = ['signal'] as const
const LONG_KEYS = ['signal', 'onProgress'] as const
const FIND_KEYS = ['signal', 'maxAgeMs', 'onProgress'] as const

/** What a task gives to all of its operations. */
export interface Scope {
  /** Number of the last request before it began, whose reads are good for all of it; `null` outside of tasks. */
  readonly since: number | null
  /** Gives up operations that have no signal of their own. */
  readonly signal: AbortSignal | undefined
}

/** The operations on documents, over one engine and one idea of what is recent enough. */
export class Documents implements DocumentStore {
  readonly #engine: Engine
  readonly #scope: Scope
  readonly #inFlight: InFlight

  constructor(engine: Engine, inFlight: InFlight, scope: Scope = { since: null, signal: undefined }) {
    this.#engine = engine
    this.#inFlight = inFlight
    this.#scope = scope
  }

  get<T = unknown>(path: string, options?: ReadOperationOptions): Promise<T | null> {
    // What is known already is answered without the account of operations under way: there is nothing to wait for.
    if (!this.#inFlight.closed) {
      try {
        const known = getAtOnce(this.#engine.manager, parseDocumentPath(path), this.#recency(options))
        if (known !== undefined) return Promise.resolve(copyOf<T>(known))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return this.#inFlight.begin(async () => {
      const context = this.#reading(options, READ_KEYS, 'get()')
      return copyOf<T>(await getDocument(this.#engine.manager, parseDocumentPath(path), context))
    })
  }

  put(path: string, value: unknown, options?: OperationOptions): Promise<void> {
    const decide = (): Decide => decideOn(this.#store(value))
    return this.#change(path, options, 'put()', decide, () => undefined)
  }

  update<T = unknown>(
    path: string,
    change: (document: T | null) => T | null | Promise<T | null>,
    options?: OperationOptions,
  ): Promise<T | null> {
    const decide = (): Decide => {
      if (typeof change !== 'function') throw new TypeError('update() takes a function that returns the new document.')
      return decideBy(change, this.#engine.root.config.maxDocumentBytes)
    }
    return this.#change(path, options, 'update()', decide, ({ after }) => copyOf<T>(after))
  }

  remove(path: string, options?: OperationOptions): Promise<boolean> {
    return this.#change(
      path,
      options,
      'remove()',
      () => decideOn(null),
      ({ before }) => before !== null,
    )
  }

  /**
   * Changes one document, as `decide` says once path and options are checked. Callers get the very promise that is kept account
   * of: whoever waits for all that is under way has then heard of its error, though the caller may have dropped it.
   */
  #change<R>(
    path: string,
    options: OperationOptions | undefined,
    where: string,
    decide: () => Decide,
    resultOf: (result: ChangeResult) => R,
  ): Promise<R> {
    return this.#inFlight.beginWrite(async () => {
      const parsed = unapplied(() => parseDocumentPath(path))
      const context = this.#writing(options, WRITE_KEYS, where)
      const decided = unapplied(decide)
      return resultOf(
        await promised<ChangeResult>((outcomes) => this.#submitChange(context, outcomes, parsed, decided)),
      )
    })
  }

  list(directory: string, options?: ReadOperationOptions): Promise<string[]> {
    return this.#inFlight.begin(async () => {
      parseDirectoryPath(directory)
      return await listDirectory(this.#engine.manager, directory, this.#reading(options, READ_KEYS, 'list()'))
    })
  }

  find(directory: string, options?: FindOptions): AsyncResults<string> {
    return this.#results(directory, options, 'find()', (found) => found.map(([path]) => path))
  }

  entries<T = unknown>(directory: string, options?: FindOptions): AsyncResults<[path: string, document: T]> {
    return this.#results(directory, options, 'entries()', copies<T>)
  }

  #results<R>(
    directory: string,
    options: FindOptions | undefined,
    where: string,
    resultsOf: (found: readonly Found[]) => Iterable<R>,
  ): AsyncResults<R> {
    parseDirectoryPath(directory)
    checkOperationOptions(options, FIND_KEYS, where)
    return asyncResults(async () => resultsOf(await this.#find(directory, options, where)))
  }

  #find(directory: string, options: FindOptions | undefined, where: string): Promise<Found[]> {
    return this.#inFlight.begin(() =>
      findDocuments(this.#engine.manager, directory, this.#reading(options, FIND_KEYS, where)),
    )
  }

  prune(directory: string, options?: LongOperationOptions): Promise<number> {
    return this.#inFlight.beginWrite(async () => {
      unapplied(() => parseDirectoryPath(directory))
      const context = this.#writing(options, LONG_KEYS, 'prune()')
      const { scheduler } = this.#engine
      const removed = await promised<number>((outcomes) => scheduler.submit(new Prune(context, outcomes, directory)))
      options?.onProgress?.({ phase: 'write', done: removed, total: removed })
      return removed
    })
  }

  write(operations: readonly WriteOperation[], options?: LongOperationOptions): Promise<WriteResult[]> {
    return this.#inFlight.beginWrite(async () => {
      const context = this.#writing(options, LONG_KEYS, 'write()')
      const wanted = unapplied(() => this.#bulk(operations))
      const settled = new Array<Settled>(wanted.length)
      let callback: { readonly error: unknown } | undefined
      await new Promise<void>((resolve) => {
        let open = wanted.length
        if (open === 0) resolve()
        for (const [index, { path, decide }] of wanted.entries()) {
          const settle = (result: Settled): void => {
            settled[index] = result
            open--
            try {
              options?.onProgress?.({ phase: 'write', done: wanted.length - open, total: wanted.length })
            } catch (error) {
              callback ??= { error } // it is called in the middle of settling, also neighbours: they must not hear of it
            }
            if (open === 0) resolve()
          }
          const outcomes = {
            succeeded: (result: ChangeResult) => settle({ value: writeResult(result) }),
            failed: (error: unknown) => settle({ error }),
          }
          this.#submitChange(context, outcomes, path, decide)
        }
      })
      const failure = settled.find((each) => 'error' in each)
      if (failure !== undefined) throw bulkError(settled)
      if (callback !== undefined) throw (callback as { readonly error: unknown }).error
      return settled.map((each) => (each as { value: WriteResult }).value)
    })
  }

  /** Checks all operations of a bulk before any is begun. */
  #bulk(operations: readonly WriteOperation[]): { readonly path: DocumentPath; readonly decide: Decide }[] {
    if (!Array.isArray(operations)) throw new TypeError('write() takes an array of operations.')
    const paths = new Set<string>()
    return operations.map((operation: WriteOperation, index) => {
      const { put, remove } = operation ?? {}
      if ((put === undefined) === (remove === undefined)) {
        throw new TypeError(`Operation ${index} of write() must be { put: path, value } or { remove: path }.`)
      }
      checkOptions(operation, put === undefined ? ['remove'] : ['put', 'value'], `Operation ${index} of write()`)
      const parsed = parseDocumentPath((put ?? remove) as string)
      if (paths.has(parsed.path)) throw new TypeError(`Operation ${index} of write() names a path for the second time.`)
      paths.add(parsed.path)
      const document = operation.put === undefined ? null : this.#store(operation.value)
      return { path: parsed, decide: decideOn(document) }
    })
  }

  /** Reads everything, so that it is there for whoever reads later. */
  protected async readAll(options: FindOptions | undefined): Promise<void> {
    await this.#find('/', options, 'preload()')
  }

  #store(value: unknown): StoredDocument | null {
    return value === null ? null : StoredDocument.fromValue(value, this.#engine.root.config.maxDocumentBytes)
  }

  #submitChange(context: OperationContext, outcomes: Outcomes<ChangeResult>, path: DocumentPath, decide: Decide): void {
    const { manager, scheduler } = this.#engine
    scheduler.submit(new Change(context, outcomes, path, manager.router.keyOf(path.directory, path.name), decide))
  }

  #freshness(maxAgeMs: number): Freshness {
    const { requests } = this.#engine.manager
    const notBeforeMs = maxAgeMs > 0 ? requests.runtime.monotonicMs() - maxAgeMs : Number.POSITIVE_INFINITY
    return { sinceTick: this.#scope.since ?? requests.tick, notBeforeMs }
  }

  #signalOf(options: OperationOptions | undefined): AbortSignal | undefined {
    return options?.signal ?? this.#scope.signal
  }

  /** How recent a `get` must be, its options checked. */
  #recency(options: ReadOperationOptions | undefined): Freshness {
    if (options !== undefined || this.#scope.signal !== undefined) {
      checkOperationOptions(options, READ_KEYS, 'get()')
      throwIfAborted(this.#signalOf(options))
    }
    return this.#freshness(checkMaxAge(options?.maxAgeMs, this.#engine.settings.maxAgeMs))
  }

  #reading(options: FindOptions | undefined, keys: readonly string[], where: string): ReadContext {
    checkOperationOptions(options, keys, where)
    const signal = this.#signalOf(options)
    throwIfAborted(signal)
    const onProgress = options?.onProgress
    const onLoaded = onProgress && ((done: number, total: number) => onProgress({ phase: 'read', done, total }))
    const maxAgeMs = checkMaxAge(options?.maxAgeMs, this.#engine.settings.maxAgeMs)
    return { freshness: this.#freshness(maxAgeMs), signal, onLoaded }
  }

  #writing(options: OperationOptions | undefined, keys: readonly string[], where: string): OperationContext {
    checkOperationOptions(options, keys, where)
    return { freshness: this.#freshness(0), signal: this.#signalOf(options) }
  }
}

type Found = readonly [path: string, document: StoredDocument]

function copyOf<T>(document: StoredDocument | null): T | null {
  return document === null ? null : (document.toValue() as T)
}

function* copies<T>(found: Iterable<Found>): Generator<[string, T]> {
  for (const [path, document] of found) yield [path, document.toValue() as T]
}

function writeResult({ before, after }: ChangeResult): WriteResult {
  if (after === null) return before === null ? 'absent' : 'removed'
  if (before === null) return 'created'
  return before.equals(after) ? 'unchanged' : 'replaced'
}

/** A step before anything is sent: an error of it says that nothing was applied. */
function unapplied<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw withoutEffect(error)
  }
}

/** What became of one operation of a bulk. */
type Settled = { readonly value: WriteResult } | { readonly error: unknown }

/** One error for a bulk: that of its first operation that failed, with what became of all of them. */
function bulkError(settled: readonly Settled[]): VaultError {
  const results = settled.map((each) => ('value' in each ? each.value : each.error))
  const failed = settled.flatMap((each) => ('error' in each ? [each.error] : []))
  const unknown = failed.some((error) => error instanceof Object && 'applied' in error && error.applied !== 'no')
  const some = settled.some((each) => 'value' in each && each.value !== 'unchanged' && each.value !== 'absent')
  const [first] = failed
  const { code, message, applied, cause } = restated(first, some ? 'some' : unknown ? 'unknown' : 'no')
  const text = `${failed.length} of ${settled.length} operations failed, see "results"; first: ${message}`
  return new VaultError(code, text, { cause, applied, results })
}
