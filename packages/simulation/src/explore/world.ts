import type { VaultDB, VaultErrorCode, Witness, WitnessRecord } from '@vaultdb/core'
import { SimulatedClient, type Surroundings } from './client.ts'
import { type ClientRuntime, createClientRuntime, type Sleeper } from './client-runtime.ts'
import {
  ControlledStore,
  type LateWrite,
  OUTCOMES,
  type Outcome,
  type SlowAnswer,
  type StoreCall,
} from './controlled-store.ts'
import { createMicrotaskDrain } from './drain.ts'
import { explains } from './failures.ts'
import { Inspector, Violation } from './inspector.ts'
import { Ledger, PASSWORD, VAULT } from './ledger.ts'
import { openDatabase } from './opening.ts'
import { passwordOf } from './passwords.ts'
import { RequestMeter } from './request-meter.ts'
import { ORDINARY, type Script, type Workload } from './workload.ts'

/** How a world differs from an empty store whose clients come and go. */
export interface WorldOptions {
  readonly log: (text: string) => void
  /** The files that are there at first. */
  readonly files?: ReadonlyMap<string, Uint8Array>
  /** Whether equal histories are to be told by {@link World.fingerprint}: sleeping then takes no decision. */
  readonly isExplored?: boolean
  /** Whether clients may die at any moment. */
  readonly crashes?: boolean
}

/** An operation that the driver may abort. */
export interface Abortable {
  readonly client: number
  readonly author: string
  abort(): void
}

/** Something that can happen next. */
export type Event =
  | { readonly kind: 'call'; readonly call: StoreCall; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'deliver'; readonly answer: SlowAnswer }
  | { readonly kind: 'arrive'; readonly write: LateWrite }
  | { readonly kind: 'wake'; readonly sleeper: Sleeper }
  | { readonly kind: 'abort'; readonly operation: Abortable }
  | { readonly kind: 'crash'; readonly client: number }

/** Opens every simulated vault. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(0x5a)
/** The password of vaults that have one, until somebody changes it. */
export const FIRST_PASSWORD = 'the first password'

/** Simulated clients over one controlled store. */
export class World {
  readonly store: ControlledStore
  readonly inspector: Inspector = new Inspector(SECRET)
  readonly ledger: Ledger
  readonly workload: Workload
  readonly log: (text: string) => void
  /** Lets every client go on until it waits for the store or for time to pass. */
  readonly settle: () => Promise<void> = createMicrotaskDrain()
  readonly #isExplored: boolean
  readonly #crashes: boolean
  readonly #runtimes = new Map<number, ClientRuntime>()
  readonly #running = new Set<number>()
  readonly #dead = new Set<number>()
  readonly #abortable = new Set<Abortable>()
  /** By device: the JSON of its witness. */
  readonly #witnesses = new Map<number, string>()
  readonly #passwords = new Set([FIRST_PASSWORD])
  #gate: Promise<void> = Promise.resolve()
  #born = 0
  #violation: Violation | null = null

