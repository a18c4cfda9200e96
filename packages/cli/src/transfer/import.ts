import { errorCode, type VaultDB, type WriteResult } from '@vaultdb/core'
import type { ProgressDisplay } from '../progress.ts'
import type { ImportRow } from './format.ts'

/** What an import did. */
export interface ImportReport {
  readonly counts: Readonly<Record<'created' | 'replaced' | 'unchanged', number>>
  /** Documents whose write ended unsettled. */
  readonly unknown: number
  readonly problems: number
}

/** What an import needs from its surroundings. */
export interface ImportSurroundings {
  readonly signal: AbortSignal
  readonly display: ProgressDisplay
  /** Called with every row that is left out. */
  onProblem(line: number, reason: string): Promise<void>
}

type DocumentRow = Extract<ImportRow, { path: string }>

/**
 * Documents written at once. Few large batches: the more documents share a write of a shard, the fewer writes there are; the bounds
 * are there for memory's sake.
 */
const BATCH = { documents: 20_000, jsonLength: 2 ** 25 } as const

/** Whether an error is one document's own: its neighbours are written all the same. */
function isOwn(error: unknown): error is Error {
  const code = errorCode(error)
  return error instanceof TypeError || code === 'ERR_INVALID_PATH' || code === 'ERR_TOO_LARGE'
}

/** One import of rows into a vault. `report` tells at any time, also after a failure, what was done. */
export class Import {
  readonly #db: VaultDB
  readonly #surroundings: ImportSurroundings
  readonly #counts = { created: 0, replaced: 0, unchanged: 0 }
  readonly #lineOf = new Map<string, number>()
  #problems = 0
  #unknown = 0
  #done = 0

  constructor(db: VaultDB, surroundings: ImportSurroundings) {
    this.#db = db
    this.#surroundings = surroundings
  }

  get report(): ImportReport {
    return { counts: { ...this.#counts }, unknown: this.#unknown, problems: this.#problems }
  }

  /** Writes all rows; rejects when the store or the user stops it. */
  async run(rows: AsyncIterable<ImportRow>): Promise<void> {
    let batch: DocumentRow[] = []
    let jsonLength = 0
    for await (const row of rows) {
      const reason = 'reason' in row ? row.reason : this.#faultOf(row)
      if (reason !== null) {
        await this.#leaveOut(row.line, reason)
        continue
      }
      const document = row as DocumentRow
      batch.push(document)
      jsonLength += JSON.stringify(document.value).length
      if (batch.length < BATCH.documents && jsonLength < BATCH.jsonLength) continue
      await this.#write(batch)
      batch = []
      jsonLength = 0
    }
    if (batch.length > 0) await this.#write(batch)
  }

  /** What can be told about a row without the vault. */
  #faultOf(row: ImportRow): string | null {
    if ('reason' in row) return row.reason
    if (row.value === null) return 'the value is null, which means "absent"'
    const earlier = this.#lineOf.get(row.path)
    if (earlier !== undefined) return `the same path stands on line ${earlier}`
    this.#lineOf.set(row.path, row.line)
    return null
  }

  async #leaveOut(line: number, reason: string): Promise<void> {
    this.#problems++
    await this.#surroundings.onProblem(line, reason)
  }

  /**
   * Every document is an operation of its own, so that what the vault refuses fails alone; operations that wait at the same
   * time are planned and written together all the same.
   */
  async #write(rows: readonly DocumentRow[]): Promise<void> {
    let failure: unknown
    const writes = rows.map(async ({ path, value, line }) => {
      try {
        const [result] = await this.#db.write([{ put: path, value }], { signal: this.#surroundings.signal })
        this.#count(result)
      } catch (error) {
        const reason = reasonOf(error)
        if (isOwn(reason)) return this.#leaveOut(line, reason.message)
        if (errorCode(reason) === 'ERR_OUTCOME_UNKNOWN') this.#unknown++
        failure ??= reason
      }
      this.#done++
      this.#surroundings.display.report({ phase: 'write', done: this.#done, total: this.#lineOf.size })
    })
    await Promise.all(writes)
    if (failure !== undefined) throw failure
  }

  #count(result: WriteResult | undefined): void {
    if (result === 'created' || result === 'replaced' || result === 'unchanged') this.#counts[result]++
  }
}

/** Of a bulk's error, which only counts, that of its one operation. */
function reasonOf(error: unknown): unknown {
  const isBulk = typeof error === 'object' && error !== null && 'results' in error && Array.isArray(error.results)
  return isBulk ? (error.results as readonly unknown[])[0] : error
}
