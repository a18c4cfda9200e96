import { deflateRawSync } from 'node:zlib'
import { twoWriters } from './contention.ts'
import type { NetworkCost } from './cost.ts'
import { measureNetwork } from './cost.ts'
import { makeCredentials } from './credentials.ts'
import type { Client, Specimen } from './laboratory.ts'
import { createLaboratory } from './laboratory.ts'
import type { Materials } from './materials.ts'
import type { NetworkRow, RowResult } from './network-row.ts'
import { requestsAndRounds, within } from './network-row.ts'

const touch = (document: unknown): unknown => ({ ...(document as object), modified: '2026-01-02T03:04:05.678Z' })

const fileBytes = (specimen: Specimen, ...keys: readonly string[]): number =>
  keys.reduce((sum, key) => sum + (specimen.files.get(key)?.length ?? 0), 0)

async function openAndGet(specimen: Specimen, path: string, maxAgeMs?: number): Promise<NetworkCost> {
  const lab = await createLaboratory(specimen)
  const store = lab.connect()
  return measureNetwork(lab.clock, store, async () => {
    const db = await lab.open(store, maxAgeMs === undefined ? {} : { maxAgeMs })
    if ((await db.get(path)) === null) throw new Error(`${path} is missing.`)
  })
}

/** Measures `work` on an opened vault, after `warmUp` where one is given. */
async function onOpened(
  specimen: Specimen,
  work: (client: Client) => Promise<unknown>,
  warmUp: (client: Client) => Promise<unknown> = async () => undefined,
): Promise<NetworkCost> {
  const client = await (await createLaboratory(specimen)).client()
  await warmUp(client)
  return client.measure(() => work(client))
}

const firstPath = (specimen: Specimen): string => {
  const path = specimen.entries[0]?.[0]
  if (path === undefined) throw new Error('The vault is empty.')
  return path
}

const openRows: readonly NetworkRow[] = [
  {
    operation: 'open + get, small vault (one shard), with `maxAgeMs`',
    floor: '2 / 1',
    predecessor: '2 / 2',
    singleFile: '1 / 1',
    measure: async ({ small }) => {
      const cost = await openAndGet(small, firstPath(small), 60_000)
      return requestsAndRounds(cost, ...within(cost, 2, 1))
    },
  },
  {
    operation: 'open + get, small vault',
    floor: '3 / 2, the body once',
    predecessor: '2 / 2',
    singleFile: '1 / 1',
    measure: async ({ small }) => {
      const cost = await openAndGet(small, firstPath(small))
      const once = fileBytes(small, 'vault', 'shards/0')
      return requestsAndRounds(cost, ...within(cost, 3, 2), {
        what: 'bytes down',
        measured: cost.bytesDown,
        limit: once,
      })
    },
  },
  {
    operation: 'open + get, larger vault',
    floor: '3 / 2',
    predecessor: '2 / 2',
    singleFile: '1 / 1',
    measure: async ({ large, site }) => {
      const cost = await openAndGet(large, site.paths[0])
      return requestsAndRounds(cost, ...within(cost, 3, 2))
    },
  },
]

const readRows: readonly NetworkRow[] = [
  {
    operation: 'get again',
    floor: '1 / 1, no body',
    predecessor: '1 / 1',
    singleFile: '0–1',
    measure: async ({ large, site }) => {
      const get = ({ db }: Client): Promise<unknown> => db.get(site.paths[0])
      const cost = await onOpened(large, get, get)
      return requestsAndRounds(cost, ...within(cost, 1, 1), { what: 'bytes down', measured: cost.bytesDown, limit: 0 })
    },
  },
  {
    operation: 'get again, within a task',
    floor: '0',
    predecessor: '1 / 1',
    singleFile: '0–1',
    measure: async ({ large, site }) => {
      const { db, measure } = await (await createLaboratory(large)).client()
      const cost = await db.task(async (task) => {
        await task.get(site.paths[0])
        return measure(async () => {
          await task.get(site.paths[0])
          await task.list(site.directory)
        })
      })
      return requestsAndRounds(cost, ...within(cost, 0, 0))
    },
  },
  {
    operation: 'find everything',
    floor: 'n / 1',
    predecessor: '8 / 4',
    singleFile: '1 / 1',
    measure: async ({ large }) => {
      const cost = await onOpened(large, async ({ db }) => {
        expectCount((await db.find('/').toArray()).length, large.entries.length)
      })
      return requestsAndRounds(cost, ...within(cost, large.shards, 1))
    },
  },
  {
    operation: 'export everything',
    floor: 'n / 1',
    predecessor: '8 / 4',
    singleFile: '1 / 1',
    measure: async ({ large }) => {
      const cost = await onOpened(large, async ({ db }) => {
        expectCount((await db.entries('/').toArray()).length, large.entries.length)
      })
      return requestsAndRounds(cost, ...within(cost, large.shards, 1))
    },
  },
]

function expectCount(measured: number, expected: number): void {
  if (measured !== expected) throw new Error(`Expected ${expected} documents and got ${measured}.`)
}

