import { errorCode, VaultDB, type VaultErrorCode } from '@vaultdb/core'
import { ancestorsOf } from './ancestors.ts'
import { type Batch, EXPECTED_FAILURES, SimulatedClient } from './client.ts'
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
import { Inspector, Violation } from './inspector.ts'
import { Ledger } from './ledger.ts'

/** What one client does. */
export interface Script {
  /** Number of decisions before it is born. */
  readonly bornAt: number
  /** Number of decisions before it dies in the middle of whatever it does; `null` to let it finish. */
  readonly diesAt: number | null
  readonly batches: readonly Batch[]
}

/** Everything that a simulation is made of, save its decisions. JSON. */
export interface Workload {
  readonly seed: number
  readonly universe: readonly string[]
  readonly shardBytes: number
  readonly atomicReads: boolean
  /** How often a request is sent, and an operation planned, at most. */
  readonly retry: { readonly requestAttempts: number; readonly conflictAttempts: number }
  readonly scripts: readonly Script[]
}

/** Where a simulation begins, if not before there is a vault. */
export interface Beginning {
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Whether each client has read the whole vault before its script begins. */
  readonly preload: boolean
}

/** Something that can happen next. */
export type Event =
  | { readonly kind: 'call'; readonly call: StoreCall; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'deliver'; readonly answer: SlowAnswer }
  | { readonly kind: 'arrive'; readonly write: LateWrite }
  | { readonly kind: 'wake'; readonly sleeper: Sleeper }

/** Opens every simulated vault. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(0x5a)
/** Number of the client that looks at the vault when all others have ended. */
const AUDITOR = 1_000

/** More often than this an opening does not meet faults. */
const MOST_OPENINGS = 20

/** Simulated clients over one controlled store. */
export class World {
  readonly store: ControlledStore
  readonly inspector: Inspector = new Inspector(SECRET)
  readonly ledger: Ledger
  readonly #workload: Workload
  readonly #log: (text: string) => void
  /** Lets every client go on until it waits for the store or for time to pass. */
  readonly settle: () => Promise<void> = createMicrotaskDrain()
  readonly #runtimes = new Map<number, ClientRuntime>()
  readonly #running = new Set<number>()
  readonly #dead = new Set<number>()
  readonly #beginning: Beginning | null
  readonly #gate: Promise<void>
  #openGate: () => void = () => undefined
  #born = 0
  #violation: Violation | null = null

