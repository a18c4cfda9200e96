import {
  type DocumentStore,
  type OperationOptions,
  VaultError,
  type WriteOperation,
  type WriteResult,
} from '@vaultdb/core'
import { unexpected } from './failures.ts'
import { type HistoryEntry, sees, seesPresence, type Transition } from './history.ts'
import { Violation } from './inspector.ts'
import type { Ledger } from './ledger.ts'
import {
  puts,
  REMOVES,
  resulting,
  type SimulatedDocument,
  shorten,
  simulatedDocument,
  textOf,
  updated,
  updates,
} from './simulated-document.ts'
import type { DocumentStep, UpdateKind } from './steps.ts'

/** One run of one operation. */
export interface Attempt {
  /** Names the operation, and stands in the documents that it writes. */
  readonly author: string
  readonly label: string
  readonly options: OperationOptions
  /** Whether what happened explains that it failed like this. */
  isExplained(error: unknown): boolean
  /** It has failed with this on purpose. */
  refused(error: Error): void
}

/** What tells how old an answer may be. */
interface Reading {
  readonly clock: { nowMs(): number; momentOf(ms: number): number }
  /** Default of the database. */
  readonly maxAgeMs: number
  /** The moment at which the task began, whose reads are good for all of it; `null` outside of tasks. */
  readonly since: number | null
  /** By document: the operation of this client that has ended last. What it saw or did is not forgotten. */
  readonly lastEnded: Map<string, HistoryEntry>
}

type StepOf<K extends DocumentStep['kind']> = Extract<DocumentStep, { kind: K }>

/** When an operation may take effect at the earliest, where it ends on what was read. */
interface Window {
  readonly begin: number
  /** By document: what must have taken effect before. */
  readonly after: ReadonlyMap<string, HistoryEntry>
}

/** Runs operations on a database or in a task, and enters into the ledger what each document's history says of them. */
export class DocumentOperations {
  readonly #store: DocumentStore
  readonly #ledger: Ledger
  readonly #reading: Reading

  constructor(store: DocumentStore, ledger: Ledger, reading: Reading) {
    this.#store = store
    this.#ledger = ledger
    this.#reading = reading
  }

  /** The same in a task that has begun at the moment `since`. */
  within(task: DocumentStore, since: number): DocumentOperations {
    return new DocumentOperations(task, this.#ledger, { ...this.#reading, since })
  }

  /** Resolves to a few words about the result. */
  perform(step: DocumentStep, attempt: Attempt): Promise<string> {
    switch (step.kind) {
      case 'get':
        return this.#get(step, attempt)
      case 'put':
        return this.#put(step.path, attempt)
      case 'remove':
        return this.#remove(step.path, attempt)
      case 'list':
        return this.#list(step, attempt)
      case 'find':
        return this.#find(step, attempt)
      case 'entries':
        return this.#entries(step, attempt)
      case 'prune':
        return this.#prune(step.directory, attempt)
      case 'write':
        return this.#write(step, attempt)
      default:
        return this.#update(step.path, step.kind, attempt)
    }
  }

  /** From when on answers may date: from now, unless an age is allowed or a task has begun before. */
  #window(maxAgeMs: number): Window {
    const { clock, since, lastEnded } = this.#reading
    const begin = this.#ledger.tick()
    const ages = maxAgeMs > 0 ? [clock.momentOf(clock.nowMs() - maxAgeMs)] : []
    const earliest = Math.min(begin, ...ages, since ?? begin)
    return { begin: earliest, after: earliest < begin ? new Map(lastEnded) : new Map() }
  }

