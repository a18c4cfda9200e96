import { closeSync, openSync } from 'node:fs'
import { type DocumentStore, errorCode, type VaultDB } from '@vaultdb/core'
import { appendLine, type Failure } from './journal.ts'
import { type Operation, perform } from './operation.ts'
import type { Passage } from './script.ts'

/** Performs operations and enters them into the journal, before they begin and after they have ended. */
export class Recorder {
  readonly #file: number
  readonly #process: number
  #numbers = 0
  #tasks = 0

  /** `process`: under which name. */
  constructor(journal: string, process: number) {
    this.#file = openSync(journal, 'a')
    this.#process = process
  }

  async run(db: VaultDB, { inTask, operations }: Passage): Promise<void> {
    if (!inTask) {
      await Promise.all(operations.map((operation) => this.#perform(db, db, operation, null)))
      return
    }
    const task = ++this.#tasks
    appendLine(this.#file, { event: 'task', process: this.#process, task })
    await db.task(async (store) => {
      for (const operation of operations) await this.#perform(db, store, operation, task)
    })
  }

  close(): void {
    closeSync(this.#file)
  }

  async #perform(db: VaultDB, store: DocumentStore, operation: Operation, task: number | null): Promise<void> {
    const [process, number] = [this.#process, ++this.#numbers]
    appendLine(this.#file, { event: 'begin', process, number, operation, task })
    try {
      const answer = await perform(db, store, operation, `${process}.${number}`)
      appendLine(this.#file, { event: 'end', process, number, answer })
    } catch (error) {
      appendLine(this.#file, { event: 'fail', process, number, failure: recordedFailure(error) })
    }
  }
}

/** What a journal keeps of an error. */
export function recordedFailure(error: unknown): Failure {
  const { applied, results } = error as { applied?: unknown; results?: readonly unknown[] }
  const appliedOf = (result: unknown): unknown =>
    typeof result === 'string' ? result : { applied: (result as { applied?: unknown }).applied }
  return {
    code: errorCode(error) ?? 'none',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    applied: typeof applied === 'string' ? applied : null,
    results: results?.map(appliedOf) ?? null,
  }
}
