import { type HistoryEntry, isLinearizable, sees, type Transition } from './history.ts'

/** Stands in the ledger for the vault itself: absent before somebody has created it. */
export const VAULT = '#vault'
/** Stands in the ledger for the password, in vaults that have one. */
export const PASSWORD = '#password'

/** The history of every document: what the operations answered, and what the store held meanwhile. */
export class Ledger {
  /** The documents that may ever exist. */
  readonly universe: readonly string[]
  readonly #entries: ReadonlyMap<string, HistoryEntry[]>
  readonly #initial = new Map<string, string>()
  readonly #stored = new Map<string, string | null>()
  readonly #precedence: string[] | null
  #tick = 0

  /** With `keepsPrecedence`, {@link precedence} tells what came before what. */
  constructor(universe: readonly string[], keepsPrecedence: boolean) {
    this.universe = universe
    this.#entries = new Map([...universe, VAULT, PASSWORD].map((path) => [path, []]))
    this.#precedence = keepsPrecedence ? [] : null
  }

  /** The next moment. */
  tick(): number {
    return ++this.#tick
  }

  /** What is stored before the history begins. */
  startFrom(values: ReadonlyMap<string, string>): void {
    for (const [path, value] of values) {
      this.#initial.set(path, value)
      this.#stored.set(path, value)
    }
  }

  /** What is stored at `path` now; `null` is absence. */
  stored(path: string): string | null {
    return this.#stored.get(path) ?? null
  }

  /** An operation that may change the document from now on. */
  begin(path: string, label: string, transition: Transition, after?: HistoryEntry): HistoryEntry {
    const begin = this.tick()
    const entry: HistoryEntry = { label, begin, end: Number.POSITIVE_INFINITY, certain: false, transition, after }
    this.#entries.get(path)?.push(entry)
    return entry
  }

  /** An operation took effect, and this is how. */
  succeeded(entry: HistoryEntry, transition: Transition): void {
    entry.certain = true
    entry.transition = transition
    entry.end = this.tick()
  }

  /** An operation did not take effect and never will. */
  withdraw(path: string, entry: HistoryEntry): void {
    const entries = this.#entries.get(path) ?? []
    entries.splice(entries.indexOf(entry), 1)
  }

  /** An operation only looked at the document, as it was at some moment since `begin`. */
  saw(path: string, label: string, begin: number, transition: Transition, after?: HistoryEntry): HistoryEntry {
    const entry: HistoryEntry = { label, begin, end: this.tick(), certain: true, transition, after }
    this.#entries.get(path)?.push(entry)
    return entry
  }

  /** The documents that are stored from now on. */
  observeDocuments(documents: ReadonlyMap<string, string>): void {
    for (const path of this.universe) this.observe(path, documents.get(path) ?? null)
  }

  /** What is stored at one path from now on. */
  observe(path: string, value: string | null): void {
    const before = this.stored(path)
    if (before === value) return
    this.#observeOne(path, before)
    this.#observeOne(path, value)
    this.#stored.set(path, value)
    this.#notePrecedence(`stored ${authors(value)}`, path)
  }

  #observeOne(path: string, value: string | null): void {
    const at = this.tick()
    this.#entries
      .get(path)
      ?.push({ label: `stored: ${authors(value)}`, begin: at, end: at, certain: true, transition: sees(value) })
  }

  /** An operation that concerns these documents begins. */
  begins(author: string, paths: readonly string[]): void {
    for (const path of paths) this.#notePrecedence(author, path)
  }

  #notePrecedence(what: string, path: string): void {
    if (this.#precedence === null) return
    const before = (this.#entries.get(path) ?? []).filter(({ end }) => end !== Number.POSITIVE_INFINITY)
    if (before.length > 0) this.#precedence.push(`${what} ${path} after ${before.map(({ label }) => label).sort()}`)
  }

  /**
   * Which operations had ended when others began, and which values had been stored: two histories that agree in this and in
   * what everybody was answered are equally good.
   */
  precedence(): string {
    return (this.#precedence ?? []).toSorted().join('\n')
  }

  /** A document whose history no order of the operations explains, with that history; `null` when there is none. */
  contradiction(): string | null {
    for (const [path, known] of this.#entries) {
      const stored = this.stored(path)
      const at = this.tick()
      const entries = [
        ...known,
        { label: `stored: ${authors(stored)}`, begin: at, end: at, certain: true, transition: sees(stored) },
      ]
      if (isLinearizable(entries, this.#initial.get(path) ?? null)) continue
      const lines = entries
        .sort((a, b) => a.begin - b.begin)
        .map(({ label, begin, end, certain }) => `  ${begin}..${end} ${certain ? '' : '(perhaps) '}${label}`)
      return [`No order of the operations explains the history of ${path}:`, ...lines].join('\n')
    }
    return null
  }
}

/** A document in few letters: who changed it. */
function authors(value: string | null): string {
  return value === null ? 'absent' : (/\[[^\]]*\]/.exec(value)?.[0] ?? value)
}
