import { type DocumentStore, errorCode, VaultError, type WriteOperation, type WriteResult } from '@vaultdb/core'
import { type HistoryEntry, sees, seesPresence, type Transition } from './history.ts'
import { PLAINTEXT, Violation } from './inspector.ts'
import type { Ledger } from './ledger.ts'

/** One operation of a client's script. */
export type Step =
  | { readonly kind: 'get' | 'put' | 'update' | 'update-later' | 'remove'; readonly path: string }
  | { readonly kind: 'list' | 'find' | 'entries' | 'prune'; readonly directory: string }
  | { readonly kind: 'write'; readonly put: readonly string[]; readonly remove: readonly string[] }

/** Operations one after the other. */
export interface Sequence {
  readonly kind: 'sequence'
  readonly steps: readonly Step[]
}

/** Operations and sequences of them that a client begins at once; it waits for all of them before the next batch. */
export type Batch = readonly (Step | Sequence)[]

interface SimulatedDocument {
  readonly by: readonly string[]
  readonly padding: string
}

/** Padding lengths that make shards of 1,024 bytes split after some documents. */
const PADDINGS: readonly number[] = [10, 60, 150, 300]

/** A new document by `author`; its length depends on the author, so that shards split at different places. */
export function simulatedDocument(author: string): SimulatedDocument {
  let sum = 0
  for (const character of author) sum = (sum * 31 + character.charCodeAt(0)) >>> 0
  const length = PADDINGS[sum % PADDINGS.length] as number
  return { by: [author], padding: `${PLAINTEXT} ${'.'.repeat(length)}` }
}

/** What an update by `author` makes of a document. */
function updated(document: SimulatedDocument | null, author: string): SimulatedDocument {
  if (document === null) return simulatedDocument(author)
  return { by: [...document.by, author], padding: document.padding }
}

const textOf = (document: unknown): string | null => (document === null ? null : JSON.stringify(document))
const parse = (text: string | null): SimulatedDocument | null =>
  text === null ? null : (JSON.parse(text) as SimulatedDocument)

const REMOVES: Transition = () => ({ after: null })

function puts(author: string): Transition {
  const after = textOf(simulatedDocument(author))
  return () => ({ after })
}

function updates(author: string, result?: string): Transition {
  return (before) => {
    const after = textOf(updated(parse(before), author))
    return result === undefined || result === after ? { after } : undefined
  }
}

/** What a put or a removal did, given what it answered. */
function resulting(transition: Transition, found: boolean): Transition {
  return (before) => ((before !== null) === found ? transition(before) : undefined)
}

/** Codes that the failure of an operation may have on an honest store that times out and fills up. */
export const EXPECTED_FAILURES: ReadonlySet<string | undefined> = new Set([
  'ERR_CONTENTION',
  'ERR_OUTCOME_UNKNOWN',
  'ERR_QUOTA',
  'ERR_UNAVAILABLE',
])

/** Runs a client's operations on the real database and enters what they answer into the ledger. */
export class SimulatedClient {
  readonly number: number
  readonly #store: DocumentStore
  readonly #ledger: Ledger
  readonly #log: (text: string) => void
  #operations = 0

  constructor(number: number, store: DocumentStore, ledger: Ledger, log: (text: string) => void) {
    this.number = number
    this.#store = store
    this.#ledger = ledger
    this.#log = log
  }

  /** Begins all operations of a batch at once; resolves when all have ended. */
  async run(batch: Batch): Promise<void> {
    await Promise.all(batch.map((each) => this.#follow(each.kind === 'sequence' ? each.steps : [each])))
  }

  async #follow(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#begin(step)
  }

  async #begin(step: Step): Promise<void> {
    const author = `${this.number}.${++this.#operations}`
    const label = `${author} ${JSON.stringify(step)}`
    this.#log(`begins  ${label}`)
    try {
      const result = await this.#perform(step, author, label)
      this.#log(`ends    ${author}: ${result}`)
    } catch (error) {
      if (!(error instanceof VaultError) || !EXPECTED_FAILURES.has(errorCode(error))) throw unexpected(label, error)
      this.#log(`fails   ${author}: ${error.code} ${error.applied ?? ''}`)
    }
  }

