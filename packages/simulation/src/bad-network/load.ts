import { type BlobStore, createRuntime, type DocumentStore, errorCode, VaultDB, withResilience } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { Chronicle } from '../processes/chronicle.ts'
import { signatures } from '../processes/document.ts'
import { type Operation, perform } from '../processes/operation.ts'
import { recordedFailure } from '../processes/recorder.ts'
import { drawPassage, UNIVERSE } from '../processes/script.ts'
import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import { Bill, DEFAULT_REQUEST_ATTEMPTS } from './bill.ts'
import { Calls, withCalls } from './counted-store.ts'
import { judgeFailure, judgeOpening, Wrong } from './judge.ts'
import type { RemotePlace } from './place.ts'
import { NO_FAULTS, planFaults } from './plan.ts'
import { BadNetwork } from './proxy.ts'
import { createQuickRuntime, type QuickRuntime } from './quick-runtime.ts'
import { callsOfQuietRun, type Step } from './quiet-run.ts'

/** What clients do to a vault behind a bad network. */
export interface Load {
  readonly place: RemotePlace
  readonly seed: number
  /** Operations of all clients together. */
  readonly operations: number
  /** Clients at once. */
  readonly clients: number
  /** Of a hundred requests, how many meet a fault. */
  readonly faultPercent: number
  /** Names of the faults. Default: all. */
  readonly faults?: readonly string[]
}

/** What came of it. */
export interface LoadReport {
  readonly acknowledged: number
  /** Failed operations by their codes. */
  readonly failures: ReadonlyMap<string, number>
  /** Faults that requests met, by name. */
  readonly faults: ReadonlyMap<string, number>
  readonly requests: number
  /** Requests per connection, of those that carried several. */
  readonly reusedConnections: number
  readonly shards: number
}

/** Small, so that shards split. */
const VAULT_OPTIONS = { key: new Uint8Array(32).fill(0x5a), shardBytes: 2048 } as const
/** How much faster than the wall's the clients' clocks are: the default time limit of 30 seconds passes in 0.6. */
const QUICKNESS = 50
/** Patient clients as by default, and impatient ones, more of whose operations end without an answer. */
const REQUEST_ATTEMPTS: readonly number[] = [DEFAULT_REQUEST_ATTEMPTS, DEFAULT_REQUEST_ATTEMPTS, 2]
/** Operations between two moments at which everything must be accounted for: histories stay short. */
const OPERATIONS_A_ROUND = 60
/** Far longer than any client waits for an answer. */
const SETTLING_MS = 20_000
/** Many times as long as a time limit: nobody who tries for so long has bad luck alone. */
const MOST_OPENINGS = 100
const OPENING_PAUSE_MS = 2_000

/** One client: a database, its store and its clock. */
interface Client {
  readonly number: number
  readonly db: VaultDB
  readonly store: BlobStore
  readonly runtime: QuickRuntime
}

