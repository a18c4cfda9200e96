import { createMemoryStore, VaultError } from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { MapKeeper } from '../../src/shards/map-keeper.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { createShards, openShards, type ShardClient } from './sharded-vault.ts'
import { stateOf } from './states.ts'

const lo = (digit: string): string => digit.padEnd(FIRST_KEY.length, '0')
const id = (number: number): string => toBase64Url(bytesFrom(number, 16))
const entry = (digit: string, number: number) => ({ lo: lo(digit), shard: id(number) })
const first = { lo: FIRST_KEY, shard: '0' }
/** A shard whose right neighbour begins at `hi`. */
const endingAt = (digit: string, number: number) => stateOf({}, { hi: lo(digit), next: id(number) })

const reads = ({ store }: ShardClient): number => store.requests.filter(({ request }) => request.kind === 'read').length
const writes = ({ store }: ShardClient): number =>
  store.requests.filter(({ request }) => request.kind === 'write').length

async function setUp() {
  const inner = createMemoryStore()
  const busy = await createShards(inner)
  const client = await openShards(inner)
  const opening = reads(client)
  return {
    inner,
    busy,
    client,
    keeper: new MapKeeper(client.root, client.context.requests),
    newReads: () => reads(client) - opening,
  }
}

describe('a map that is kept', () => {
  test('begins with what the root file says, and learns right neighbours', async () => {
    const { keeper } = await setUp()
    expect(keeper.map.find(lo('8'))).toBe('0')
    keeper.follow(stateOf({}))
    keeper.follow(endingAt('8', 1))
    expect([keeper.map.size, keeper.map.find(lo('8'))]).toEqual([2, id(1)])
  })

  test('learns by reading the root file again', async () => {
    const { busy, keeper } = await setUp()
    await busy.root.change((_header, config) => ({ config: { ...config, map: [first, entry('4', 1)] } }))
    await keeper.refresh()
    expect(keeper.map.find(lo('5'))).toBe(id(1))
    await expect(keeper.refresh(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('the stored map', () => {
  test('that lacks nothing is left alone, and nothing is asked', async () => {
    const { client, keeper, newReads } = await setUp()
    keeper.repair()
    await keeper.idle()
    expect([newReads(), writes(client)]).toEqual([0, 0])
  })

  test('gets what is known and missing, in order', async () => {
    const { inner, client, keeper, newReads } = await setUp()
    keeper.map.learn([entry('c', 3), entry('4', 1), entry('8', 2)])
    keeper.repair()
    await keeper.idle()
    expect(client.root.config.map).toEqual([first, entry('4', 1), entry('8', 2), entry('c', 3)])
    expect([newReads(), writes(client)]).toEqual([0, 1])
    expect((await openShards(inner)).root.config.map).toEqual(client.root.config.map)
  })

  test('is read again first where a shard was found by following a neighbour: its splitter has probably mended it', async () => {
    const { busy, client, keeper, newReads } = await setUp()
    await busy.root.change((_header, config) => ({ config: { ...config, map: [first, entry('4', 1)] } }))
    keeper.follow(endingAt('4', 1))
    keeper.repair()
    await keeper.idle()
    expect([newReads(), writes(client)]).toEqual([1, 0])
    keeper.follow(endingAt('4', 1)) // that is known by now
    keeper.map.learn([entry('8', 2)])
    keeper.repair()
    await keeper.idle()
    expect([newReads(), writes(client)]).toEqual([1, 1])
  })

  test('keeps what others have added meanwhile', async () => {
    const { busy, client, keeper } = await setUp()
    await busy.root.change((_header, config) => ({ config: { ...config, map: [first, entry('8', 2)] } }))
    keeper.map.learn([entry('4', 1)])
    keeper.repair()
    await keeper.idle()
    expect(client.root.config.map).toEqual([first, entry('4', 1), entry('8', 2)])
    expect(keeper.map.find(lo('9'))).toBe(id(2))
  })

  test('is repaired by one request at a time, and again for what was learned meanwhile when asked again', async () => {
    const { client, keeper } = await setUp()
    keeper.map.learn([entry('4', 1)])
    keeper.repair()
    keeper.repair()
    await keeper.idle()
    expect(writes(client)).toBe(1)
    keeper.map.learn([entry('8', 2)])
    keeper.repair()
    await keeper.idle()
    expect([writes(client), client.root.config.map.length]).toEqual([2, 3])
  })

  test('is asked for once by repairs at once, and not at all for what it is known to hold', async () => {
    const { busy, keeper, newReads } = await setUp()
    const stored = [first, entry('4', 1)]
    await busy.root.change((_header, config) => ({ config: { ...config, map: stored } }))
    keeper.follow(endingAt('4', 1))
    keeper.repair()
    keeper.repair()
    await keeper.idle()
    expect(newReads()).toBe(1)
    await busy.root.change((_header, config) => ({ config: { ...config, map: [...stored, entry('8', 2)] } }))
    keeper.follow(endingAt('8', 2))
    await keeper.refresh()
    expect(newReads()).toBe(2)
    keeper.repair()
    await keeper.idle()
    expect(newReads()).toBe(2)
  })

  test('that cannot be repaired does no harm, and the next one tries again', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    let isFull = true
    const client = await openShards(inner, ({ kind }) =>
      kind === 'write' && isFull ? new VaultError('ERR_QUOTA', 'full') : 'pass',
    )
    const keeper = new MapKeeper(client.root, client.context.requests)
    keeper.map.learn([entry('4', 1)])
    keeper.repair()
    await keeper.idle()
    expect(client.root.config.map).toEqual([first])
    isFull = false
    keeper.repair()
    await keeper.idle()
    expect(client.root.config.map).toEqual([first, entry('4', 1)])
  })
})
