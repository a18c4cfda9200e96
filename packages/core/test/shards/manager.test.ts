import { createMemoryStore, VaultError } from '@vaultdb/core'
import { type DecideFault, faultOnce } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { itemsByteLength } from '../../src/format/shard-file.ts'
import type { Freshness, LoadedShard } from '../../src/shards/cache.ts'
import type { BlobStore, StoredBlob } from '../../src/store/contract.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { filler, SMALL_SHARD_BYTES } from '../support/vault.ts'
import { beginVault, createShards, openShards, type ShardClient } from './sharded-vault.ts'
import { changeOf, itemsIn, stateOf } from './states.ts'

const FIRST = 'shards/0'
/** Whatever is cached is good enough. */
const ANY: Freshness = { sinceTick: -1, notBeforeMs: Number.NEGATIVE_INFINITY }
const newest = ({ manager }: ShardClient): Freshness => ({
  sinceTick: manager.requests.tick,
  notBeforeMs: Number.POSITIVE_INFINITY,
})

const requested = ({ store }: ShardClient, kind: string): string[] =>
  store.requests.filter(({ request }) => request.kind === kind).map(({ request }) => request.key)
/** The requests that `work` sends, as "read vault". */
async function requestsOf({ store }: ShardClient, work: () => Promise<unknown>): Promise<string[]> {
  const before = store.requests.length
  await work()
  return store.requests.slice(before).map(({ request }) => `${request.kind} ${request.key}`)
}

/** Puts a document into the shard that owns it. */
async function put(client: ShardClient, path: string, value: unknown, split = true) {
  const change = changeOf(path, value)
  const shard = await client.manager.locate(client.router.keyOf(change.directory, change.name), newest(client))
  return await client.manager.write(shard, [change], { split })
}

const allShards = (client: ShardClient): Promise<LoadedShard[]> => client.manager.cover(FIRST_KEY, null, newest(client))
const keyOf = ({ router }: ShardClient, path: string): string => {
  const { directory, name } = changeOf(path, 0)
  return router.keyOf(directory, name)
}
const blobOf = async (store: BlobStore, key: string): Promise<StoredBlob> => (await store.read(key)) as StoredBlob

/** A vault of at least six shards, and a client that knows only the first of them. */
async function manyShards(decide?: DecideFault) {
  const inner = createMemoryStore()
  const busy = await createShards(inner)
  const old = await openShards(inner, decide)
  for (let index = 0; index < 12; index++) await put(busy, `/d${index}/x`, filler(400))
  await busy.manager.idle()
  const shards = await allShards(busy)
  expect(shards.length).toBeGreaterThanOrEqual(6)
  return { inner, busy, old, shards }
}