  #windowOf({ maxAgeMs }: { readonly maxAgeMs?: number }): Window {
    return this.#window(maxAgeMs ?? this.#reading.maxAgeMs)
  }

  #saw(path: string, label: string, { begin, after }: Window, transition: Transition): void {
    this.#ended(path, this.#ledger.saw(path, label, begin, transition, after.get(path)))
  }

  #sawPresence(path: string, label: string, window: Window, present: boolean): void {
    this.#saw(path, `${label}: ${present ? 'there' : 'absent'}`, window, seesPresence(present))
  }

  #ended(path: string, entry: HistoryEntry): void {
    this.#reading.lastEnded.set(path, entry)
  }

  #below(directory: string): string[] {
    return this.#ledger.universe.filter((path) => path.startsWith(directory))
  }

  async #get(step: StepOf<'get'>, { label, options }: Attempt): Promise<string> {
    const window = this.#windowOf(step)
    const value = textOf(await this.#store.get(step.path, { ...options, ...ageOption(step) }))
    this.#saw(step.path, `${label}: ${shorten(value)}`, window, sees(value))
    return shorten(value)
  }

  /** Runs something that may change one document, and enters its outcome. */
  async #changing<T>(
    path: string,
    label: string,
    maybe: Transition,
    work: () => Promise<T>,
    done: (result: T) => { readonly transition: Transition; readonly wrote: boolean },
  ): Promise<T> {
    const window = this.#window(0)
    const entry = this.#ledger.begin(path, label, maybe)
    try {
      const result = await work()
      const { transition, wrote } = done(result)
      this.#succeeded(path, entry, transition, wrote ? null : window)
      return result
    } catch (error) {
      this.#failed(path, entry, error)
      throw error
    }
  }

  /** With a `window`, the operation ended on what was read then. */
  #succeeded(path: string, entry: HistoryEntry, transition: Transition, window: Window | null): void {
    if (window === null) {
      this.#ledger.succeeded(entry, transition)
      this.#ended(path, entry)
    } else {
      this.#ledger.withdraw(path, entry)
      this.#saw(path, entry.label, window, transition)
    }
  }

  #failed(path: string, entry: HistoryEntry, error: unknown): void {
    const applied = error instanceof VaultError ? error.applied : undefined
    if (applied === undefined) throw new Violation(`A failed write does not say what was applied: ${String(error)}`)
    if (applied === 'no') this.#ledger.withdraw(path, entry)
  }

  async #put(path: string, { author, label, options }: Attempt): Promise<string> {
    const put = puts(author)
    await this.#changing(
      path,
      label,
      put,
      () => this.#store.put(path, simulatedDocument(author), options),
      () => ({ transition: put, wrote: true }),
    )
    return 'put'
  }

  async #remove(path: string, { label, options }: Attempt): Promise<string> {
    const found = await this.#changing(
      path,
      label,
      REMOVES,
      () => this.#store.remove(path, options),
      (there) => ({ transition: resulting(REMOVES, there), wrote: there }),
    )
    return String(found)
  }

  #update(path: string, kind: UpdateKind, attempt: Attempt): Promise<string> {
    switch (kind) {
      case 'update':
      case 'update-later':
        return this.#enter(path, kind === 'update-later', attempt)
      case 'update-null':
        return this.#removeByUpdate(path, attempt)
      case 'update-throws':
      case 'update-rejects':
        return this.#refuse(path, kind === 'update-rejects', attempt)
    }
  }

  async #enter(path: string, later: boolean, { author, label, options }: Attempt): Promise<string> {
    const asked = new Questions(label)
    const change = (document: SimulatedDocument | null): SimulatedDocument | Promise<SimulatedDocument> => {
      asked.note(document)
      const result = updated(document, author)
      spoil(document)
      return later ? Promise.resolve(result) : result
    }
    const work = (): Promise<SimulatedDocument | null> => this.#store.update<SimulatedDocument>(path, change, options)
    const landed = await this.#changing(path, label, updates(author), work, (result) => ({
      transition: updates(author, textOf(result) ?? ''),
      wrote: true,
    }))
    return shorten(textOf(landed))
  }

  async #removeByUpdate(path: string, { label, options }: Attempt): Promise<string> {
    const asked = new Questions(label)
    const change = (document: SimulatedDocument | null): null => {
      asked.note(document)
      return null
    }
    const landed = await this.#changing(
      path,
      label,
      REMOVES,
      () => this.#store.update<SimulatedDocument>(path, change, options),
      () => ({ transition: resulting(REMOVES, asked.last !== null), wrote: asked.last !== null }),
    )
    if (landed !== null) throw new Violation(`${label} removed the document and got ${shorten(textOf(landed))}.`)
    return `removed ${shorten(asked.last ?? null)}`
  }

  async #refuse(path: string, later: boolean, { label, options, refused }: Attempt): Promise<string> {
    const window = this.#window(0)
    const asked = new Questions(label)
    const refusal = new Error('An update function refuses.')
    const change = (document: SimulatedDocument | null): Promise<never> => {
      asked.note(document)
      spoil(document)
      if (later) return Promise.reject(refusal)
      throw refusal
    }
    try {
      await this.#store.update<SimulatedDocument>(path, change, options)
    } catch (error) {
      if (error !== refusal) throw error
      refused(refusal)
      this.#saw(path, `${label}: refused ${shorten(asked.last ?? null)}`, window, sees(asked.last ?? null))
      return 'refused'
    }
    throw new Violation(`${label} was refused by its function, and succeeded.`)
  }

  async #list(step: StepOf<'list'>, { label, options }: Attempt): Promise<string> {
    const { directory } = step
    const window = this.#windowOf(step)
    const names = new Set(await this.#store.list(directory, { ...options, ...ageOption(step) }))
    for (const path of this.#below(directory)) {
      const name = path.slice(directory.length)
      const cut = name.indexOf('/')
      if (cut === -1) this.#sawPresence(path, label, window, names.has(name))
      // A directory may still be named that has just become empty; one that is not named was empty.
      else if (!names.has(name.slice(0, cut + 1))) this.#sawPresence(path, label, window, false)
    }
    return [...names].join(' ')
  }

  async #find(step: StepOf<'find'>, { label, options }: Attempt): Promise<string> {
    const { directory } = step
    const window = this.#windowOf(step)
    const paths = new Set(await this.#store.find(directory, { ...options, ...ageOption(step) }).toArray())
    for (const path of this.#below(directory)) this.#sawPresence(path, label, window, paths.has(path))
    return [...paths].join(' ')
  }

  async #entries(step: StepOf<'entries'>, { label, options }: Attempt): Promise<string> {
    const { directory } = step
    const window = this.#windowOf(step)
    const entries = new Map(await this.#store.entries(directory, { ...options, ...ageOption(step) }).toArray())
    for (const path of this.#below(directory)) {
      const text = textOf(entries.get(path) ?? null)
      this.#saw(path, `${label}: ${shorten(text)}`, window, sees(text))
    }
    return [...entries.keys()].join(' ')
  }

  async #prune(directory: string, { label, options }: Attempt): Promise<string> {
    const window = this.#window(0)
    const paths = this.#below(directory)
    const entries = paths.map((path) => ({ path, entry: this.#ledger.begin(path, label, REMOVES) }))
    try {
      const removed = await this.#store.prune(directory, options)
      for (const { path, entry } of entries) {
        // What it found absent it did not touch, and in a task it may have looked before it began.
        entry.begin = Math.min(entry.begin, window.begin)
        this.#succeeded(path, entry, REMOVES, null)
      }
      return String(removed)
    } catch (error) {
      for (const { path, entry } of entries) this.#failed(path, entry, error)
      throw error
    }
  }

  async #write({ put, remove }: StepOf<'write'>, attempt: Attempt): Promise<string> {
    const { author, label, options } = attempt
    const operations: WriteOperation[] = [
      ...put.map((path) => ({ put: path, value: simulatedDocument(author) })),
      ...remove.map((path) => ({ remove: path })),
    ]
    const window = this.#window(0)
    const parts = [...put, ...remove].map((path, index) => {
      const transition = index < put.length ? puts(author) : REMOVES
      return { path, transition, entry: this.#ledger.begin(path, label, transition) }
    })
    const settle = (results: readonly unknown[]): void => {
      for (const [index, { path, transition, entry }] of parts.entries()) {
        const result = results[index]
        if (typeof result === 'string') {
          const found = FOUND.has(result)
          this.#succeeded(path, entry, resulting(transition, found), result === 'absent' ? window : null)
        } else if (attempt.isExplained(result)) this.#failed(path, entry, result)
        else throw unexpected(`${label} at ${path}`, result)
      }
    }
    try {
      const results = await this.#store.write(operations, options)
      settle(results)
      return results.join(' ')
    } catch (error) {
      const { results, code = '' } = error instanceof VaultError ? error : {}
      if (results?.length === parts.length) settle(results)
      else if (code !== 'ERR_CLOSED')
        throw unexpected(label, error) // which comes before any of them is begun
      else for (const { path, entry } of parts) this.#failed(path, entry, error)
      throw error
    }
  }
}

/** Results of a bulk's operations on documents that were there. */
const FOUND: ReadonlySet<string> = new Set<WriteResult>(['replaced', 'removed', 'unchanged'])

function ageOption({ maxAgeMs }: { readonly maxAgeMs?: number }): { readonly maxAgeMs?: number } {
  return maxAgeMs === undefined ? {} : { maxAgeMs }
}

/** The documents that an update's function is asked about. */
class Questions {
  readonly #label: string
  /** The last of them; `undefined` before the first. */
  last: string | null | undefined

  constructor(label: string) {
    this.#label = label
  }

  /** It must never be asked twice about a document that did not change. */
  note(document: SimulatedDocument | null): void {
    const text = textOf(document)
    if (text === this.last) throw new Violation(`${this.#label} was asked twice in a row about ${shorten(text)}.`)
    this.last = text
  }
}

/** What a function was given is its own, to do with as it likes. */
function spoil(document: SimulatedDocument | null): void {
  if (document !== null) Object.assign(document, { by: ['spoilt'] })
}
