import { errorCode, type Task, type VaultDB, VaultError } from '@vaultdb/core'
import { type Attempt, DocumentOperations } from './document-operations.ts'
import { type Circumstances, explains, unexpected } from './failures.ts'
import { Violation } from './inspector.ts'
import { type Ledger, PASSWORD } from './ledger.ts'
import type { RequestMeter } from './request-meter.ts'
import { type Batch, type DocumentStep, documentSteps, pathsIn, type Step, type TaskStep } from './steps.ts'

/** What a client takes from the world around it. */
export interface Surroundings {
  readonly log: (text: string) => void
  /** Milliseconds on the client's own clock. */
  nowMs(): number
  /** The first moment of the history at which its clock showed `ms` or more. */
  momentOf(ms: number): number
  sleep(ms: number): Promise<void>
  /** What became of its calls, by what was expected of operations on the way. */
  readonly faults: Circumstances['faults']
  /** Lets the driver abort an operation until `withdraw` is called. */
  offerAbort(author: string): { readonly signal: AbortSignal; readonly withdraw: () => void }
  /** Its database is closed: from now on it must not write. */
  closed(): void
  /** A password that may be the vault's from now on. */
  announcePassword(password: string): void
  readonly meter: RequestMeter
}

/** Where an operation runs: on the database, or in a task. */
interface Scope {
  readonly operations: DocumentOperations
  /** The task's signal. */
  readonly signal: AbortSignal | null
  /** What operations of the task failed with. */
  readonly failures: Set<unknown>
}

/** Runs a client's operations on the real database and enters what they answer into the ledger. */
export class SimulatedClient {
  readonly number: number
  readonly #database: VaultDB
  readonly #ledger: Ledger
  readonly #surroundings: Surroundings
  readonly #scope: Scope
  #operations = 0
  #closing = false

  constructor(number: number, database: VaultDB, ledger: Ledger, surroundings: Surroundings, maxAgeMs: number) {
    this.number = number
    this.#database = database
    this.#ledger = ledger
    this.#surroundings = surroundings
    const clock = { nowMs: () => surroundings.nowMs(), momentOf: (ms: number) => surroundings.momentOf(ms) }
    const operations = new DocumentOperations(database, ledger, { clock, maxAgeMs, since: null, lastEnded: new Map() })
    this.#scope = { operations, signal: null, failures: new Set() }
  }

  /** Begins all operations of a batch at once; resolves when all have ended. */
  async run(batch: Batch): Promise<void> {
    await Promise.all(batch.map((each) => this.#follow(each.kind === 'sequence' ? each.steps : [each])))
  }

  /** Closes the database; no write may be under way afterwards. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#database.close()
    this.#surroundings.closed()
  }

  async #follow(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#begin(step)
  }

  async #begin(step: Step): Promise<void> {
    switch (step.kind) {
      case 'pause':
        return await this.#surroundings.sleep(step.ms)
      case 'close':
        return await this.close()
      case 'task':
        return await this.#attempt(step, this.#scope, (attempt) => this.#task(step, attempt))
      case 'change-password':
        return await this.#attempt(step, this.#scope, (attempt) => this.#changePassword(attempt))
      default:
        return await this.#operate(step, this.#scope)
    }
  }

  async #operate(step: DocumentStep, scope: Scope): Promise<void> {
    await this.#attempt(step, scope, async (attempt) => {
      const { meter } = this.#surroundings
      const measured = meter.begin(step)
      try {
        const result = await scope.operations.perform(step, attempt)
        meter.end(measured, attempt.label)
        return result
      } finally {
        meter.forget(measured)
      }
    })
  }

  /** Runs one operation; a failure is fine where what happened explains it. */
  async #attempt(
    step: Exclude<Step, { kind: 'pause' | 'close' }>,
    scope: Scope,
    work: (attempt: Attempt) => Promise<string>,
  ): Promise<void> {
    const author = `${this.number}.${++this.#operations}`
    const label = `${author} ${JSON.stringify(step)}`
    const { log } = this.#surroundings
    this.#ledger.begins(author, pathsOf(step, this.#ledger.universe))
    log(`begins  ${label}`)
    const abort = step.abortable ? this.#surroundings.offerAbort(author) : null
    const signal = abort?.signal ?? scope.signal
    const isExplained = (error: unknown): boolean => {
      const { faults } = this.#surroundings
      const circumstances = { faults, aborted: signal?.aborted === true, closing: this.#closing }
      return error instanceof VaultError && explains(circumstances, errorCode(error))
    }
    try {
      const options = abort === null ? {} : { signal: abort.signal }
      const refused = (error: Error) => scope.failures.add(error)
      const result = await work({ author, label, options, isExplained, refused })
      log(`ends    ${author}: ${result}`)
    } catch (error) {
      scope.failures.add(error)
      if (!(error instanceof VaultError) || !isExplained(error)) throw unexpected(label, error)
      log(`fails   ${author}: ${error.code} ${error.applied ?? ''}`)
    } finally {
      abort?.withdraw()
    }
  }

  async #task({ preload, batches, left }: TaskStep, { author, label, options }: Attempt): Promise<string> {
    const failures = new Set<unknown>()
    const since = this.#ledger.tick()
    const leftOver: Promise<void>[] = []
    const work = async (task: Task): Promise<string> => {
      const scope: Scope = {
        operations: this.#scope.operations.within(task, since),
        signal: options.signal ?? null,
        failures,
      }
      if (preload) await this.#surroundings.meter.beside(() => task.preload())
      for (const batch of batches) await Promise.all(batch.map((each) => this.#operate(each, scope)))
      for (const each of left) leftOver.push(this.#operate(each, scope))
      for (const each of leftOver) each.catch(() => undefined)
      return author
    }
    try {
      const result = await this.#database.task(work, options)
      if (result !== author) throw new Violation(`${label} resolved to ${String(result)}.`)
    } catch (error) {
      // It rejects with what an operation that was left under way failed with.
      if (!failures.has(error)) throw error
    } finally {
      await Promise.all(leftOver)
    }
    return 'done'
  }

  async #changePassword({ author, label, options }: Attempt): Promise<string> {
    const old = this.#ledger.stored(PASSWORD) ?? ''
    const next = `password of ${author}`
    this.#surroundings.announcePassword(next)
    const entry = this.#ledger.begin(PASSWORD, label, (before) => (before === old ? { after: next } : undefined))
    try {
      await this.#surroundings.meter.beside(() => this.#database.changePassword(old, next, options))
      this.#ledger.succeeded(entry, entry.transition)
      return next
    } catch (error) {
      const applied = error instanceof VaultError ? error.applied : undefined
      if (applied === 'no') this.#ledger.withdraw(PASSWORD, entry)
      if (errorCode(error) !== 'ERR_CREDENTIALS') throw error
      const isAnother = (before: string | null) => (before === old ? undefined : { after: before })
      this.#ledger.saw(PASSWORD, label, entry.begin, isAnother)
      return 'somebody else has changed it'
    }
  }
}

/** The documents that a step is about. */
function pathsOf(step: Step, universe: readonly string[]): readonly string[] {
  return documentSteps([step]).flatMap((each) =>
    'directory' in each ? universe.filter((path) => path.startsWith(each.directory)) : pathsIn(each),
  )
}
