import {
  type BlobStore,
  type Credentials,
  errorCode,
  VaultDB,
  type VaultError,
  type VaultErrorCode,
  type Witness,
  withTimeout,
} from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts'
import type { Defect, Result } from './attack.ts'
import { createAttackRuntime, noWork, type Work } from './attack-runtime.ts'
import { Ledger } from './ledger.ts'
import { increment, type Marked } from './stage.ts'
import type { World } from './world.ts'

/** Findings of `check` that every crash leaves behind, and that say nothing about an adversary. */
const REMAINS: ReadonlySet<string> = new Set(['orphan-shard', 'stray-marker', 'stale-map'])

const NOTHING = Symbol('nothing')

/** How a client is set up. */
export interface VictimOptions {
  /** Of its randomness. */
  readonly seed: number
  readonly witness?: Witness | null
  /** Default: it waits for ever. */
  readonly timeoutMs?: number | undefined
}

/** One client, and what came of all that it asked for. */
export class Victim {
  readonly work: Work = noWork()
  readonly ledger: Ledger
  readonly #world: World
  /** The world as this client reaches it. */
  readonly #store: BlobStore
  readonly #credentials: Credentials
  readonly #clock: VirtualClock = createVirtualClock()
  readonly #seed: number
  readonly #witness: Witness | null
  #db: VaultDB | null = null
  #writes = 0
  /** Errors and wrong answers, in their order. */
  #met: { readonly result: Result; readonly what: string }[] = []