  #perform(step: Step, author: string, label: string): Promise<string> {
    switch (step.kind) {
      case 'get':
        return this.#get(step.path, label)
      case 'put':
        return this.#put(step.path, author, label)
      case 'update':
      case 'update-later':
        return this.#update(step.path, author, label, step.kind === 'update-later')
      case 'remove':
        return this.#remove(step.path, label)
      case 'list':
        return this.#list(step.directory, label)
      case 'find':
        return this.#find(step.directory, label)
      case 'entries':
        return this.#entries(step.directory, label)
      case 'prune':
        return this.#prune(step.directory, label)
      case 'write':
        return this.#write(step.put, step.remove, author, label)
    }
  }

  async #get(path: string, label: string): Promise<string> {
    const begin = this.#ledger.tick()
    const value = textOf(await this.#store.get(path))
    this.#ledger.saw(path, `${label}: ${shorten(value)}`, begin, sees(value))
    return shorten(value)
  }

  /** Runs something that may change one document, and enters its outcome. */
  async #changing<T>(
    path: string,
    label: string,
    maybe: Transition,
    work: () => Promise<T>,
    done: (result: T) => Transition,
  ): Promise<T> {
    const entry = this.#ledger.begin(path, label, maybe)
    try {
      const result = await work()
      this.#ledger.succeeded(entry, done(result))
      return result
    } catch (error) {
      this.#failed(path, entry, error)
      throw error
    }
  }

  #failed(path: string, entry: HistoryEntry, error: unknown): void {
    const applied = error instanceof VaultError ? error.applied : undefined
    if (applied === undefined) throw new Violation(`A failed write does not say what was applied: ${String(error)}`)
    if (applied === 'no') this.#ledger.withdraw(path, entry)
  }

  async #put(path: string, author: string, label: string): Promise<string> {
    const put = puts(author)
    await this.#changing(
      path,
      label,
      put,
      () => this.#store.put(path, simulatedDocument(author)),
      () => put,
    )
    return 'put'
  }

  async #update(path: string, author: string, label: string, later: boolean): Promise<string> {
    const given = new Set<string>()
    let previous: string | null | undefined
    const change = (document: SimulatedDocument | null): SimulatedDocument | Promise<SimulatedDocument> => {
      const text = textOf(document)
      if (text === previous) throw new Violation(`${label} was asked twice in a row about ${shorten(text)}.`)
      previous = text
      given.add(String(text))
      const result = updated(document, author)
      return later ? Promise.resolve(result) : result
    }
    const work = (): Promise<SimulatedDocument | null> => this.#store.update<SimulatedDocument>(path, change)
    const result = await this.#changing(path, label, updates(author), work, (landed) =>
      updates(author, textOf(landed) ?? ''),
    )
    return shorten(textOf(result))
  }

  async #remove(path: string, label: string): Promise<string> {
    const found = await this.#changing(
      path,
      label,
      REMOVES,
      () => this.#store.remove(path),
      (there) => resulting(REMOVES, there),
    )
    return String(found)
  }

  async #list(directory: string, label: string): Promise<string> {
    const begin = this.#ledger.tick()
    const names = new Set(await this.#store.list(directory))
    for (const path of this.#below(directory)) {
      const name = path.slice(directory.length)
      const cut = name.indexOf('/')
      if (cut === -1) this.#sawPresence(path, label, begin, names.has(name))
      // A directory may still be named that has just become empty; one that is not named was empty.
      else if (!names.has(name.slice(0, cut + 1))) this.#sawPresence(path, label, begin, false)
    }
    return [...names].join(' ')
  }

  async #find(directory: string, label: string): Promise<string> {
    const begin = this.#ledger.tick()
    const paths = new Set(await this.#store.find(directory).toArray())
    for (const path of this.#below(directory)) this.#sawPresence(path, label, begin, paths.has(path))
    return [...paths].join(' ')
  }

  async #entries(directory: string, label: string): Promise<string> {
    const begin = this.#ledger.tick()
    const entries = new Map(await this.#store.entries(directory).toArray())
    for (const path of this.#below(directory)) {
      const text = textOf(entries.get(path) ?? null)
      this.#ledger.saw(path, `${label}: ${shorten(text)}`, begin, sees(text))
    }
    return [...entries.keys()].join(' ')
  }

  async #prune(directory: string, label: string): Promise<string> {
    const entries = this.#below(directory).map((path) => ({ path, entry: this.#ledger.begin(path, label, REMOVES) }))
    try {
      const removed = await this.#store.prune(directory)
      for (const { entry } of entries) this.#ledger.succeeded(entry, REMOVES)
      return String(removed)
    } catch (error) {
      for (const { path, entry } of entries) this.#failed(path, entry, error)
      throw error
    }
  }

  async #write(put: readonly string[], remove: readonly string[], author: string, label: string): Promise<string> {
    const operations: WriteOperation[] = [
      ...put.map((path) => ({ put: path, value: simulatedDocument(author) })),
      ...remove.map((path) => ({ remove: path })),
    ]
    const paths = [...put, ...remove]
    const transitions = paths.map((_path, index) => (index < put.length ? puts(author) : REMOVES))
    const entries = paths.map((path, index) => this.#ledger.begin(path, label, transitions[index] as Transition))
    const settle = (results: readonly unknown[]): void => {
      for (const [index, result] of results.entries()) {
        const entry = entries[index] as HistoryEntry
        if (typeof result !== 'string') this.#failed(paths[index] as string, entry, result)
        else this.#ledger.succeeded(entry, resulting(transitions[index] as Transition, found(result as WriteResult)))
      }
    }
    try {
      const results = await this.#store.write(operations)
      settle(results)
      return results.join(' ')
    } catch (error) {
      if (!(error instanceof VaultError) || error.results?.length !== paths.length) throw unexpected(label, error)
      settle(error.results)
      throw error
    }
  }

  #sawPresence(path: string, label: string, begin: number, present: boolean): void {
    this.#ledger.saw(path, `${label}: ${present ? 'there' : 'absent'}`, begin, seesPresence(present))
  }

  #below(directory: string): string[] {
    return this.#ledger.universe.filter((path) => path.startsWith(directory))
  }
}

function found(result: WriteResult): boolean {
  return result === 'replaced' || result === 'removed' || result === 'unchanged'
}

function unexpected(label: string, error: unknown): Violation {
  if (error instanceof Violation) return error
  const text =
    error instanceof Error ? `${errorCode(error) ?? error.name}: ${error.stack ?? error.message}` : String(error)
  return new Violation(`${label} failed in a way that no fault explains: ${text}`, { cause: error })
}

/** The authors of a document, without the rest. */
function shorten(text: string | null): string {
  return text === null ? 'null' : `[${parse(text)?.by.join(' ')}]`
}
