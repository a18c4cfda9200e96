import { type HistoryEntry, isLinearizable, sees, type Transition } from './history.ts'

/** The history of every document: what the operations answered, and what the store held meanwhile. */
export class Ledger {
  /** The documents that may ever exist. */
  readonly universe: readonly string[]
  readonly #entries: ReadonlyMap<string, HistoryEntry[]>
  #initial: ReadonlyMap<string, string> = new Map()
  #stored: ReadonlyMap<string, string> = new Map()
  #tick = 0

  constructor(universe: readonly string[]) {
    this.universe = universe
    this.#entries = new Map(universe.map((path) => [path, []]))
  }

  /** The next moment. */
  tick(): number {
    return ++this.#tick
  }

  /** What is stored before the history begins. */
  startFrom(documents: ReadonlyMap<string, string>): void {
    this.#initial = documents
    this.#stored = documents
  }

  /** An operation that may change the document from now on. */
  begin(path: string, label: string, transition: Transition): HistoryEntry {
    const entry: HistoryEntry = {
      label,
      begin: this.tick(),
      end: Number.POSITIVE_INFINITY,
      certain: false,
      transition,
    }
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

  /** An operation only looked at the document. */
  saw(path: string, label: string, begin: number, transition: Transition): void {
    this.#entries.get(path)?.push({ label, begin, end: this.tick(), certain: true, transition })
  }

  /** The documents that are stored from now on. */
  observe(documents: ReadonlyMap<string, string>): void {
    for (const path of this.universe) {
      const before = this.#stored.get(path) ?? null
      const after = documents.get(path) ?? null
      if (before === after) continue
      this.#observeOne(path, before)
      this.#observeOne(path, after)
    }
    this.#stored = documents
  }

  #observeOne(path: string, value: string | null): void {
    const at = this.tick()
    this.#entries
      .get(path)
      ?.push({ label: `stored: ${authors(value)}`, begin: at, end: at, certain: true, transition: sees(value) })
  }

  /** A document whose history no order of the operations explains, with that history; `null` when there is none. */
  contradiction(): string | null {
    for (const path of this.universe) {
      const stored = this.#stored.get(path) ?? null
      const at = this.tick()
      const entries = [
        ...(this.#entries.get(path) ?? []),
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
  return value === null ? 'absent' : String(/\[[^\]]*\]/.exec(value)?.[0])
}