  constructor(workload: Workload, { log, files, isExplored = false, crashes = false }: WorldOptions) {
    this.workload = workload
    this.log = log
    this.#isExplored = isExplored
    this.#crashes = crashes
    this.ledger = new Ledger(workload.universe, isExplored)
    this.store = new ControlledStore((key, data) => this.#inspect(key, data), workload.atomicReads)
    if (files === undefined || files.size === 0) return
    this.store.load(files)
    this.inspector.load(files)
    this.ledger.startFrom(new Map([...this.inspector.documents, [VAULT, 'there']]))
    if (workload.hasPassword) this.ledger.startFrom(new Map([[PASSWORD, FIRST_PASSWORD]]))
  }

  #inspect(key: string, data: Uint8Array): void {
    try {
      this.inspector.wrote(key, data)
      this.ledger.observeDocuments(this.inspector.documents)
      if (key !== 'vault') return
      this.ledger.observe(VAULT, 'there')
      if (this.workload.hasPassword) {
        this.ledger.observe(PASSWORD, passwordOf(this.inspector.root, this.#passwords))
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#violation !== null) return
    this.#violation = error instanceof Violation ? error : new Violation(`${String(error)}`, { cause: error })
  }

  /** Throws what was found to be wrong so far. */
  check(): void {
    if (this.#violation !== null) throw this.#violation
    for (const { client, key } of this.store.unruly) {
      throw new Violation(`A write after the database was closed, by client ${client} to ${key}.`)
    }
    const contradiction = this.ledger.contradiction()
    if (contradiction !== null) throw new Violation(contradiction)
  }

  get failed(): boolean {
    return this.#violation !== null
  }

  /** Stands for everything on which future and judgement depend, given the same decisions. */
  fingerprint(): string {
    return `${this.store.fingerprint()} ${this.ledger.precedence()}`
  }

  /** Starts all clients at once; with `isOpened` they first open the vault, and read it where `preload`, without a fault. */
  async begin({ isOpened, preload }: { readonly isOpened: boolean; readonly preload: boolean }): Promise<void> {
    let openGate = (): void => undefined
    if (isOpened) this.#gate = new Promise((resolve) => (openGate = resolve))
    for (const [number, script] of this.workload.scripts.entries()) this.#start(number, script, preload)
    this.#born = this.workload.scripts.length
    await this.settle()
    if (!isOpened) return
    for (let [event] = this.events(); event !== undefined; [event] = this.events()) {
      this.perform(event, 'done')
      await this.settle()
    }
    this.log('all begin')
    openGate()
    await this.settle()
  }

  /** Births and deaths that are due after this many decisions. */
  passTime(decisions: number): void {
    const { scripts } = this.workload
    for (; this.#born < scripts.length; this.#born++) {
      const script = scripts[this.#born] as Script
      if (script.bornAt > decisions && this.#running.size > 0) break
      this.#start(this.#born, script, false)
    }
    for (const [client, { diesAt }] of scripts.entries()) {
      if (diesAt !== null && diesAt <= decisions && this.#running.has(client)) this.kill(client)
    }
  }

  /** Whether clients are still to be born. */
  get expecting(): boolean {
    return this.#born < this.workload.scripts.length
  }

  #start(number: number, script: Script, preload: boolean): void {
    this.#running.add(number)
    this.log(`client ${number} is born`)
    const life = async (): Promise<void> => {
      const { database, surroundings } = await this.connect(number, script)
      if (preload) await database.find('/').toArray()
      await this.#gate
      const client = new SimulatedClient(number, database, this.ledger, surroundings, script.maxAgeMs)
      for (const batch of script.batches) await client.run(batch)
      await client.close()
      surroundings.meter.checkTotal()
    }
    life()
      .catch((error: unknown) => this.#dead.has(number) || this.#fail(error))
      .finally(() => this.#running.delete(number))
      .catch(() => undefined)
  }

  /** Opens the vault as one more client. */
  async connect(
    client: number,
    { opening, device, maxAgeMs }: Pick<Script, 'opening' | 'device' | 'maxAgeMs'> = ORDINARY,
  ): Promise<{ readonly database: VaultDB; readonly surroundings: Surroundings }> {
    const { seed, retry, shardBytes } = this.workload
    const runtime = createClientRuntime(seed, client, { instant: this.#isExplored, tick: () => this.ledger.tick() })
    this.#runtimes.set(client, runtime)
    const witness = device === null ? {} : { witness: this.#witnessOf(device) }
    const options = { key: SECRET, runtime: runtime.runtime, retry, shardBytes, maxAgeMs, ...witness }
    const database = await openDatabase(opening, {
      store: this.store.connect(client),
      options,
      ledger: this.ledger,
      label: `client ${client} opens`,
      isExcused: (code) => this.#excuses(client, code),
    })
    return { database, surroundings: this.#surroundingsOf(client, runtime) }
  }

  #excuses(client: number, code: VaultErrorCode | undefined): boolean {
    // Where reads may be torn, absences followed by a torn read are judged in the end, and rightly so.
    if (code === 'ERR_CORRUPT' || code === 'ERR_ROLLBACK') return !this.workload.atomicReads
    const { faults } = this.store.tally(client)
    return explains({ faults, aborted: false, closing: false }, code)
  }

  /** A witness that a device keeps as text, as it would in a file. */
  #witnessOf(device: number): Witness {
    return {
      load: async () => {
        const text = this.#witnesses.get(device)
        return text === undefined ? null : (JSON.parse(text) as WitnessRecord)
      },
      save: async (record) => {
        this.#witnesses.set(device, JSON.stringify(record))
      },
    }
  }

  #surroundingsOf(client: number, { runtime, sleepers, momentOf }: ClientRuntime): Surroundings {
    const splits = this.workload.shardBytes < LARGE_SHARD_BYTES
    const meter = new RequestMeter(client, this, { splits, isAsleep: () => sleepers.size > 0 })
    return {
      log: this.log,
      meter,
      nowMs: () => runtime.monotonicMs(),
      momentOf,
      sleep: (ms) => runtime.sleep(ms),
      faults: this.store.tally(client).faults,
      offerAbort: (author) => {
        const controller = new AbortController()
        const abort = (): void => {
          this.store.remember(client, `aborts ${author}`)
          withdraw()
          meter.aborted()
          controller.abort()
        }
        const operation: Abortable = { client, author, abort }
        const withdraw = (): void => {
          this.#abortable.delete(operation)
        }
        this.#abortable.add(operation)
        return { signal: controller.signal, withdraw }
      },
      closed: () => this.store.close(client),
      announcePassword: (password) => this.#passwords.add(password),
    }
  }

  /** Ends a client in the middle of whatever it does. What it has sent may still arrive. */
  kill(client: number): void {
    this.log(`client ${client} dies`)
    this.#dead.add(client)
    this.#running.delete(client)
    this.store.abandon(client)
    this.store.remember(client, 'dies')
    this.#runtimes.delete(client)
    for (const operation of this.#abortable) if (operation.client === client) this.#abortable.delete(operation)
  }

  /** Ends all clients, wherever they are. */
  killAll(): void {
    for (const client of [...this.#running]) this.kill(client)
  }

  /** What can happen next, in an order that depends only on what happened before. */
  events(): Event[] {
    const events: Event[] = []
    for (const call of this.store.calls) {
      const outcomes = OUTCOMES[call.kind].filter((outcome) => this.store.allows(call, outcome))
      events.push({ kind: 'call', call, outcomes })
    }
    for (const { sleepers } of this.#runtimes.values()) {
      for (const sleeper of sleepers) events.push({ kind: 'wake', sleeper })
    }
    for (const answer of this.store.answers) events.push({ kind: 'deliver', answer })
    for (const write of this.store.late) events.push({ kind: 'arrive', write })
    // A client that waits for nothing else waits for ever: neither giving up nor dying must hide that.
    if (events.length === 0) return events
    if (this.#crashes) for (const client of this.#running) events.push({ kind: 'crash', client })
    for (const operation of this.#abortable) events.push({ kind: 'abort', operation })
    return events
  }

  /** Makes it happen. */
  perform(event: Event, outcome: Outcome): void {
    this.log(describe(event, outcome))
    if (event.kind === 'call') this.store.settle(event.call, outcome)
    else if (event.kind === 'deliver') event.answer.deliver()
    else if (event.kind === 'arrive') this.store.arrive(event.write)
    else if (event.kind === 'wake') event.sleeper.wake()
    else if (event.kind === 'abort') event.operation.abort()
    else this.kill(event.client)
  }

  /** Fails if a client still waits though nothing is left to happen. */
  checkEnded(): void {
    if (this.#running.size > 0) throw new Violation(`Clients ${[...this.#running]} wait for ever.`)
  }
}

/** No simulated vault outgrows shards of this size. */
const LARGE_SHARD_BYTES = 65_536

function describe(event: Event, outcome: Outcome): string {
  switch (event.kind) {
    case 'wake':
      return `  client ${event.sleeper.client} wakes`
    case 'crash':
      return '  …'
    case 'abort':
      return `  aborts  ${event.operation.author}`
    case 'deliver':
      return `  answer  ${event.answer.client}#${event.answer.number} ${event.answer.key} arrives`
    case 'arrive':
      return `  late    ${event.write.client}#${event.write.number} write ${event.write.key} over ${event.write.version} arrives`
    case 'call': {
      const { client, number, kind, key, version } = event.call
      return `  ${outcome.padEnd(7)} ${client}#${number} ${kind} ${key} ${kind === 'write' ? `over ${version}` : version === null ? '' : `unless ${version}`}`
    }
  }
}
