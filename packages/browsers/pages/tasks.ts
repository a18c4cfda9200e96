import { errorCode, VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { openStore, type StoreName } from './stores.ts'
import { runSuite } from './suites.ts'

/** Where a vault is: in which store of the browser, under which name. */
export interface Place {
  readonly store: StoreName
  readonly name: string
}

/** A document that counts. */
interface Counter {
  readonly count: number
}

const CREDENTIALS = { key: new Uint8Array(32).fill(7) }
/** Small, so that few documents make many shards, and writes are often splits. */
const SHARD_BYTES = 4096
/** Several clients write one document again and again: each must be patient, and soon back, for them to meet often. */
const RETRY = { conflictAttempts: 1000, maxDelayMs: 1 }

/** Tells this page or worker from another, and a service worker from itself before it was stopped. */
const INSTANCE = crypto.randomUUID()

const opened = new Map<string, Promise<VaultDB>>()

/** The one client that this page or worker has of a vault. */
function vault({ store, name }: Place): Promise<VaultDB> {
  const id = `${store}/${name}`
  const db = opened.get(id) ?? VaultDB.open(openStore[store](name), { ...CREDENTIALS, retry: RETRY })
  opened.set(id, db)
  return db
}

/** Announces each document's last acknowledged count, to tabs that outlive the writer. */
function announce(name: string, path: string, count: number): void {
  announcements.postMessage({ name, path, count })
}

const announcements = new BroadcastChannel('announcements')
const heard = new Map<string, number>()
announcements.onmessage = ({ data: { name, path, count } }: MessageEvent) => heard.set(`${name}${path}`, count)

async function writeForever(db: VaultDB, { name }: Place, path: string): Promise<never> {
  for (let count = 1; ; count += 1) {
    await db.put(path, { count, text: path.repeat(1 + (count % 50)) })
    announce(name, path, count)
  }
}

async function createVault({ store, name }: Place): Promise<void> {
  const db = await VaultDB.create(openStore[store](name), { ...CREDENTIALS, shardBytes: SHARD_BYTES })
  await db.close()
}

/** How opening a vault ends: `'opened'`, or with an error of which code. */
async function opening({ store, name }: Place): Promise<string> {
  try {
    const db = await VaultDB.open(openStore[store](name), CREDENTIALS)
    await db.close()
    return 'opened'
  } catch (error) {
    return errorCode(error) ?? String(error)
  }
}

/** Increments a counter so many times, one after the other. */
async function increment(place: Place, path: string, times: number): Promise<void> {
  const db = await vault(place)
  for (let done = 0; done < times; done += 1) {
    await db.update<Counter>(path, (counter) => ({ count: (counter?.count ?? 0) + 1 }))
    // Without a pause whoever has just written would be the first again, and write alone for long.
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

/** What the documents count by now; `null` where there is none. */
async function counts(place: Place, paths: readonly string[]): Promise<(number | null)[]> {
  const db = await vault(place)
  return Promise.all(paths.map(async (path) => (await db.get<Counter>(path))?.count ?? null))
}

/** Begins to write documents, all at once and each again and again, until the page dies. */
async function startWriting(place: Place, paths: readonly string[]): Promise<void> {
  const db = await vault(place)
  for (const path of paths) writeForever(db, place, path).catch((error: unknown) => reportError(error))
}

/** What the documents counted when their writers, in whichever page or worker, were last told that they were written. */
async function announced({ name }: Place, paths: readonly string[]): Promise<number[]> {
  return paths.map((path) => heard.get(`${name}${path}`) ?? 0)
}

/** What is wrong with a vault, beyond the leavings that writers who died leave. */
async function problems(place: Place): Promise<readonly unknown[]> {
  const { problems } = await check(await vault(place))
  return problems.filter(({ serious }) => serious)
}

async function instance(): Promise<string> {
  return INSTANCE
}

/** What every page and worker can be asked to do. */
export const tasks: Tasks = {
  announced,
  counts,
  createVault,
  increment,
  instance,
  opening,
  problems,
  runSuite,
  startWriting,
}

export interface Tasks {
  readonly announced: typeof announced
  readonly counts: typeof counts
  readonly createVault: typeof createVault
  readonly increment: typeof increment
  readonly instance: typeof instance
  readonly opening: typeof opening
  readonly problems: typeof problems
  readonly runSuite: typeof runSuite
  readonly startWriting: typeof startWriting
}

export type TaskName = keyof Tasks