describe('the first shard', () => {
  test('is made empty, for all keys, and known from then on', async () => {
    const client = await beginVault(createMemoryStore())
    await client.manager.createFirst()
    const sent = await requestsOf(client, async () => {
      const { state } = await client.manager.load('0', ANY)
      expect(state).toMatchObject({
        seq: 1,
        lo: FIRST_KEY,
        hi: null,
        next: null,
        log: { entries: [{ seq: 1, removed: [] }] },
      })
      expect(state.log.entries[0]?.base).toBe(toBase64Url(new Uint8Array(8)))
      expect(state.directories.size).toBe(0)
    })
    expect(sent).toEqual([])
    expect((await put(client, '/a', 1)).kind).toBe('done')
  })

  test('that somebody else has made for this vault is taken as it is', async () => {
    const inner = createMemoryStore()
    const one = await beginVault(inner)
    const other = await openShards(inner)
    await one.manager.createFirst()
    await put(one, '/a', 1)
    await other.manager.createFirst()
    expect(itemsIn((await other.manager.load('0', ANY)).state)).toEqual(new Map([['/a', 1]]))
    expect((await put(other, '/b', 2)).kind).toBe('done')
  })

  test('that lies there and is none of this vault keeps the vault pending', async () => {
    const inner = createMemoryStore()
    const client = await beginVault(inner)
    const foreign = createMemoryStore()
    await createShards(foreign)
    await inner.write(FIRST, (await blobOf(foreign, FIRST)).data, null)
    await expect(client.manager.createFirst()).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    expect(client.manager.cache.newest('0')).toBeUndefined()
  })

  test('whose answer is lost is found', async () => {
    const isFirst: DecideFault = faultOnce(({ kind, key }) => kind === 'write' && key === FIRST, 'lose-answer')
    const client = await beginVault(createMemoryStore(), isFirst)
    await client.manager.createFirst()
    expect((await put(client, '/a', 1)).kind).toBe('done')
  })

  test('that cannot be made says whether it was', async () => {
    const refusing: DecideFault = ({ key }) => (key === FIRST ? new VaultError('ERR_QUOTA', 'full') : 'pass')
    const refused = await beginVault(createMemoryStore(), refusing)
    await expect(refused.manager.createFirst()).rejects.toMatchObject({ code: 'ERR_QUOTA', applied: 'no' })
    const silent = await beginVault(createMemoryStore(), ({ key }) => (key === FIRST ? 'drop' : 'pass'))
    await expect(silent.manager.createFirst()).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      cause: { code: 'ERR_UNAVAILABLE' },
    })
  })

  test('can be given up', async () => {
    const client = await beginVault(createMemoryStore())
    await expect(client.manager.createFirst(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(requested(client, 'write')).toEqual(['vault'])
  })

  test('that was read early is known, and what was damaged or absent then proves nothing', async () => {
    const inner = createMemoryStore()
    await put(await createShards(inner), '/a', 1)
    const good = await blobOf(inner, FIRST)
    const torn = { data: good.data.subarray(0, 100), version: good.version }
    for (const blob of [good, torn, null, 'unchanged'] as const) {
      const client = await openShards(inner)
      await client.manager.acceptFirst({ blob, sentTick: 1, sentAtMs: 0 }, undefined)
      expect(client.manager.cache.newest('0')?.version).toBe(blob === good ? good.version : undefined)
      expect(itemsIn((await client.manager.load('0', newest(client))).state)).toEqual(new Map([['/a', 1]]))
    }
  })

  test('read early is judged by what was known then', async () => {
    const inner = createMemoryStore()
    const busy = await createShards(inner)
    const old = await blobOf(inner, FIRST)
    await put(busy, '/a', 1)
    const client = await openShards(inner)
    const asOf = { seq: 2, hash: toBase64Url(bytesFrom(0, 32)) }
    await client.manager.acceptFirst({ blob: old, sentTick: 1, sentAtMs: 0 }, asOf)
    expect(client.manager.cache.newest('0')).toBeUndefined()
  })
})

