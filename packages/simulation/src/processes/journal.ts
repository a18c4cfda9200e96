import { readFileSync, writeSync } from 'node:fs'
import type { Answer, Operation } from './operation.ts'

/** How an operation failed. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly applied: string | null
  /** Of a bulk: one result for each of its operations, `{ applied }` where it failed. */
  readonly results: readonly unknown[] | null
}

/**
 * One line of the journal. All processes of a run append to one file: the system puts each line behind all that are there, so
 * their order is the order in which things happened, and no clock is needed to tell it.
 */
export type JournalLine =
  | { readonly event: 'task'; readonly process: number; readonly task: number }
  | {
      readonly event: 'begin'
      readonly process: number
      readonly number: number
      readonly operation: Operation
      readonly task: number | null
    }
  | { readonly event: 'end'; readonly process: number; readonly number: number; readonly answer: Answer }
  | { readonly event: 'fail'; readonly process: number; readonly number: number; readonly failure: Failure }
  | { readonly event: 'dead'; readonly process: number }

/**
 * Appends a line to a file that was opened for appending. A process may be killed in the middle of it; the line feed in front
 * keeps the next one whole.
 */
export function appendLine(file: number, line: JournalLine): void {
  writeSync(file, `\n${JSON.stringify(line)}\n`)
}

/** Reads a journal piece by piece. */
export class JournalReader {
  readonly #path: string
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  /** The lines since the last time. A line that its writer was killed in does not count: it is a process's last one. */
  next(): JournalLine[] {
    const data = readFileSync(this.#path)
    const end = data.lastIndexOf(0x0a) + 1
    const text = data.toString('utf8', this.#offset, end)
    this.#offset = Math.max(this.#offset, end)
    return text.split('\n').flatMap((line) => parseLine(line))
  }
}

function parseLine(line: string): JournalLine[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as JournalLine]
  } catch {
    return []
  }
}