  constructor(world: World, credentials: Credentials, ledger: Ledger, options: VictimOptions) {
    this.#world = world
    this.#credentials = credentials
    this.ledger = ledger
    this.#seed = options.seed
    this.#witness = options.witness ?? null
    const runtime = createAttackRuntime(this.#clock, options.seed, noWork())
    this.#store =
      options.timeoutMs === undefined ? world : withTimeout(world, { timeoutMs: options.timeoutMs, runtime })
  }

  /** What it met so far; begins anew. */
  takeStock(): { readonly result: Result; readonly detail: string } {
    const met = this.#met
    this.#met = []
    if (this.#world.leaked) return { result: 'plaintext', detail: 'A write shows what is in it.' }
    const severe: readonly Result[] = ['hang', 'crash', 'believed']
    const worst = severe.flatMap((each) => met.filter(({ result }) => result === each))[0]
    const errors = met.filter(({ result }) => result !== 'listed by check')
    const first = worst ?? errors[0] ?? met[0]
    return first === undefined ? { result: 'unharmed', detail: '' } : { result: first.result, detail: first.what }
  }

  /** Takes note of what it met. */
  meet(result: Result, what: string): void {
    this.#met.push({ result, what })
  }

  /** Waits for an operation until nothing is under way any more; what it throws is met. */
  async #await<T>(what: string, operation: () => Promise<T>): Promise<T | typeof NOTHING> {
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null
    const begun = new Promise<T>((resolve) => resolve(operation()))
    begun.then(
      (value) => {
        outcome = { value }
      },
      (error: unknown) => {
        outcome = { error }
      },
    )
    await this.#clock.settled()
    const ended = outcome as { readonly value: T } | { readonly error: unknown } | null
    if (this.#world.exhausted) this.meet('hang', `${what} sends requests without end.`)
    if (ended === null) {
      this.meet('hang', `${what} does not end.`)
      return NOTHING
    }
    if ('value' in ended) return ended.value
    this.meet(resultOf(ended.error), `${what}: ${String(ended.error)}`)
    this.lastError = ended.error
    return NOTHING
  }

  lastError: unknown = null

  #options(): Parameters<typeof VaultDB.open>[1] {
    const runtime = createAttackRuntime(this.#clock, this.#seed, this.work)
    const witness = this.#witness === null ? {} : { witness: this.#witness }
    return { ...this.#credentials, runtime, ...witness }
  }

  async open(): Promise<boolean> {
    const db = await this.#await('open', () => VaultDB.open(this.#store, this.#options()))
    this.#db = db === NOTHING ? null : db
    return db !== NOTHING
  }

  async create(options: { readonly orOpen: boolean } = { orOpen: false }): Promise<boolean> {
    const create = options.orOpen ? VaultDB.openOrCreate : VaultDB.create
    const db = await this.#await('create', () => create(this.#store, { ...this.#options(), shardBytes: 1024 }))
    this.#db = db === NOTHING ? null : db
    return db !== NOTHING
  }

  async close(): Promise<void> {
    const db = this.#db
    if (db === null) return
    await this.#await('close', () => db.close())
    this.#db = null
  }

  get isOpen(): boolean {
    return this.#db !== null
  }

  get #open(): VaultDB {
    if (this.#db === null) throw new Error('The victim has no vault open.')
    return this.#db
  }

  /** Reads everything at once. */
  async readAll(): Promise<void> {
    const entries = await this.#await('entries', () => this.#open.entries('/').toArray())
    if (entries === NOTHING) return
    const seen = new Map(entries)
    for (const path of new Set([...this.ledger.paths, ...seen.keys()])) this.#compare('entries', path, seen.get(path))
  }

  #compare(what: string, path: string, value: unknown): void {
    if (!this.ledger.allows(path, value ?? null)) this.meet('believed', `${what} answers something else for ${path}.`)
  }

  async get(path: string): Promise<void> {
    const value = await this.#await(`get ${path}`, () => this.#open.get(path))
    if (value !== NOTHING) this.#compare('get', path, value)
  }

  /** Reads documents one by one in a task, which answers at once what it has read already. */
  async readInTask(): Promise<void> {
    const paths = this.ledger.paths.toReversed()
    const values = await this.#await('task', () =>
      this.#open.task(async (task) => {
        const found: unknown[] = []
        for (const path of [...paths, ...paths.toReversed()]) found.push(await task.get(path))
        return found
      }),
    )
    if (values === NOTHING) return
    for (const [at, path] of [...paths, ...paths.toReversed()].entries()) this.#compare('task', path, values[at])
  }

  async #write<T>(what: string, path: string, value: (before: T | null) => unknown, perform: () => Promise<unknown>) {
    let intended: unknown = NOTHING
    const before = this.#met.length
    const result = await this.#await(what, async () => {
      const landed = await perform()
      intended = landed
      return landed
    })
    if (result !== NOTHING) this.ledger.acknowledged(path, intended ?? value(null))
    else if (this.#met.length > before && mayBeApplied(this.lastError)) this.ledger.uncertain(path, value(null))
  }

  /** Raises a document's number; `midway` is called after it was read and before it is written. */
  async update(path: string, midway?: () => void | Promise<void>): Promise<void> {
    let next: Marked | null = null
    let isMidway = false
    const change = async (document: Marked | null): Promise<Marked | null> => {
      this.#compare('update', path, document)
      next = increment(document)
      if (!isMidway) await midway?.()
      isMidway = true
      return next
    }
    await this.#write(
      `update ${path}`,
      path,
      () => next,
      () => this.#open.update<Marked>(path, change),
    )
  }

  /** Makes a document in a directory of its own. */
  async putNew(): Promise<void> {
    const number = ++this.#writes
    const path = `/private-new-${this.#seed}/${number}/document`
    await this.#write(
      `put ${path}`,
      path,
      () => number,
      async () => {
        await this.#open.put(path, number)
        return number
      },
    )
  }

  /** Puts several documents that are too much for one shard. */
  async putMany(count: number): Promise<void> {
    const operations = Array.from({ length: count }, (_, at) => ({
      put: `/private-many/${at}`,
      value: { n: 0, text: `the secret of many ${'.'.repeat(300)}` },
    }))
    const result = await this.#await('write', () => this.#open.write(operations))
    if (result !== NOTHING) {
      for (const { put, value } of operations) this.ledger.acknowledged(put, value)
      return
    }
    for (const [at, each] of (resultsOf(this.lastError) ?? operations.map(() => this.lastError)).entries()) {
      const { put, value } = operations[at] as (typeof operations)[number]
      if (typeof each === 'string') this.ledger.acknowledged(put, value)
      else if (mayBeApplied(each)) this.ledger.uncertain(put, value)
    }
  }

  async check(): Promise<void> {
    const report = await this.#await('check', () => check(this.#open))
    if (report === NOTHING) return
    for (const { kind, file, serious } of report.problems) {
      if (kind === 'unreadable-shard') this.meet('ERR_CORRUPT', `check finds ${file} unreadable.`)
      else if (serious || !REMAINS.has(kind)) this.meet('listed by check', `check: ${kind} ${file}`)
    }
  }

  /** Reads all there is, and changes one document. */
  async lookAround(path?: string): Promise<void> {
    await this.readAll()
    if (path !== undefined) await this.update(path)
    await this.check()
  }

  /** Everything that a client can be asked for; to end with `check`, which reads also what nobody else does. */
  async doEverything(paths: readonly string[]): Promise<void> {
    await this.readAll()
    for (const path of this.ledger.paths) await this.get(path)
    await this.#await('list', () => this.#open.list('/'))
    for (const path of paths) await this.update(path)
    await this.putNew()
    await this.check()
  }
}

/** Told by its name: as they are built, the core's entry points have a class each. */
function isVaultError(error: unknown): error is VaultError {
  return error instanceof Error && error.name === 'VaultError' && errorCode(error) !== undefined
}

function resultOf(error: unknown): VaultErrorCode | Defect {
  return isVaultError(error) ? error.code : 'crash'
}

function resultsOf(error: unknown): readonly unknown[] | undefined {
  return isVaultError(error) ? error.results : undefined
}

/** Whether a write that ended with this may have been applied, or may be later. */
function mayBeApplied(error: unknown): boolean {
  return !isVaultError(error) || error.applied !== 'no'
}

/** A client to which nothing has happened yet, with all that stands in the vault. */
export function newVictim(
  world: World,
  credentials: Credentials,
  documents: ReadonlyMap<string, unknown>,
  options: VictimOptions,
): Victim {
  return new Victim(world, credentials, new Ledger(documents), options)
}
