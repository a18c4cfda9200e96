import { type BlobStore, createMemoryStore, errorCode, VaultDB, VaultError } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { fromHex, utf8 } from '../../../../core/src/bytes.ts'
import { seal } from '../../../../core/src/crypto/seal.ts'
import { rootHeader, shardHeader } from '../../../../core/src/format/header.ts'
import type { ShardKey } from '../../../../core/src/format/model.ts'
import { createTestRuntime } from '../../../../core/test/support/runtime.ts'
import { mutateTree, textOf, treeOf } from '../../../src/fuzz/json-tree.ts'
import { type FuzzTarget, promise } from '../../../src/fuzz/target.ts'
import type { SeededRandom } from '../../../src/seeded-random.ts'
import { type Materials, type OpenedVault, PLAIN_KEY } from '../materials.ts'
import { refusal, storedBody, textFrom } from './files.ts'

/** What each file of a vault holds; the ranges, neighbours and items of its shards may contradict each other. */
interface Contents {
  root: { map: [lo: string, shard: string][]; shardBytes: number; [name: string]: unknown }
  shards: Record<string, Shard>
}

interface Shard {
  seq: number
  lo: string
  hi: string | null
  next: string | null
  items: unknown[]
  [name: string]: unknown
}

/** Requests that looking at a small vault may take, however its parts contradict each other. */
const MOST_REQUESTS = 3_000

const STRANGER = 'AAECAwQFBgcICQoLDA0ODw'

function change(random: SeededRandom, { root, shards }: Contents): void {
  const ids = Object.keys(shards)
  const one = shards[random.pick(ids)] as Shard
  const other = shards[random.pick(ids)] as Shard
  const keys = ['0'.repeat(32), 'f'.repeat(32), ...Object.values(shards).flatMap(({ lo, hi }) => [lo, hi ?? lo])]
  switch (random.below(9)) {
    case 0:
      one.next = random.pick([...ids, STRANGER])
      one.hi ??= random.pick(keys)
      break
    case 1:
      one.hi = random.pick(keys)
      one.next ??= random.pick(ids)
      break
    case 2:
      one.hi = null
      one.next = null
      break
    case 3:
      one.lo = random.pick(keys)
      break
    case 4:
      delete shards[random.pick(ids)]
      break
    case 5:
      root.map = root.map.filter(() => random.below(3) > 0)
      break
    case 6:
      root.map.push([random.pick(keys), random.pick([...ids, STRANGER])])
      root.map.sort(([a], [b]) => (a < b ? -1 : 1))
      break
    case 7:
      one.items = other.items
      break
    default:
      root.shardBytes = 1024
  }
}

async function storeOf({ context, manyShards }: Materials, { root, shards }: Contents): Promise<BlobStore> {
  const { header, rootKey, config } = manyShards
  const store = createMemoryStore()
  const body = (value: unknown): Uint8Array => storedBody(utf8(JSON.stringify(value)))
  await store.write('vault', await seal(context, rootKey, 'root', rootHeader(header), body(root)), null)
  const { id: keyId, key } = config.keys.at(-1) as ShardKey
  for (const [id, shard] of Object.entries(shards)) {
    const file = await seal(context, key, 'shard', shardHeader(header.vault, id, keyId), body(shard))
    await store.write(`shards/${id}`, file, null)
  }
  return store
}

/** Counts requests, and refuses them once there were too many: a loop over the store must come to an end to be seen. */
function counting(store: BlobStore): { readonly store: BlobStore; requests(): number } {
  let requests = 0
  const count = (): void => {
    if (++requests > MOST_REQUESTS) throw new VaultError('ERR_UNAUTHORIZED', 'Too many requests.')
  }
  const counted: BlobStore = {
    name: store.name,
    capabilities: store.capabilities,
    delete: (key, expected, options) => store.delete(key, expected, options),
    read: async (key, options) => {
      count()
      return store.read(key, options)
    },
    write: async (key, data, expected, options) => {
      count()
      return store.write(key, data, expected, options)
    },
    list: (prefix, options) => {
      count()
      return store.list(prefix, options)
    },
  }
  return { store: counted, requests: () => requests }
}