/** The row of a change to one document, with its shard in the cache and without. */
function changeRows(
  operation: string,
  predecessor: string,
  change: (client: Client, site: Materials['site']) => Promise<unknown>,
): NetworkRow[] {
  const row = (cached: boolean, bound: number): NetworkRow => ({
    operation: `${operation}, ${cached ? '' : 'not '}cached`,
    floor: `${bound} / ${bound}`,
    predecessor,
    singleFile: '2 / 2',
    measure: async ({ large, site }) => {
      const warmUp = cached ? ({ db }: Client): Promise<unknown> => db.get(site.paths[1]) : undefined
      const cost = await onOpened(large, (client) => change(client, site), warmUp)
      return requestsAndRounds(cost, ...within(cost, bound, bound))
    },
  })
  return [row(true, 1), row(false, 2)]
}

const singleWriteRows: readonly NetworkRow[] = [
  ...changeRows('update an existing document', '6.5 / 3', ({ db }, site) => db.update(site.paths[0], touch)),
  ...changeRows('create in a directory that has documents', '5.8 / 3', ({ db }, site) =>
    db.put(`${site.directory}another`, { password: 'made up' }),
  ),
  ...changeRows('remove, others remain', '5.6 / 4', ({ db }, site) => db.remove(site.paths[0])),
]

/** The row of a creation whose directories are not there yet. */
function nestedRow(operation: string, path: string, rounds: number): NetworkRow {
  return {
    operation,
    floor: `≤ 2 writes per shard, ${rounds} rounds`,
    predecessor: '8.7 / 3',
    singleFile: '2 / 2',
    measure: async ({ large }) => {
      const cost = await onOpened(large, ({ db }) => db.put(path, { password: 'made up' }))
      const most = Math.max(...cost.writesByKey.values())
      return requestsAndRounds(
        cost,
        { what: 'writes of one shard', measured: most, limit: 2 },
        { what: 'rounds', measured: cost.rounds, limit: rounds },
      )
    },
  }
}

const bulkRows: readonly NetworkRow[] = [
  nestedRow('create in new nested directories', '/projects/alpha/keys/deploy', 3),
  nestedRow('create in new nested directories, top level there', '/logins/alpha.example/keys/deploy', 4),
  {
    operation: 'import 100 documents',
    floor: '≤ 3n / 3',
    predecessor: '24 / 5.5',
    singleFile: '2 / 2',
    measure: async ({ large }) => {
      const operations = makeCredentials(100, 4).map(([path, value]) => ({ put: path, value }))
      const cost = await onOpened(large, ({ db }) => db.write(operations))
      return requestsAndRounds(cost, ...within(cost, 3 * large.shards, 3))
    },
  },
  {
    operation: 'prune 100 documents',
    floor: '≤ 3n / 3',
    predecessor: '18 / 8',
    singleFile: '2 / 2',
    measure: async ({ large }) => {
      const cost = await onOpened(large, async ({ db }) => expectCount(await db.prune('/team/'), 100))
      return requestsAndRounds(cost, ...within(cost, 3 * large.shards, 3))
    },
  },
]

const contentionRows: readonly NetworkRow[] = [1, 20].map((updates) => ({
  operation: `two writers at once, different documents of one shard${updates === 1 ? '' : `, ${updates} updates each`}`,
  floor: 'one retry per conflict',
  predecessor: updates === 1 ? '19, up to 340 rounds' : '–',
  singleFile: updates === 1 ? '6 / 4' : '–',
  measure: async ({ large, site }) => twoWriters(await createLaboratory(large), site, updates),
}))

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} KB`

async function bytesForEverything(specimen: Specimen, floorBytes: number, factor: number): Promise<RowResult> {
  const lab = await createLaboratory(specimen)
  const store = lab.connect()
  const cost = await measureNetwork(lab.clock, store, async () => {
    const db = await lab.open(store)
    expectCount((await db.entries('/').toArray()).length, specimen.entries.length)
  })
  const ratio = (cost.bytesDown / floorBytes).toFixed(2)
  return {
    figure: `${kilobytes(cost.bytesDown)} (${ratio} × ${kilobytes(floorBytes)})`,
    bounds: [{ what: 'bytes down', measured: cost.bytesDown, limit: Math.floor(floorBytes * factor) }],
    costs: [cost],
  }
}

/** All documents by path: what an export or a single file holds. */
const jsonOf = (specimen: Specimen): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(Object.fromEntries(specimen.entries)))

const byteRows: readonly NetworkRow[] = [
  {
    operation: 'bytes for everything, logs full',
    floor: '≤ 1.15 × the JSON',
    predecessor: '778 KB',
    singleFile: '417 KB',
    measure: ({ worn }) => bytesForEverything(worn, jsonOf(worn).length, 1.15),
  },
  {
    operation: "bytes for everything, logs full, `compression: 'deflate'`",
    floor: '≤ 1.45 × its deflate',
    predecessor: '–',
    singleFile: '–',
    measure: ({ wornDeflated }) => bytesForEverything(wornDeflated, deflateRawSync(jsonOf(wornDeflated)).length, 1.45),
  },
]

/** All rows, in the order of the table. */
export const NETWORK_ROWS: readonly NetworkRow[] = [
  ...openRows,
  ...readRows,
  ...singleWriteRows,
  ...bulkRows,
  ...contentionRows,
  ...byteRows,
]
