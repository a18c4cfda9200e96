import { ancestorsOf, directoryOf } from './ancestors.ts'
import type { ControlledStore } from './controlled-store.ts'
import { type Inspector, Violation } from './inspector.ts'
import type { DocumentStep } from './steps.ts'

/** What an operation may cost at most, in requests for shard files. */
interface Bound {
  readonly reads: number
  readonly writes: number
  /** Requests one after the other. */
  readonly rounds: number
}

/** An operation that is being measured. */
export interface Measured {
  readonly bound: Bound
  readonly reads: number
  readonly writes: number
  readonly rootCalls: number
  readonly conflicts: number
  readonly faultCount: number
  /** Writes of others that were applied when it began. */
  readonly foreign: number
  /** Whether it has had the client to itself. */
  alone: boolean
}

/** Requests for one shard of a plan: read twice, written in two phases; and the root file. */
const REQUESTS_A_SHARD = 4

/** Two to read what is not known, or too old to end on; fences and documents; markers. */
const ROUNDS_OF_UNLINKING = 4

/**
 * Made when a client has opened its database: holds it to the number of requests that its operations may take. One that runs alone and undisturbed, in a vault
 * where nothing splits, must keep exactly to what the documentation promises; all of a client's together to what conflicts and
 * faults explain.
 */
export class RequestMeter {
  readonly #client: number
  readonly #store: ControlledStore
  readonly #inspector: Inspector
  readonly #splits: boolean
  /** Whether the client waits to send something again. */
  readonly #isAsleep: () => boolean
  readonly #callsToOpen: number
  readonly #open = new Set<Measured>()
  #operations = 0
  #aborts = 0

  constructor(
    client: number,
    world: { readonly store: ControlledStore; readonly inspector: Inspector },
    { splits, isAsleep }: { readonly splits: boolean; readonly isAsleep: () => boolean },
  ) {
    const { store, inspector } = world
    this.#client = client
    this.#store = store
    this.#inspector = inspector
    this.#splits = splits
    this.#isAsleep = isAsleep
    this.#callsToOpen = store.callsOf(client)
  }

