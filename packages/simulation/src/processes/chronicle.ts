import { type HistoryEntry, isLinearizable, sees } from '../explore/history.ts'
import { effectsOf, possibleEffect } from './effects.ts'
import type { Failure, JournalLine } from './journal.ts'
import { type Answer, type Operation, pathsChangedBy } from './operation.ts'

/** An operation that has begun and, as far as is known, not ended. */
interface Open {
  readonly process: number
  readonly author: string
  readonly operation: Operation
  readonly begin: number
  readonly task: number | null
  readonly entries: ReadonlyMap<string, HistoryEntry>
}

/** A task that has begun, and what it did last with each document: what it does later is no older than that. */
interface TaskSoFar {
  readonly begin: number
  readonly last: Map<string, HistoryEntry>
}

/** An operation that failed. */
export interface FailedOperation extends Failure {
  readonly process: number
  readonly operation: Operation
}

/** What became of the operations that processes were killed in. */
export interface Fates {
  readonly applied: number
  readonly notApplied: number
}

/** What all processes did to each document, as the journal tells it, and whether some order of it all explains what they saw. */
export class Chronicle {
  readonly #universe: readonly string[]
  readonly #entries: ReadonlyMap<string, HistoryEntry[]>
  readonly #open = new Map<string, Open>()
  readonly #tasks = new Map<string, TaskSoFar>()
  #interrupted: Open[] = []
  /** What is certain of each document before its entries. */
  readonly #initial = new Map<string, string | null>()
  #stored: ReadonlyMap<string, string> = new Map()
  #tick = 0
  acknowledged = 0
  readonly failures: FailedOperation[] = []

  constructor(universe: readonly string[]) {
    this.#universe = universe
    this.#entries = new Map(universe.map((path) => [path, []]))
  }

  /** Takes in the next line of the journal. */
  take(line: JournalLine): void {
    this.#tick++
    if (line.event === 'task') this.#tasks.set(`${line.process}.${line.task}`, { begin: this.#tick, last: new Map() })
    else if (line.event === 'begin') this.#begin(line)
    else if (line.event === 'dead') this.#dead(line.process)
    else if (line.event === 'fail') this.#fail(this.#close(line), line.failure)
    else {
      this.#enter(this.#close(line), line.answer)
      this.acknowledged++
    }
  }

