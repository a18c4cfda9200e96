import { onAbort } from '../abort.ts'
import { VaultError } from '../errors.ts'
import type { Freshness } from '../shards/cache.ts'
import type { ShardManager } from '../shards/manager.ts'
import { notApplied } from '../vault/root.ts'
import { Execution, type Remainder } from './execution.ts'
import { type AnyOperation, contentionError, Split, UNHEEDED, Unlink } from './operation.ts'
import { makePlan, type Plan } from './plan.ts'
import { View } from './view.ts'

/** No maximum age: only requests sent after a given one count. */
const NEVER_BY_AGE = Number.POSITIVE_INFINITY

/** Attempts after which the pauses are so long that reading again before the next one pays. */
const ATTEMPTS_ON_OLD_BASES = 6

/** A store that refuses this many operations in a row, each tried alone, is full for those that wait for their turn as well. */
const REFUSALS_OF_A_FULL_STORE = 3

/** The last request of which an answer may be too old for an operation, whatever it comes to. */
const latestTick = ({ begunTick, context }: AnyOperation): number => Math.max(begunTick, context.freshness.sinceTick)

/** Operations that are planned and carried out together, with the locks they hold meanwhile. */
interface Run {
  readonly operations: AnyOperation[]
  readonly locks: Set<string>
  readonly abort: AbortController
  readonly view: View
}

/**
 * Runs the operations that change something. Those that wait at the same time are planned jointly; a plan holds the locks of
 * all its shards from its first read to its last write, because compare-and-swap tells apart different clients and not two
 * operations of one client. Plans with disjoint shards run side by side.
 */
export class Scheduler {
  readonly #manager: ShardManager
  /** Sorted by arrival only when it is looked at. */
  #queue: AnyOperation[] = []
  /** The last run of each operation; one that has ended has nothing left to give up. */
  readonly #runs = new WeakMap<AnyOperation, Run>()
  readonly #locked = new Set<string>()
  #arrivals = 0
  #refusedInARow = 0
  /** Operations whose outcome is out: progress of this client. */
  #landed = 0
  #awake = false
  /** Operations whose outcome is not out, and work that follows from them. */
  #open = 0
  #whenIdle: (() => void)[] = []

  constructor(manager: ShardManager) {
    this.#manager = manager
  }