function count(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

class Run {
  readonly #load: Load
  readonly #network: BadNetwork
  readonly #random: SeededRandom
  readonly #chronicle = new Chronicle(UNIVERSE)
  readonly #calls = new Calls()
  readonly #runtimes: QuickRuntime[] = []
  readonly #steps: Step[] = []
  #failedOpenings = 0
  #operations = 0
  #shards = 1

  constructor(load: Load, network: BadNetwork) {
    this.#load = load
    this.#network = network
    this.#random = createSeededRandom(load.seed)
  }

  async perform(): Promise<LoadReport> {
    const { clients: many, operations } = this.#load
    let clients = await Promise.all(Array.from({ length: many }, () => this.#open()))
    for (let until = OPERATIONS_A_ROUND; this.#operations < operations; until += OPERATIONS_A_ROUND) {
      await Promise.all(clients.map((client) => this.#work(client, Math.min(until, operations))))
      await this.#account()
      const [leaving, ...others] = clients
      await Promise.all([leaving && this.#close(leaving)])
      clients = [...others, await this.#open()]
    }
    await Promise.all(clients.map((client) => this.#close(client)))
    await this.#assertOver()
    await this.#assertSound()
    const quiet = await callsOfQuietRun(this.#steps, VAULT_OPTIONS)
    const disturbances = { clients: this.#runtimes.length, failedOpenings: this.#failedOpenings }
    new Bill(this.#load.place, this.#network.exchanges, this.#calls).settle(quiet, disturbances)
    return this.#report()
  }

  /** A new client, which opens the vault or creates it; so do the others at the same time. */
  async #open(): Promise<Client> {
    const { place } = this.#load
    const runtime = createQuickRuntime(QUICKNESS)
    const number = this.#runtimes.push(runtime)
    const requestAttempts = REQUEST_ATTEMPTS[number % REQUEST_ATTEMPTS.length] ?? DEFAULT_REQUEST_ATTEMPTS
    const counted = withCalls(place.open(this.#network.url, runtime), this.#calls)
    const store = withResilience(counted, { runtime })
    for (let attempt = 1; ; attempt++) {
      try {
        const db = await VaultDB.openOrCreate(store, { ...VAULT_OPTIONS, runtime, retry: { requestAttempts } })
        return { number, db, store, runtime }
      } catch (error) {
        judgeOpening(error, place.secrets)
        this.#failedOpenings++
        if (attempt === MOST_OPENINGS) throw new Wrong('A vault cannot be opened at all.', { cause: error })
        await runtime.sleep(OPENING_PAUSE_MS)
      }
    }
  }

  /** Goes on until all clients together have begun `until` operations. */
  async #work(client: Client, until: number): Promise<void> {
    for (let tasks = 0; this.#operations < until; ) {
      const { inTask, operations } = drawPassage(this.#random)
      this.#steps.push({ client: client.number, inTask, operations })
      if (!inTask) {
        await Promise.all(operations.map((operation) => this.#perform(client, client.db, operation, null)))
        continue
      }
      const task = this.#operations * 100 + ++tasks
      this.#chronicle.take({ event: 'task', process: client.number, task })
      await client.db.task(async (store) => {
        for (const operation of operations) await this.#perform(client, store, operation, task)
      })
    }
  }

  async #perform({ number: process, db }: Client, store: DocumentStore, operation: Operation, task: number | null) {
    const number = ++this.#operations
    this.#chronicle.take({ event: 'begin', process, number, operation, task })
    try {
      const answer = await perform(db, store, operation, `${process}.${number}`)
      this.#chronicle.take({ event: 'end', process, number, answer })
    } catch (error) {
      if (error instanceof Wrong) throw error
      judgeFailure(operation, error, this.#load.place.secrets)
      this.#chronicle.take({ event: 'fail', process, number, failure: recordedFailure(error) })
    }
  }

  /** Once nothing is under way: what is stored, read without the proxy, must be explained by what was done. */
  async #account(): Promise<void> {
    await this.#settle()
    const { needless } = this.#calls
    if (needless > 0) throw new Wrong(`${needless} writes were sent again though their answers were known.`)
    const { place } = this.#load
    const store = place.open(place.server, createQuickRuntime(1))
    const db = await VaultDB.open(store, { key: VAULT_OPTIONS.key })
    const entries = await db.entries('/').toArray()
    await db.close()
    let shards = 0
    for await (const { key } of store.list('shards/')) shards += Number(key !== '')
    await store.close?.()
    this.#shards = shards
    this.#chronicle.observe(new Map(entries.map(([path, document]) => [path, signatures(document) ?? ''])))
    const contradiction = this.#chronicle.contradiction()
    if (contradiction !== null) throw new Wrong(contradiction)
    this.#chronicle.startAnew()
  }

  async #close({ db, store }: Client): Promise<void> {
    await db.close()
    await store.close?.()
  }

  /** Nothing that clients have closed is going on. */
  async #assertOver(): Promise<void> {
    const sleeping = this.#runtimes.reduce((sum, runtime) => sum + runtime.sleeping, 0)
    if (sleeping > 0) throw new Wrong(`${sleeping} pauses or time limits are left after all clients were closed.`)
    if (this.#calls.underWay > 0)
      throw new Wrong(`${this.#calls.underWay} calls are left after all clients were closed.`)
    await this.#settle()
  }

  /** Waits for what clients do behind their operations, and for the server. */
  async #settle(): Promise<void> {
    const patience = new AbortController()
    const limit = createRuntime().sleep(SETTLING_MS, patience.signal)
    const isQuiet = await Promise.race([this.#network.quiet().then(() => true), limit.then(() => false)])
    patience.abort()
    await limit.catch(() => undefined)
    if (!isQuiet) throw new Wrong(`Nobody waits any more for what is still under way: ${this.#network.described()}`)
  }

  /** A client on a good line finds nothing that is damaged, and nothing that it cannot mend. */
  async #assertSound(): Promise<void> {
    const { length } = this.#network.exchanges
    const { place } = this.#load
    const store = place.open(place.server, createQuickRuntime(1))
    const db = await VaultDB.open(store, { key: VAULT_OPTIONS.key })
    const { problems } = await check(db, { repair: true })
    const serious = problems.filter((problem) => problem.serious)
    if (serious.length > 0) throw new Wrong(`The vault is damaged: ${JSON.stringify(serious)}`)
    const left = (await check(db)).problems
    if (left.length > 0) throw new Wrong(`No repair helps against: ${JSON.stringify(left)}`)
    await db.prune('/')
    await db.put('/passport', 'there')
    const rest = await db.find('/').toArray()
    if (rest.length !== 1) throw new Wrong(`Documents are left after everything was removed: ${rest.join(' ')}`)
    await db.close()
    await store.close?.()
    const late = this.#network.exchanges.length - length
    if (late > 0) throw new Wrong(`${late} requests were sent by clients that had been closed.`)
  }

  #report(): LoadReport {
    const { exchanges } = this.#network
    const connections = count(exchanges.map(({ connection }) => String(connection)))
    return {
      acknowledged: this.#chronicle.acknowledged,
      failures: count(this.#chronicle.failures.map(({ code }) => code)),
      faults: count(exchanges.flatMap(({ fault }) => fault ?? [])),
      requests: exchanges.length,
      reusedConnections: [...connections.values()].filter((requests) => requests > 1).length,
      shards: this.#shards,
    }
  }
}

/** Lets clients loose on a vault behind a bad network; throws {@link Wrong} as soon as something is not as it must be. */
export async function runLoad(load: Load): Promise<LoadReport> {
  const network = await BadNetwork.start(load.place.server, planFaults(load.seed, load.faultPercent, load.faults))
  try {
    return await new Run(load, network).perform()
  } catch (error) {
    throw error instanceof Wrong ? error : new Wrong(`It did not get that far (${errorCode(error)}).`, { cause: error })
  } finally {
    network.plan = NO_FAULTS
    await network.close()
  }
}