  #close({ process, number }: { readonly process: number; readonly number: number }): Open {
    const author = `${process}.${number}`
    const open = this.#open.get(author)
    if (open === undefined) throw new Error(`The journal tells the end of ${author} and not its beginning.`)
    this.#open.delete(author)
    return open
  }

  #begin(line: JournalLine & { readonly event: 'begin' }): void {
    const { process, operation, task } = line
    const author = `${process}.${line.number}`
    const entries = new Map<string, HistoryEntry>()
    for (const path of pathsChangedBy(operation, this.#universe)) {
      const transition = possibleEffect(operation, path, author)
      const label = `${author} ${operation.kind}`
      const entry = { label, begin: this.#tick, end: Number.POSITIVE_INFINITY, certain: false, transition }
      entries.set(path, entry)
      this.#entries.get(path)?.push(entry)
    }
    this.#open.set(author, { process, author, operation, begin: this.#tick, task, entries })
  }

  #enter(open: Open, answer: Answer): void {
    const { author, operation, entries } = open
    const task = this.#tasks.get(`${open.process}.${open.task}`)
    for (const [path, { transition, looked }] of effectsOf(operation, author, answer, this.#universe)) {
      const begin = looked ? (task?.begin ?? open.begin) : open.begin
      const label = `${author} ${operation.kind}${looked ? `: ${brief(answer)}` : ''}`
      const entry: HistoryEntry = {
        label,
        begin,
        end: this.#tick,
        certain: true,
        transition,
        after: task?.last.get(path),
      }
      const all = this.#entries.get(path) ?? []
      const begun = entries.get(path)
      if (begun !== undefined) all.splice(all.indexOf(begun), 1, entry)
      else all.push(entry)
      task?.last.set(path, entry)
    }
  }

  #fail(open: Open, failure: Failure): void {
    this.failures.push({ ...failure, process: open.process, operation: open.operation })
    if (failure.results !== null && open.operation.kind === 'write') {
      this.#enter(open, failure.results as readonly string[])
      const paths = [...open.operation.put, ...open.operation.remove]
      for (const [at, result] of failure.results.entries()) {
        if ((result as { applied?: unknown }).applied === 'no') this.#withdraw(open, paths[at] ?? '')
      }
    } else if (failure.applied === 'no') for (const path of open.entries.keys()) this.#withdraw(open, path)
  }

  #withdraw(open: Open, path: string): void {
    const entries = this.#entries.get(path) ?? []
    const at = entries.indexOf(open.entries.get(path) as HistoryEntry)
    if (at >= 0) entries.splice(at, 1)
  }

  /** What a process had under way when it died is done by now or never. */
  #dead(process: number): void {
    for (const [author, open] of this.#open) {
      if (open.process !== process) continue
      this.#open.delete(author)
      this.#interrupted.push(open)
    }
  }

  /** The operations that processes were killed in since the last time this was asked; forgotten by {@link startAnew}. */
  get interrupted(): readonly Operation[] {
    return this.#interrupted.map(({ operation }) => operation)
  }

  /** These documents are stored now. */
  observe(documents: ReadonlyMap<string, string>): void {
    this.#tick++
    for (const path of documents.keys()) {
      if (!this.#entries.has(path)) throw new Error(`A document is stored that nobody wrote: ${path}.`)
    }
    for (const [path, entries] of this.#entries) {
      const value = documents.get(path) ?? null
      const at = this.#tick
      entries.push({ label: `stored: ${value}`, begin: at, end: at, certain: true, transition: sees(value) })
    }
    this.#stored = documents
  }

  /** A document whose history no order of the operations explains, with that history; `null` when there is none. */
  contradiction(): string | null {
    for (const [path, entries] of this.#entries) {
      const initial = this.#initial.get(path) ?? null
      if (isLinearizable(entries, initial)) continue
      const lines = [...entries]
        .sort((a, b) => a.begin - b.begin)
        .map(({ label, begin, end, certain }) => `  ${begin}..${end} ${certain ? '' : '(perhaps) '}${label}`)
      const head = `No order of the operations explains the history of ${path}, which began as ${initial}:`
      return [head, ...lines].join('\n')
    }
    return null
  }

  /**
   * Forgets what led to the documents that were observed last; only for a moment since which nothing has ended. What is under
   * way keeps the histories of the documents that it may change; a read or a task all of them, which it may still answer from.
   */
  startAnew(): void {
    const open = [...this.#open.values()]
    this.#interrupted = []
    if (open.some(({ task, entries }) => task !== null || entries.size === 0)) return
    const unsettled = new Set(open.flatMap(({ entries }) => [...entries.keys()]))
    for (const [path, entries] of this.#entries) {
      if (unsettled.has(path)) continue
      entries.length = 0
      this.#initial.set(path, this.#stored.get(path) ?? null)
    }
    this.#tasks.clear()
  }

  /**
   * What became of the operations that processes were killed in, by the signatures in what was observed last; removals leave
   * none.
   */
  fatesOfInterrupted(): Fates {
    const signatures = new Set([...this.#stored.values()].flatMap((value) => value.split(' ')))
    const signing = this.#interrupted.filter(({ operation: { kind } }) => kind === 'put' || kind.startsWith('update'))
    const applied = signing.filter(({ author }) => signatures.has(author)).length
    return { applied, notApplied: signing.length - applied }
  }
}

/** All of it, as a rule: a run of real processes cannot be repeated. */
function brief(answer: unknown): string {
  const text = JSON.stringify(answer)
  return text.length <= 2_000 ? text : `${text.slice(0, 2_000)}…`
}