  /** Whether the client waits for the store; the first shard that it has read on a chance while it opened is not waited for. */
  get #isWaiting(): boolean {
    return this.#store.isWaitedForBy(this.#client, this.#callsToOpen)
  }

  /** An operation was aborted: what it began may go on in the background. */
  aborted(): void {
    this.#aborts++
    for (const each of this.#open) each.alone = false
  }

  begin(step: DocumentStep): Measured {
    this.#operations++
    const { reads, writes, rootCalls, conflicts, faultCount } = this.#store.tally(this.#client)
    for (const each of this.#open) each.alone = false
    const measured: Measured = {
      bound: this.#splits ? { reads: 0, writes: 0, rounds: 0 } : this.#boundOf(step),
      reads,
      writes,
      rootCalls,
      conflicts,
      faultCount,
      foreign: this.#foreign(),
      alone: !this.#splits && this.#open.size === 0 && this.#aborts === 0 && !this.#isWaiting && !this.#isAsleep(),
    }
    this.#store.countRounds(this.#client)
    this.#open.add(measured)
    return measured
  }

  /** Throws a {@link Violation} where an operation has taken more than it may. */
  end(measured: Measured, label: string): void {
    this.#open.delete(measured)
    const now = this.#store.tally(this.#client)
    const isDisturbed =
      now.conflicts > measured.conflicts ||
      now.faultCount > measured.faultCount ||
      this.#foreign() > measured.foreign ||
      !measured.alone
    if (isDisturbed) return
    const reads = now.reads - measured.reads
    const writes = now.writes - measured.writes
    const rootCalls = now.rootCalls - measured.rootCalls
    const { bound } = measured
    const isWithin = reads <= bound.reads && writes <= bound.writes && now.rounds <= bound.rounds && rootCalls === 0
    if (isWithin) return
    throw new Violation(
      `Requests beyond the bound: ${reads} reads, ${writes} writes and ${rootCalls} of the root file in ${now.rounds} rounds ` +
        `instead of at most ${bound.reads}, ${bound.writes} and 0 in ${bound.rounds} for ${label}.`,
    )
  }

  /** Given up, for whatever reason. */
  forget(measured: Measured): void {
    this.#open.delete(measured)
  }

  /** Runs something that is not measured, and beside which nothing is. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    const measured = this.begin({ kind: 'find', directory: '/' })
    try {
      return await work()
    } finally {
      this.forget(measured)
    }
  }

  /** Throws a {@link Violation} where all of the client's operations together took more than conflicts and faults explain. */
  checkTotal(): void {
    const { conflicts, faultCount } = this.#store.tally(this.#client)
    const sent = this.#store.callsOf(this.#client) - this.#callsToOpen
    const attempts = 1 + this.#operations + this.#aborts + conflicts + faultCount
    const most = attempts * REQUESTS_A_SHARD * (1 + this.#inspector.shardCount)
    if (sent <= most) return
    throw new Violation(`Requests beyond the bound: ${sent} of client ${this.#client} instead of at most ${most}.`)
  }

  #foreign(): number {
    return this.#store.applied - this.#store.tally(this.#client).applied
  }

  #boundOf(step: DocumentStep): Bound {
    const { shardCount } = this.#inspector
    switch (step.kind) {
      case 'get':
      case 'update-throws':
      case 'update-rejects':
        return { reads: 1, writes: 0, rounds: 1 }
      case 'list':
        return { reads: this.#inspector.ownersOf(step.directory).length, writes: 0, rounds: 1 }
      case 'find':
      case 'entries':
        return { reads: shardCount, writes: 0, rounds: 1 }
      case 'put':
      case 'update':
      case 'update-later':
        return this.#boundOfPuts([step.path])
      case 'remove':
      case 'update-null':
        return this.#boundOfRemoval(step.path)
      case 'prune':
        return { reads: 2 * shardCount, writes: 2 * shardCount, rounds: ROUNDS_OF_UNLINKING }
      case 'write': {
        if (step.remove.length === 0) return this.#boundOfPuts(step.put)
        const touched = new Set([...step.put, ...step.remove].flatMap((path) => this.#concerned(path))).size
        return { reads: 2 * touched, writes: 2 * touched, rounds: ROUNDS_OF_UNLINKING }
      }
    }
  }

  /** No read of what is known; one write for each shard with documents, and one for each with markers of new directories. */
  #boundOfPuts(paths: readonly string[]): Bound {
    const homes = new Set<string>()
    const marked = new Set<string>()
    for (const path of paths) {
      const home = this.#inspector.ownerOf(path)
      homes.add(home)
      if (this.#isLinked(path, home)) continue
      for (const directory of ancestorsOf(path)) {
        const owner = this.#inspector.ownerOf(directory)
        if (owner !== home) marked.add(owner)
      }
    }
    const reads = this.#unknown([...homes, ...marked])
    const rounds = marked.size === 0 ? { reading: 1, writing: 1 } : { reading: 2, writing: 2 }
    return { reads, writes: homes.size + marked.size, rounds: rounds.writing + (reads > 0 ? rounds.reading : 0) }
  }

  #boundOfRemoval(path: string): Bound {
    const home = this.#inspector.ownerOf(path)
    const directory = directoryOf(path)
    const isThere = this.#inspector.documents.has(path)
    const isLast = directory !== '/' && !this.#inspector.holdsOther(home, directory, path)
    const unknown = this.#unknown([home])
    if (!isLast && isThere) return { reads: unknown, writes: 1, rounds: 1 + unknown }
    if (!isLast) return { reads: 1, writes: 0, rounds: 1 }
    const touched = this.#concerned(path).length
    return { reads: 2 * touched, writes: 2 * touched, rounds: ROUNDS_OF_UNLINKING }
  }

  #isLinked(path: string, home: string): boolean {
    const directory = directoryOf(path)
    return directory === '/' || this.#inspector.holdsDocumentOf(home, directory)
  }

  /** Shards that may have to do with the coming or going of a document: its own, and those of all directories above. */
  #concerned(path: string): string[] {
    const above = ancestorsOf(path)
    const owners = above.flatMap((directory) => [
      ...this.#inspector.ownersOf(directory),
      this.#inspector.ownerOf(directory),
    ])
    return [...new Set([this.#inspector.ownerOf(path), ...owners])]
  }

  /** How many of these shards the client has to read before it can write to them. */
  #unknown(shards: readonly string[]): number {
    return new Set(shards.filter((id) => !this.#store.isKnown(this.#client, `shards/${id}`))).size
  }
}