  /** Takes an operation in; its outcome comes by its `outcomes`. */
  submit(operation: AnyOperation): void {
    if (operation.aborted) {
      operation.failAborted()
      return
    }
    const forget = onAbort(operation.context.signal, () => this.#abort(operation))
    operation.arrival = this.#arrivals++
    operation.begunTick = this.#manager.requests.tick
    this.#open++
    operation.whenOver = () => {
      this.#landed++
      forget()
      this.#closeOne()
    }
    this.#enqueue([operation])
  }

  /** Waits until every operation's outcome is out and nothing is left to follow up. */
  async idle(): Promise<void> {
    if (this.#open === 0) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #closeOne(): void {
    if (--this.#open > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #abort(operation: AnyOperation): void {
    if (operation.committed !== null) {
      operation.committed() // the unlinking goes on: nobody waits for it
      return
    }
    if (operation.sent) {
      operation.fail(
        new VaultError('ERR_OUTCOME_UNKNOWN', 'The operation was aborted while its write was under way.', {
          applied: 'unknown',
          cause: operation.context.signal?.reason,
        }),
      )
    } else operation.failAborted()
    this.#queue = this.#queue.filter((each) => each !== operation)
    this.#wake() // what waited only behind it
    const run = this.#runs.get(operation)
    if (run?.operations.every((each) => each.over)) run.abort.abort(operation.context.signal?.reason)
  }

  #enqueue(operations: readonly AnyOperation[]): void {
    for (const operation of operations) if (!operation.over) this.#queue.push(operation)
    this.#wake()
  }

  /** Looks at the queue at the end of this tick, when all that begins in it is there. */
  #wake(): void {
    if (this.#awake) return
    this.#awake = true
    queueMicrotask(() => {
      this.#awake = false
      this.#dispatch()
    })
  }

  /** Starts what can start. Whoever has to wait keeps those behind it from its shards, so that nobody waits for ever. */
  #dispatch(): void {
    const reserved = new Set<string>()
    const waiting: AnyOperation[] = []
    const together: AnyOperation[] = []
    const locks = new Set<string>()
    this.#queue.sort((a, b) => a.arrival - b.arrival)
    for (const operation of this.#queue) {
      const wanted = this.#wantedLocks(operation)
      const free = wanted.every((id) => !this.#locked.has(id) && !reserved.has(id))
      if (free && operation.alone && !wanted.some((id) => locks.has(id))) {
        this.#start([operation], wanted)
      } else if (free && !operation.alone) {
        together.push(operation)
        for (const id of wanted) locks.add(id)
      } else {
        waiting.push(operation)
        for (const id of wanted) reserved.add(id)
      }
    }
    this.#queue = waiting
    if (together.length > 0) this.#start(together, locks)
  }

  #wantedLocks(operation: AnyOperation): string[] {
    const { map, router } = this.#manager
    const range = (directory: string): string[] => {
      const { first, last } = router.rangeOf(directory)
      return map.between(first, last)
    }
    switch (operation.kind) {
      case 'change':
        return [map.find(operation.key), ...operation.needed]
      case 'prune':
        return [...range(operation.directory), ...operation.needed]
      case 'unlink':
        return [...operation.directories.flatMap(range), ...operation.needed]
      case 'split':
        return [operation.shard, ...operation.needed]
    }
  }

  #start(operations: AnyOperation[], locks: Iterable<string>): void {
    const run: Run = { operations, locks: new Set(locks), abort: new AbortController(), view: new View(this.#manager) }
    for (const id of run.locks) this.#locked.add(id)
    for (const operation of operations) this.#runs.set(operation, run)
    this.#open++
    this.#run(run)
      .catch((error: unknown) => {
        // A defect of the engine: nobody may be left waiting for it.
        for (const operation of run.operations) operation.fail(error)
      })
      .finally(() => {
        this.#finish(run)
        this.#closeOne()
      })
      .catch(() => undefined)
  }

  #finish(run: Run): void {
    for (const id of run.locks) this.#locked.delete(id)
    run.locks.clear()
    this.#wake()
  }

  async #run(run: Run): Promise<void> {
    const plan = await this.#plan(run)
    if (plan === null) return
    const release = (id: string): void => {
      if (!run.locks.delete(id)) return
      this.#locked.delete(id)
      this.#wake()
    }
    const execution = new Execution(plan, run.operations, run.view, run.abort.signal, release)
    const remainder = await execution.run()
    this.#finish(run)
    this.#followUp(remainder)
    this.#manager.repairMap()
  }