  constructor(workload: Workload, log: (text: string) => void, beginning: Beginning | null = null) {
    this.#workload = workload
    this.#log = log
    this.#beginning = beginning
    this.#gate = beginning === null ? Promise.resolve() : new Promise((resolve) => (this.#openGate = resolve))
    this.ledger = new Ledger(workload.universe)
    this.store = new ControlledStore((key, data) => this.#inspect(key, data), workload.atomicReads)
  }

  #inspect(key: string, data: Uint8Array): void {
    try {
      this.inspector.wrote(key, data)
      this.ledger.observe(this.inspector.documents)
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
    const contradiction = this.ledger.contradiction()
    if (contradiction !== null) throw new Violation(contradiction)
  }

  get failed(): boolean {
    return this.#violation !== null
  }

  /** Opens all clients without a fault, and then lets their scripts begin at once. For worlds that have a beginning. */
  async begin(): Promise<void> {
    const { files } = this.#beginning as Beginning
    this.store.load(files)
    this.inspector.load(files)
    this.ledger.startFrom(this.inspector.documents)
    for (const [number, script] of this.#workload.scripts.entries()) this.#start(number, script)
    this.#born = this.#workload.scripts.length
    for (;;) {
      await this.settle()
      const [event] = this.events()
      if (event === undefined) break
      this.perform(event, 'done')
    }
    this.#log('all begin')
    this.#openGate()
    await this.settle()
  }

  /** Births and deaths that are due after this many decisions. */
  passTime(decisions: number): void {
    const { scripts } = this.#workload
    for (; this.#born < scripts.length; this.#born++) {
      const script = scripts[this.#born] as Script
      if (script.bornAt > decisions && this.#running.size > 0) break
      this.#start(this.#born, script)
    }
    for (const [client, { diesAt }] of scripts.entries()) {
      if (diesAt !== null && diesAt <= decisions && this.#running.has(client)) this.#kill(client)
    }
  }

  /** Whether clients are still to be born. */
  get expecting(): boolean {
    return this.#born < this.#workload.scripts.length
  }

  #start(number: number, script: Script): void {
    this.#running.add(number)
    this.#log(`client ${number} is born`)
    const life = async (): Promise<void> => {
      const db = await this.#open(number)
      if (this.#beginning?.preload === true) await db.find('/').toArray()
      await this.#gate
      const client = new SimulatedClient(number, db, this.ledger, this.#log)
      for (const batch of script.batches) await client.run(batch)
      await db.close()
    }
    life()
      .catch((error: unknown) => this.#dead.has(number) || this.#fail(error))
      .finally(() => this.#running.delete(number))
      .catch(() => undefined)
  }

  async #open(client: number): Promise<VaultDB> {
    const runtime = createClientRuntime(this.#workload.seed, client, this.#beginning !== null)
    this.#runtimes.set(client, runtime)
    const { retry, shardBytes } = this.#workload
    const options = { key: SECRET, runtime: runtime.runtime, retry, shardBytes }
    for (let attempt = 1; ; attempt++) {
      try {
        return await VaultDB.openOrCreate(this.store.connect(client), options)
      } catch (error) {
        // A creation or an opening that met too many faults is simply tried again.
        if (!this.#excuses(errorCode(error)) || attempt === MOST_OPENINGS) throw error
      }
    }
  }

  #excuses(code: VaultErrorCode | undefined): boolean {
    // Where reads may be torn, absences followed by a torn read are judged in the end, and rightly so.
    if (code === 'ERR_CORRUPT' || code === 'ERR_ROLLBACK') return !this.#workload.atomicReads
    return code !== undefined && EXPECTED_FAILURES.has(code)
  }

  #kill(client: number): void {
    this.#log(`client ${client} dies`)
    this.#dead.add(client)
    this.#running.delete(client)
    this.store.abandon(client)
    this.#runtimes.delete(client)
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
    return events
  }

  /** Makes it happen. */
  perform(event: Event, outcome: Outcome): void {
    this.#log(describe(event, outcome))
    if (event.kind === 'call') this.store.settle(event.call, outcome)
    else if (event.kind === 'deliver') event.answer.deliver()
    else if (event.kind === 'arrive') this.store.arrive(event.write)
    else event.sleeper.wake()
  }

  /** Fails if a client still waits though nothing is left to happen. */
  checkEnded(): void {
    if (this.#running.size > 0) throw new Violation(`Clients ${[...this.#running]} wait for ever.`)
  }

  /** A fresh client reads everything in every way, changes every document, and removes all. */
  async audit(): Promise<void> {
    const finish = (async () => {
      const db = await this.#open(AUDITOR)
      const client = new SimulatedClient(AUDITOR, db, this.ledger, this.#log)
      const { universe } = this.#workload
      const directories = new Set(['/', ...universe.flatMap(ancestorsOf)])
      await client.run([
        { kind: 'entries', directory: '/' },
        { kind: 'find', directory: '/' },
      ])
      await client.run([...directories].map((directory) => ({ kind: 'list', directory })))
      for (const path of universe) await client.run([{ kind: 'get', path }])
      for (const path of universe) await client.run([{ kind: 'update', path }])
      await client.run([{ kind: 'entries', directory: '/' }])
      await client.run([{ kind: 'prune', directory: '/' }])
      await db.close()
    })()
    let over = false
    let failure: unknown
    finish
      .catch((error: unknown) => {
        failure = error
      })
      .finally(() => {
        over = true
      })
      .catch(() => undefined)
    for (let steps = 0; !over; steps++) {
      await this.settle()
      const [event] = this.events().filter(({ kind }) => kind !== 'arrive')
      if (over) break
      if (event === undefined || steps > 5_000) throw new Violation('The last client waits for ever.')
      this.perform(event, 'done')
    }
    if (failure !== undefined) throw failure
    this.check()
    if (this.inspector.documents.size > 0) throw new Violation('Documents are left after everything was removed.')
    if (this.inspector.markers.size > 0)
      throw new Violation(`Markers are left: ${[...this.inspector.markers].join(' ')}`)
  }
}

function describe(event: Event, outcome: Outcome): string {
  if (event.kind === 'wake') return `  client ${event.sleeper.client} wakes`
  if (event.kind === 'deliver')
    return `  answer  ${event.answer.client}#${event.answer.number} ${event.answer.key} arrives`
  if (event.kind === 'arrive')
    return `  late    ${event.write.client}#${event.write.number} write ${event.write.key} over ${event.write.version} arrives`
  const { client, number, kind, key, version } = event.call
  return `  ${outcome.padEnd(7)} ${client}#${number} ${kind} ${key} ${kind === 'write' ? `over ${version}` : version === null ? '' : `unless ${version}`}`
}