describe('loading', () => {
  test('asks for what is not recent enough, and for no body of what is known', async () => {
    const inner = createMemoryStore()
    const client = await openShards((await createShards(inner)) && inner)
    const shard = await client.manager.load('0', ANY)
    expect(await requestsOf(client, () => client.manager.load('0', ANY))).toEqual([])
    expect(await client.manager.load('0', newest(client))).toBe(shard)
    expect(client.store.requests.at(-1)?.request).toMatchObject({ key: FIRST, unlessVersion: shard.version })
  })

  test('what is missing is damage; so is "unchanged" where nobody asked for that', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    for (const [answer, message] of [
      [null, /missing/],
      ['unchanged', /without being asked/],
    ] as const) {
      const client = await openShards(inner, ({ key }) => (key === FIRST ? { answer } : 'pass'))
      const loading = client.manager.load('0', ANY)
      await expect(loading).rejects.toMatchObject({ code: 'ERR_CORRUPT', message: expect.stringMatching(message) })
    }
  })

  test('notices what was set back, and what has another history', async () => {
    const inner = createMemoryStore()
    const client = await createShards(inner)
    const old = await blobOf(inner, FIRST)
    const twin = createMemoryStore()
    await twin.write('vault', (await blobOf(inner, 'vault')).data, null)
    await twin.write(FIRST, old.data, null)
    const stranger = await openShards(twin)
    await put(stranger, '/b', 1)
    await put(client, '/a', 1)
    await inner.write(FIRST, (await blobOf(twin, FIRST)).data, (await blobOf(inner, FIRST)).version)
    await expect(client.manager.load('0', newest(client))).rejects.toMatchObject({ code: 'ERR_FORK' })
    await inner.write(FIRST, old.data, (await blobOf(inner, FIRST)).version)
    await expect(client.manager.load('0', newest(client))).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
  })

  test('finds a key that came with a rotation in the newest root file', async () => {
    const inner = createMemoryStore()
    const rotating = await createShards(inner)
    const old = await openShards(inner)
    const rotate = (client: ShardClient): Promise<void> =>
      client.root.change((_header, config) => {
        const next = { id: toBase64Url(bytesFrom(config.keys.length, 8)), key: bytesFrom(config.keys.length, 32) }
        return { config: { ...config, keys: [...config.keys, next] } }
      })
    await rotate(rotating)
    await put(rotating, '/a', 1)
    const sent = await requestsOf(old, async () => {
      expect(itemsIn((await old.manager.load('0', ANY)).state)).toEqual(new Map([['/a', 1]]))
    })
    expect(sent).toEqual([`read ${FIRST}`, 'read vault'])
  })

  test('a file under a key that the vault does not have is damage', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    const { data, version } = await blobOf(inner, FIRST)
    const text = Buffer.from(data).toString('latin1')
    const other = text.replace(/"key":"[^"]*"/, `"key":"${toBase64Url(bytesFrom(1, 8))}"`)
    await inner.write(FIRST, new Uint8Array(Buffer.from(other, 'latin1')), version)
    const client = await openShards(inner)
    const loading = client.manager.load('0', ANY)
    await expect(loading).rejects.toMatchObject({ code: 'ERR_CORRUPT', message: expect.stringMatching(/a key that/) })
  })

  test('can be given up', async () => {
    const client = await createShards(createMemoryStore())
    const loading = client.manager.load('0', newest(client), AbortSignal.abort())
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('the owner of a key', () => {
  test('is found by any map, however old', async () => {
    const { old, shards } = await manyShards()
    for (const { id, state } of [...shards].reverse()) {
      expect((await old.manager.locate(state.lo, ANY)).id).toBe(id)
    }
  })

  test('is found at once by who knows the map', async () => {
    const { busy, shards } = await manyShards()
    for (const { id, state } of shards) {
      const sent = await requestsOf(busy, () => busy.manager.locate(state.lo, newest(busy)))
      expect(sent).toEqual([`read shards/${id}`])
    }
  })

  test('that is far to the right is found by reading the stored map after two steps', async () => {
    const { old, shards } = await manyShards()
    const last = shards.at(-1) as LoadedShard
    const sent = await requestsOf(old, () => old.manager.locate(last.state.lo, ANY))
    const steps = sent.map((each) => (each === 'read vault' ? each : 'read a shard'))
    expect(steps).toEqual(['read a shard', 'read a shard', 'read vault', 'read a shard'])
    expect(sent.at(-1)).toBe(`read shards/${last.id}`)
  })

  test('one step to the right is remembered, and needs no map', async () => {
    const inner = createMemoryStore()
    const busy = await createShards(inner)
    const old = await openShards(inner)
    for (let index = 0; index < 3; index++) await put(busy, `/d${index}/x`, filler(400))
    await busy.manager.idle()
    const [left, right] = (await allShards(busy)) as [LoadedShard, LoadedShard]
    const locate = (): Promise<LoadedShard> => old.manager.locate(right.state.lo, newest(old))
    expect(await requestsOf(old, locate)).toEqual([`read shards/${left.id}`, `read shards/${right.id}`])
    expect(await requestsOf(old, locate)).toEqual([`read shards/${right.id}`])
  })
})

describe('the shards that cover a range', () => {
  test('are all of it, in order, by a map that is current or old', async () => {
    const { busy, old, shards } = await manyShards()
    const ids = shards.map(({ id }) => id)
    expect((await allShards(busy)).map(({ id }) => id)).toEqual(ids)
    expect((await allShards(old)).map(({ id }) => id)).toEqual(ids)
  })

  test('are those between two keys, both included', async () => {
    const { busy, old, shards } = await manyShards()
    const [first, second, third, fourth] = shards as [LoadedShard, LoadedShard, LoadedShard, LoadedShard]
    for (const client of [busy, old]) {
      const cover = async (from: string, to: string): Promise<string[]> =>
        (await client.manager.cover(from, to, newest(client))).map(({ id }) => id)
      expect(await cover(second.state.lo, third.state.lo)).toEqual([second.id, third.id])
      expect(await cover(first.state.lo, first.state.lo)).toEqual([first.id])
      expect(await cover(second.state.lo, fourth.state.lo)).toEqual([second.id, third.id, fourth.id])
      const lastOfSecond = third.state.lo.replace(/.$/, (digit) => String.fromCharCode(digit.charCodeAt(0) - 1))
      if (/[1-9b-f]$/.test(third.state.lo)) expect(await cover(second.state.lo, lastOfSecond)).toEqual([second.id])
    }
  })

  test('are read at once where the map knows them, and counted as they come', async () => {
    const { busy, shards } = await manyShards()
    const progress: [number, number][] = []
    const onLoaded = (done: number, total: number): unknown => progress.push([done, total])
    const sent = await requestsOf(busy, () =>
      busy.manager.cover(FIRST_KEY, null, newest(busy), { onLoaded: (done, total) => void onLoaded(done, total) }),
    )
    expect(sent).toHaveLength(shards.length)
    expect(progress).toEqual(shards.map((_, index) => [index + 1, shards.length]))
  })

  test('are found by one look at the stored map where many are missing from the old one', async () => {
    const { old, shards } = await manyShards()
    const progress: [number, number][] = []
    const sent = await requestsOf(old, () =>
      old.manager.cover(FIRST_KEY, null, ANY, { onLoaded: (done, total) => void progress.push([done, total]) }),
    )
    expect(sent.filter((each) => each === 'read vault')).toHaveLength(1)
    expect(sent.indexOf('read vault')).toBe(2)
    expect(sent).toHaveLength(shards.length + 1)
    expect(progress.map(([done]) => done)).toEqual(shards.map((_, index) => index + 1))
    for (const [done, total] of progress) expect(total).toBeGreaterThanOrEqual(done)
  })

  test('that an old map lacks are read at once when the stored one has told them, and no other is read again', async () => {
    const inner = createMemoryStore()
    const busy = await createShards(inner)
    for (let index = 0; index < 3; index++) await put(busy, `/d${index}/x`, filler(400))
    await busy.manager.idle()
    let most = 0
    let watched: ShardClient | undefined
    const client = await openShards(inner, () => {
      const underWay = watched?.store.requests.filter(({ answer }) => answer === undefined) ?? []
      most = Math.max(most, underWay.length)
      return 'pass'
    })
    watched = client
    const known = client.root.config.map.length
    for (let index = 3; index < 16; index++) await put(busy, `/d${index}/x`, filler(400))
    await busy.manager.idle()
    most = 0
    const progress: number[] = []
    const shards = await client.manager.cover(FIRST_KEY, null, newest(client), {
      onLoaded: (done) => void progress.push(done),
    })
    expect(shards.map(({ id }) => id)).toEqual((await allShards(busy)).map(({ id }) => id))
    expect(progress).toEqual(shards.map((_, index) => index + 1))
    const gaps = 1 // the second of two in a row is where the stored map is asked
    expect(most).toBe(shards.length - known - gaps)
  })

  test('can be given up, before the first and at a gap', async () => {
    const { old } = await manyShards()
    const signal = AbortSignal.abort()
    const covering = old.manager.cover(FIRST_KEY, null, newest(old), { signal })
    await expect(covering).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    for (const after of [1, 2]) {
      const { old: another } = await manyShards()
      const abort = new AbortController()
      const onLoaded = (done: number): void => {
        if (done === after) abort.abort()
      }
      const gaps = another.manager.cover(FIRST_KEY, null, newest(another), { signal: abort.signal, onLoaded })
      await expect(gaps).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    }
  })
})

describe('a write', () => {
  test('is done, and is what the cache knows, without another request', async () => {
    const client = await createShards(createMemoryStore())
    const base = await client.manager.load('0', ANY)
    const outcome = await client.manager.write(base, [changeOf('/a', 1), changeOf('/b/', null)], { split: true })
    if (outcome.kind !== 'done') throw new Error('It passes.')
    const [written] = outcome.shards
    expect(outcome.shards).toHaveLength(1)
    expect(await requestsOf(client, () => client.manager.load('0', ANY))).toEqual([])
    expect(client.manager.cache.newest('0')).toBe(written)
    expect(written?.state).toMatchObject({ seq: base.state.seq + 1 })
    const entry = written?.state.log.entries.at(-1)
    expect(entry).toMatchObject({ base: toBase64Url(base.hash.subarray(0, 8)), removed: [] })
    expect(entry?.timeMs).toBe(client.context.crypto.runtime.now())
    const fresh = await client.manager.load('0', newest(client))
    expect(fresh).toBe(written)
  })

  test('names in its log what it removed', async () => {
    const client = await createShards(createMemoryStore())
    await put(client, '/a', 1)
    const outcome = await put(client, '/a', undefined)
    expect(outcome).toMatchObject({ kind: 'done', shards: [{ state: { directories: new Map() } }] })
    expect(client.manager.cache.newest('0')?.state.log.entries.at(-1)?.removed).toEqual(['/a'])
  })

  test('has an id of its own, whatever is repeated but the change', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    const ids = new Set<string>()
    const changes = [
      [changeOf('/a', 1)],
      [changeOf('/a', 2)],
      [changeOf('/b', 1)],
      [changeOf('/a', undefined)],
      [changeOf('/a', 1), changeOf('/b', 1)],
      [changeOf('/a/b', 1)],
      [changeOf('/a1', undefined)], // its letters are those of the first
    ]
    for (const change of changes) {
      const client = await openShards(inner, ({ kind }) =>
        kind === 'write' ? new VaultError('ERR_QUOTA', 'full') : 'pass',
      )
      const { runtime } = client.context.crypto
      runtime.randomBytes = (length) => new Uint8Array(length) // a clone of the machine draws the same
      runtime.now = () => 0
      runtime.monotonicMs = () => 0
      const sent: Uint8Array[] = []
      await client.manager.write(await client.manager.load('0', ANY), change, { split: false })
      for (const { request } of client.store.requests) if (request.kind === 'write') sent.push(request.data)
      const taken = createMemoryStore()
      await taken.write('vault', (await blobOf(inner, 'vault')).data, null)
      await taken.write(FIRST, sent[0] as Uint8Array, null)
      const { state } = await (await openShards(taken)).manager.load('0', ANY)
      ids.add(state.log.entries.at(-1)?.writeId as string)
    }
    expect(ids.size).toBe(changes.length)
  })

  test('on an older state is a conflict, and that state is forgotten', async () => {
    const inner = createMemoryStore()
    const client = await createShards(inner)
    const base = await client.manager.load('0', ANY)
    await put(await openShards(inner), '/a', 1)
    expect(await client.manager.write(base, [changeOf('/b', 1)], { split: true })).toEqual({ kind: 'conflict' })
    expect(client.manager.cache.newest('0')).not.toBe(base)
    expect(itemsIn((await client.manager.load('0', newest(client))).state)).toEqual(new Map([['/a', 1]]))
  })

  test('whose answer is lost is done, or superseded where others went on from it', async () => {
    for (const isOvertaken of [false, true]) {
      const inner = createMemoryStore()
      const busy = await createShards(inner)
      let writes = 0
      const client = await openShards(inner, ({ kind }) => {
        if (kind !== 'write') return 'pass'
        if (++writes === 1) return 'lose-answer'
        return isOvertaken ? { delayUntil: put(busy, '/b', 2) } : 'pass'
      })
      const outcome = await put(client, '/a', 1)
      expect(outcome.kind).toBe(isOvertaken ? 'superseded' : 'done')
      const there = new Map(
        isOvertaken
          ? [
              ['/a', 1],
              ['/b', 2],
            ]
          : [['/a', 1]],
      )
      expect(itemsIn((await client.manager.load('0', newest(client))).state)).toEqual(there)
    }
  })

  test('that is refused leaves what is known as it is; one that nobody can tell does not', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    for (const [fault, kind] of [
      [new VaultError('ERR_QUOTA', 'full'), 'refused'],
      ['drop', 'unknown'],
    ] as const) {
      const client = await openShards(inner, (request) => (request.kind === 'write' ? fault : 'pass'))
      const base = await client.manager.load('0', ANY)
      expect(await client.manager.write(base, [changeOf('/b', 1)], { split: true })).toMatchObject({ kind })
      expect(client.manager.cache.newest('0')).toBe(kind === 'refused' ? base : undefined)
    }
  })

  test('that is no longer wanted is not sent; one that is, is', async () => {
    const client = await createShards(createMemoryStore())
    const base = await client.manager.load('0', ANY)
    const change = [changeOf('/a', 1)]
    const write = (isWanted: boolean) => () =>
      client.manager.write(base, change, { split: true, isWanted: () => isWanted })
    expect(await requestsOf(client, write(false))).toEqual([])
    expect(await write(false)()).toEqual({ kind: 'withdrawn' })
    expect(await requestsOf(client, write(true))).toEqual([`write ${FIRST}`])
  })

  test('that is aborted before it was sent is refused', async () => {
    const client = await createShards(createMemoryStore())
    const base = await client.manager.load('0', ANY)
    const options = { split: true, signal: AbortSignal.abort() }
    expect(await client.manager.write(base, [changeOf('/a', 1)], options)).toMatchObject({
      kind: 'refused',
      error: { code: 'ERR_ABORTED' },
    })
  })

  test('too large for any file is refused, and nothing is sent', async () => {
    const client = await createShards(createMemoryStore())
    const base = await client.manager.load('0', ANY)
    const huge = { ...base, state: { ...base.state, seq: Number.MAX_SAFE_INTEGER } }
    const sent = await requestsOf(client, async () => {
      const outcome = await client.manager.write(huge, [changeOf('/a', 1)], { split: false })
      expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'ERR_CORRUPT' } })
    })
    expect(sent).toEqual([])
  })
})