  /** Plans until everything needed is there; `null` when no operation is left to carry out here. */
  async #plan(run: Run): Promise<Plan | null> {
    for (;;) {
      this.#dismiss(run, (operation) => operation.over)
      if (run.operations.length === 0) return null
      const planned = makePlan(run.operations, run.view)
      switch (planned.kind) {
        case 'ready':
          return planned.plan
        case 'unreadable':
          for (const [operation, error] of planned.errors) {
            if (operation.kind === 'change') operation.fail(notApplied(error))
            else if (operation.kind === 'prune') operation.failPart(notApplied(error))
            else operation.succeed()
          }
          break
        case 'pending':
          for (const [operation, ready] of planned.pending) {
            // No lock is held while a user's function is awaited; it comes back with the answer.
            this.#dismiss(run, (each) => each === operation)
            this.#awaitAnswer(operation, ready)
          }
          break
        case 'stale':
          await this.#load(run, planned.shards, Math.max(...run.operations.map(latestTick)))
          break
        case 'needs': {
          const ids = new Set([...planned.needs.values()].flatMap((needed) => [...needed]))
          if (!this.#lockMore(run, ids)) {
            for (const [operation, needed] of planned.needs)
              operation.needed = new Set([...operation.needed, ...needed])
            const operations = run.operations.splice(0)
            this.#finish(run)
            this.#enqueue(operations)
            return null
          }
          // Any known state will do for a plan that writes, unless it had to pause for long.
          await this.#load(run, ids, Math.max(...run.operations.map((each) => each.basesSinceTick)))
        }
      }
    }
  }

  /**
   * Queues an operation again once its user function has answered. If the document has changed by then the function is asked
   * anew: bounded, unless it was this client's own changes that landed meanwhile, of which there is an end.
   */
  #awaitAnswer(operation: AnyOperation, ready: Promise<void>): void {
    if (operation.landedWhenAsked === this.#landed) operation.attempts++
    operation.landedWhenAsked = this.#landed
    if (operation.attempts >= this.#manager.requests.retry.conflictAttempts) this.#giveUp(operation)
    else ready.then(() => this.#enqueue([operation])).catch(() => undefined)
  }

  #dismiss(run: Run, leaves: (operation: AnyOperation) => boolean): void {
    for (let at = run.operations.length - 1; at >= 0; at--) {
      const operation = run.operations[at] as AnyOperation
      if (!leaves(operation)) continue
      run.operations.splice(at, 1)
      this.#runs.delete(operation)
    }
  }

  /** Locks further shards if nobody holds or waits for them; otherwise the run has to let go of all and queue again. */
  #lockMore(run: Run, ids: ReadonlySet<string>): boolean {
    const more = [...ids].filter((id) => !run.locks.has(id))
    if (more.length === 0) return true
    const waitedFor = new Set(this.#queue.flatMap((operation) => this.#wantedLocks(operation)))
    if (more.some((id) => this.#locked.has(id) || waitedFor.has(id))) return false
    for (const id of more) {
      this.#locked.add(id)
      run.locks.add(id)
    }
    return true
  }

  /** Gets bases that are known already, or by requests sent after number `sinceTick`. */
  async #load(run: Run, ids: ReadonlySet<string>, sinceTick: number): Promise<void> {
    const freshness: Freshness = { sinceTick, notBeforeMs: NEVER_BY_AGE }
    const load = async (id: string): Promise<void> => {
      try {
        run.view.take(await this.#manager.load(id, freshness, run.abort.signal))
      } catch (error) {
        if (!run.abort.signal.aborted) run.view.takeError(id, error)
      }
    }
    await Promise.all([...ids].map(load))
  }

  #followUp({ again, directories, held, outgrown, full }: Remainder): void {
    this.#refusedInARow = full === null ? 0 : this.#refusedInARow + 1
    if (full !== null && this.#refusedInARow >= REFUSALS_OF_A_FULL_STORE) {
      for (const operation of this.#queue.filter(({ alone }) => alone)) operation.fail(full)
    }
    for (const shard of outgrown) this.submit(new Split(this.#current(), UNHEEDED, shard))
    if (directories.size > 0) {
      const settle = (): void => {
        for (const each of held) each()
      }
      this.submit(new Unlink(this.#current(), { succeeded: settle, failed: settle }, [...directories]))
    }
    this.#tryAgain(again)
  }

  #current(): { readonly freshness: Freshness } {
    return { freshness: { sinceTick: this.#manager.requests.tick, notBeforeMs: NEVER_BY_AGE } }
  }

  /** Plans operations anew: at once after the first conflict, which brought the new state with it, then with growing pauses. */
  #tryAgain(operations: readonly AnyOperation[]): void {
    const { requests } = this.#manager
    const paused: AnyOperation[] = []
    const atOnce: AnyOperation[] = []
    for (const operation of operations) {
      if (operation.over) continue
      operation.sent = false
      if (++operation.attempts >= requests.retry.conflictAttempts) this.#giveUp(operation)
      else if (operation.attempts === 1) atOnce.push(operation)
      else paused.push(operation)
    }
    if (atOnce.length > 0) this.#enqueue(atOnce)
    if (paused.length === 0) return
    const attempt = Math.max(...paused.map(({ attempts }) => attempts)) - 1
    const wait = requests.pauseAfterConflict(attempt).then(() => {
      for (const operation of paused) {
        // After a long pause what the last conflict showed is old: a write based on it would only lose again to a busy client.
        if (operation.attempts > ATTEMPTS_ON_OLD_BASES) operation.basesSinceTick = requests.tick
      }
      this.#enqueue(paused)
    })
    wait.catch((error: unknown) => {
      for (const operation of paused) operation.fail(error)
    })
  }

  #giveUp(operation: AnyOperation): void {
    const error = contentionError(operation.attempts)
    // What is committed is committed: not getting to unlink is no error.
    if (operation.kind === 'unlink') operation.succeed()
    else if (operation.kind === 'prune') operation.failPart(error)
    else operation.fail(error)
  }
}

/** The error of an operation on a database that was closed. */
export function closedError(): VaultError {
  return new VaultError('ERR_CLOSED', 'The database is closed. Open it again.')
}
