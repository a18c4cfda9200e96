// One walk through a vault's life, free of any test runner, platform and store: vitest runs it in Node, Playwright in
// pages and workers, Deno and Bun by themselves.

import {
  type BlobStore,
  type CreateOptions,
  createMemoryStore,
  createRuntime,
  errorCode,
  type OpenOptions,
  type Runtime,
  VaultDB,
} from '../src/index.ts'
import { check } from '../src/maintenance/index.ts'

/** One way of setting a vault up. */
export interface Setting {
  readonly name: string
  readonly credentials: { readonly password: string } | { readonly key: Uint8Array }
  readonly wrongCredentials: { readonly password: string } | { readonly key: Uint8Array }
  readonly options: CreateOptions
}

function withoutSubtle(): Runtime {
  const { subtle: _, aes256Gcm: __, ...runtime } = createRuntime()
  return runtime
}

const key = new Uint8Array(32).fill(7)
const wrongKey = new Uint8Array(32).fill(8)

export const SETTINGS: readonly Setting[] = [
  {
    name: 'a password, Argon2id, WebCrypto',
    credentials: { password: 'correct horse battery staple' },
    wrongCredentials: { password: 'correct horse battery stable' },
    // The least that is accepted: the walk opens the vault many times.
    options: { kdf: { name: 'argon2id', memoryKiB: 19_456, passes: 2, parallelism: 1 } },
  },
  {
    name: 'a raw key, compressed shards',
    credentials: { key },
    wrongCredentials: { key: wrongKey },
    options: { compression: 'deflate' },
  },
  {
    name: 'a raw key, without WebCrypto',
    credentials: { key },
    wrongCredentials: { key: wrongKey },
    options: { runtime: withoutSubtle(), allowInsecureContext: true },
  },
]

const SITES = 120

interface Login {
  readonly site: string
  readonly user: string
  readonly password: string
}

function login(index: number): Login {
  return { site: `https://site-${index}.example`, user: `bob+${index}`, password: `${index}-☃-`.repeat(12) }
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`)
}

async function rejects(work: Promise<unknown>, code: string, what: string): Promise<void> {
  const outcome = await work.then(
    () => 'no error',
    (error: unknown) => errorCode(error) ?? String(error),
  )
  equal(outcome, code, what)
}

/** Throws unless every step does what the documentation says. `store` must be empty. */
export async function runScenario(
  { credentials, wrongCredentials, options }: Setting,
  store: BlobStore = createMemoryStore(),
): Promise<void> {
  const first = await VaultDB.create(store, { ...options, ...credentials, shardBytes: 4096 })
  await rejects(VaultDB.create(store, { ...options, ...credentials }), 'ERR_EXISTS', 'creating a second time')

  await first.put('/profile', { name: 'Bob' })
  await first.write(Array.from({ length: SITES }, (_, index) => ({ put: `/logins/${index}/web`, value: login(index) })))
  for (let index = 0; index < 10; index += 1) await first.put(`/notes/${index}`, 'x'.repeat(1000))
  equal(await first.get('/logins/7/web'), login(7), 'reading a document back')
  equal(await first.get('/logins/7/none'), null, 'reading an absent document')
  equal(await first.list('/'), ['logins/', 'notes/', 'profile'], 'listing the top')

  let shards = 0
  for await (const _ of store.list('shards/')) shards += 1
  equal(shards > 4, true, `splitting into several shards (there are ${shards})`)

  const second = await VaultDB.open(store, { ...openOptions(options), ...credentials })
  await second.update<Login>('/logins/7/web', (document) => document && { ...document, user: 'alice' })
  equal(await first.get('/logins/7/web'), { ...login(7), user: 'alice' }, "seeing another client's update")
  equal((await second.find('/logins/').toArray()).length, SITES, 'finding all documents below a directory')
  equal(await second.remove('/profile'), true, 'removing a document')
  equal(await second.remove('/profile'), false, 'removing it again')
  equal(await second.prune('/notes/'), 10, 'pruning a directory')
  equal(await first.list('/'), ['logins/'], 'listing what is left')

  await first.close() // waits until its splits are in the map
  const report = await check(second)
  equal(report.problems, [], 'checking the vault')
  equal(report.documents, SITES, 'counting the documents')
  await second.close()

  const wrong = VaultDB.open(store, { ...openOptions(options), ...wrongCredentials })
  await rejects(wrong, 'ERR_CREDENTIALS', 'opening with wrong credentials')
  const third = await VaultDB.open(store, { ...openOptions(options), ...credentials })
  equal((await third.entries('/').toArray()).length, SITES, 'reading everything after opening again')
  await third.close()
}

/** What `open` takes of the options of `create`. */
function openOptions({ compression: _, kdf: __, ...options }: CreateOptions): OpenOptions {
  return options
}