describe('a write that splits', () => {
  const large = ['/1', '/2', '/3', '/4'].map((path) => changeOf(path, filler(400)))
  const paths = ['/1', '/2', '/3', '/4']

  test('creates the siblings, commits them at once, and mends the map in the background', async () => {
    const inner = createMemoryStore()
    const client = await createShards(inner)
    const base = await client.manager.load('0', ANY)
    expect(client.manager.outgrown(base.state)).toBe(false)
    const before = client.store.requests.length
    const outcome = await client.manager.write(base, large, { split: true })
    if (outcome.kind !== 'done') throw new Error('It passes.')
    const ids = outcome.shards.map(({ id }) => id)
    expect(ids.length).toBeGreaterThanOrEqual(2)
    expect(ids[0]).toBe('0')
    await client.manager.idle()
    const sent = client.store.requests.slice(before).map(({ request }) => request.key)
    expect(sent.slice(0, ids.length - 1).sort()).toEqual(
      ids
        .slice(1)
        .map((id) => `shards/${id}`)
        .sort(),
    )
    expect(sent.slice(ids.length - 1)).toEqual([FIRST, 'vault'])
    expect(client.root.config.map.map(({ shard }) => shard)).toEqual(ids)
    for (const shard of outcome.shards) {
      expect(shard.state.seq).toBe(base.state.seq + 1)
      expect(client.manager.outgrown(shard.state)).toBe(false)
      expect(client.manager.cache.newest(shard.id)).toBe(shard)
      expect(await client.manager.load(shard.id, newest(client))).toBe(shard)
    }
    const found = await allShards(await openShards(inner))
    expect(found.flatMap(({ state }) => [...itemsIn(state).keys()]).sort()).toEqual(paths)
  })

  test('does so beyond its size, and not at it', async () => {
    const { manager } = await createShards(createMemoryStore())
    const around = itemsByteLength(stateOf({ '/a': '' }))
    const sized = (bytes: number) => stateOf({ '/a': filler(bytes - around) })
    expect(manager.outgrown(sized(SMALL_SHARD_BYTES))).toBe(false)
    expect(manager.outgrown(sized(SMALL_SHARD_BYTES + 1))).toBe(true)
  })

  test('and may not, is done whole', async () => {
    const client = await createShards(createMemoryStore())
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: false })
    if (outcome.kind !== 'done') throw new Error('It passes.')
    expect(outcome.shards).toHaveLength(1)
    expect(client.manager.outgrown(outcome.shards[0]?.state as LoadedShard['state'])).toBe(true)
    expect(requested(client, 'write')).toEqual(['vault', FIRST, 'vault', FIRST])
  })

  test('and cannot be cut is done whole: a document alone, however large', async () => {
    const client = await createShards(createMemoryStore())
    const outcome = await put(client, '/1', filler(5000))
    expect(outcome).toMatchObject({ kind: 'done', shards: [{ id: '0' }] })
    expect(requested(client, 'write')).toEqual(['vault', FIRST, 'vault', FIRST])
  })

  test.each<readonly [string, DecideFault]>([
    [
      'is refused',
      ({ kind, key }) => (kind === 'write' && /^shards\/..+/.test(key) ? new VaultError('ERR_QUOTA', 'full') : 'pass'),
    ],
    ['is never answered', ({ kind, key }) => (kind === 'write' && /^shards\/..+/.test(key) ? 'drop' : 'pass')],
  ])('is done whole where a sibling %s', async (_how, decide) => {
    const inner = createMemoryStore()
    await createShards(inner)
    const client = await openShards(inner, decide)
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: true })
    expect(outcome).toMatchObject({ kind: 'done', shards: [{ id: '0', state: { hi: null, next: null } }] })
    expect([...itemsIn((await client.manager.load('0', ANY)).state).keys()].sort()).toEqual(paths)
    expect((await allShards(await openShards(inner))).map(({ id }) => id)).toEqual(['0'])
  })

  test('finds a sibling whose answer is lost', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    const decide = faultOnce(({ kind, key }) => kind === 'write' && key !== FIRST, 'lose-answer')
    const client = await openShards(inner, decide)
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: true })
    if (outcome.kind !== 'done') throw new Error('It passes.')
    expect(outcome.shards.length).toBeGreaterThanOrEqual(2)
    for (const { id, version } of outcome.shards) expect((await blobOf(inner, `shards/${id}`)).version).toBe(version)
    const found = await allShards(await openShards(inner))
    expect(found.map(({ id }) => id)).toEqual(outcome.shards.map(({ id }) => id))
  })

  test.each([null, 'unchanged'] as const)('is not moved by an answer from before a sibling: %s', async (answer) => {
    const inner = createMemoryStore()
    await createShards(inner)
    const isSibling = /^shards\/..+/
    const loseOnce = faultOnce(({ kind, key }) => kind === 'write' && isSibling.test(key), 'lose-answer')
    const answerOnce = faultOnce(({ kind, key }) => kind === 'read' && isSibling.test(key), { answer })
    const client = await openShards(inner, (request) =>
      request.kind === 'write' ? loseOnce(request) : answerOnce(request),
    )
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: true })
    if (outcome.kind !== 'done') throw new Error('It passes.')
    expect(outcome.shards.length).toBeGreaterThanOrEqual(2)
  })

  test('and could not be written either way is refused, and nothing is sent', async () => {
    const client = await createShards(createMemoryStore())
    const base = await client.manager.load('0', ANY)
    const last = { ...base, state: { ...base.state, seq: Number.MAX_SAFE_INTEGER } }
    const sent = await requestsOf(client, async () => {
      const outcome = await client.manager.write(last, large, { split: true })
      expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'ERR_CORRUPT' } })
    })
    expect([sent, client.pausesMs]).toEqual([[], []])
  })

  test('does not take what lies half written in the place of a sibling for that sibling', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    let attempts = 0
    const client = await openShards(inner, ({ kind, key }) => {
      if (kind === 'read' && /^shards\/..+/.test(key)) return { answer: { data: bytesFrom(0, 10), version: 'torn' } }
      return kind === 'write' && key !== FIRST && ++attempts === 1 ? 'lose-answer' : 'pass'
    })
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: true })
    expect(outcome).toMatchObject({ kind: 'done', shards: [{ id: '0', state: { next: null } }] })
  })

  test('is adopted also where others went on from it before its answer came', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    let commits = 0
    const overtake = async (): Promise<void> => {
      await put(await openShards(inner), '/1', 'small')
    }
    const client = await openShards(inner, ({ kind, key }) => {
      if (kind !== 'write' || key !== FIRST) return 'pass'
      if (++commits === 1) return 'lose-answer'
      return { delayUntil: overtakenShard() }
    })
    const overtakenShard = async (): Promise<void> => {
      const other = await openShards(inner)
      const shard = await other.manager.load('0', newest(other))
      await other.manager.write(shard, [], { split: false })
      await overtake()
    }
    const outcome = await client.manager.write(await client.manager.load('0', ANY), large, { split: true })
    expect(outcome.kind).toBe('superseded')
    await client.manager.idle()
    const found = await allShards(await openShards(inner))
    expect(client.root.config.map.map(({ shard }) => shard)).toEqual(found.map(({ id }) => id))
    for (const { id } of found.slice(1)) expect(client.manager.cache.newest(id)).toBeDefined()
  })

  test('and meets another state is not done, and its siblings are none of the vault', async () => {
    const inner = createMemoryStore()
    const client = await createShards(inner)
    const base = await client.manager.load('0', ANY)
    await put(await openShards(inner), '/a', 1)
    expect(await client.manager.write(base, large, { split: true })).toEqual({ kind: 'conflict' })
    await client.manager.idle()
    expect([client.manager.map.size, client.root.config.map.length]).toEqual([1, 1])
    expect((await allShards(client)).map(({ id }) => id)).toEqual(['0'])
  })

  test('that is aborted while siblings are created goes no further', async () => {
    const inner = createMemoryStore()
    await createShards(inner)
    const abort = new AbortController()
    const client = await openShards(inner, ({ kind, key }) => {
      if (kind === 'write' && key !== FIRST) abort.abort()
      return 'pass'
    })
    const base = await client.manager.load('0', ANY)
    const outcome = await client.manager.write(base, large, { split: true, signal: abort.signal })
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'ERR_ABORTED' } })
    expect((await allShards(await openShards(inner))).map(({ state }) => state.seq)).toEqual([1])
  })
})

test('the map is mended by whoever finds that it is old', async () => {
  const inner = createMemoryStore()
  const busy = await createShards(inner)
  const { config } = busy.root
  for (let index = 0; index < 3; index++) await put(busy, `/d${index}/x`, filler(400))
  await busy.manager.idle()
  await busy.root.change((_header, current) => ({ config: { ...current, map: config.map } }))
  const client = await openShards(inner)
  await client.manager.locate(keyOf(client, '/d0/x'), ANY)
  await allShards(client)
  client.manager.repairMap()
  await client.manager.idle()
  const map = (await openShards(inner)).root.config.map.map(({ shard }) => shard)
  expect(map).toEqual((await allShards(client)).map(({ id }) => id))
  expect(map.length).toBeGreaterThanOrEqual(2)
})