const CODES = ['ERR_CORRUPT', 'ERR_UNSUPPORTED']

/** Everything that a user does with a vault; each answer is right or a typed error. */
async function use(db: VaultDB, paths: readonly string[]): Promise<number> {
  let refused = 0
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      refusal(error, CODES)
      refused++
      return false
    }
  }
  await attempt(() => db.find('/').toArray())
  await attempt(() => db.entries('/').toArray())
  await attempt(() => db.list('/'))
  for (const path of paths) await attempt(() => db.get(path))
  for (const path of ['/top', '/some/where/new', ...paths.slice(0, 2)]) {
    if (!(await attempt(() => db.put(path, { filler: 'x'.repeat(900) })))) continue
    await attempt(async () => promise((await db.get(path)) !== null, `${path} was stored and is not there`))
  }
  await attempt(() => db.remove(paths.at(-1) ?? '/top'))
  await attempt(() => check(db))
  await attempt(() => db.prune('/'))
  await attempt(() => check(db, { repair: true }))
  return refused
}

function pathsIn({ shardJson }: OpenedVault): string[] {
  const shards = Object.values(shardJson).map(
    (json) => JSON.parse(json) as { items: [string, [string, ...unknown[]][]][] },
  )
  const paths = shards.flatMap(({ items }) =>
    items.flatMap(([directory, list]) => list.map(([name]) => directory + name)),
  )
  return paths.filter((path) => !path.endsWith('/')).filter((_path, index) => index % 7 === 0)
}

function isContents(value: unknown): value is Contents {
  const { root, shards } = (value ?? {}) as Partial<Record<string, unknown>>
  if (typeof root !== 'object' || root === null || typeof shards !== 'object' || shards === null) return false
  // No store has a file of any other name.
  return Object.keys(shards).every((id) => /^[\w-]{1,22}$/.test(id))
}

function sealedVaults(materials: Materials): FuzzTarget {
  const { manyShards } = materials
  const shardTexts = Object.entries(manyShards.shardJson).map(([id, json]) => `${JSON.stringify(id)}:${json}`)
  const whole = `{"root":${manyShards.rootJson},"shards":{${shardTexts.join(',')}}}`
  const paths = pathsIn(manyShards)
  return {
    name: 'vault',
    weight: 1,
    generate: (random) => {
      if (random.below(4) === 0) return utf8(textOf(mutateTree(random, treeOf(JSON.parse(whole)))))
      const contents = JSON.parse(whole) as Contents
      do if (Object.keys(contents.shards).length > 1) change(random, contents)
      while (random.below(2) === 0)
      return utf8(JSON.stringify(contents))
    },
    judge: async (input) => {
      let contents: unknown
      try {
        contents = JSON.parse(textFrom(input) ?? '')
      } catch {
        return 'no vault'
      }
      if (!isContents(contents)) return 'no vault'
      const { store, requests } = counting(await storeOf(materials, contents))
      let db: VaultDB
      try {
        db = await VaultDB.open(store, { key: fromHex(PLAIN_KEY), runtime: createTestRuntime(1) })
      } catch (error) {
        return refusal(error, [...CODES, 'ERR_MISSING'])
      }
      const refused = await use(db, paths)
      await db.close().catch((error: unknown) => promise(errorCode(error) !== undefined, `close: ${String(error)}`))
      promise(requests() <= MOST_REQUESTS, `more than ${MOST_REQUESTS} requests`)
      return refused === 0 ? 'accepted' : 'in part'
    },
  }
}

/** The whole engine over files that are each well formed and contradict each other. */
export function vaultTargets(materials: Materials): FuzzTarget[] {
  return [sealedVaults(materials)]
}
