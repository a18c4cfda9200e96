import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { ShardCache } from '../../src/shards/cache.ts'
import { ShardMap } from '../../src/shards/shard-map.ts'
import { WitnessBook } from '../../src/vault/witness.ts'
import { loaded, stateOf } from './states.ts'

const NEVER = { sinceTick: Number.POSITIVE_INFINITY, notBeforeMs: Number.POSITIVE_INFINITY }
const sent = (sentTick: number, sentAtMs = sentTick * 100) => ({ sentTick, sentAtMs })

async function setUp() {
  const witness = await WitnessBook.load(null)
  let tick = 0
  const map = new ShardMap(() => tick)
  map.learn([{ lo: FIRST_KEY, shard: '0' }])
  const at = (lastTick: number): ShardMap => {
    tick = lastTick
    return map
  }
  return { witness, at, cache: new ShardCache(witness, map) }
}

describe('what is known of a shard', () => {
  test('is nothing at first', async () => {
    const { cache } = await setUp()
    expect(cache.newest('0')).toBeUndefined()
    expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBeUndefined()
  })

  test('is fresh if its request was sent after a request, or not before a moment', async () => {
    const { cache } = await setUp()
    const shard = loaded(1)
    cache.take(shard, sent(5))
    expect(cache.newest('0')).toBe(shard)
    expect(cache.fresh('0', { ...NEVER, sinceTick: 4 })).toBe(shard)
    expect(cache.fresh('0', { ...NEVER, sinceTick: 5 })).toBeUndefined()
    expect(cache.fresh('0', { ...NEVER, notBeforeMs: 500 })).toBe(shard)
    expect(cache.fresh('0', { ...NEVER, notBeforeMs: 501 })).toBeUndefined()
    expect(cache.fresh('1', { sinceTick: 0, notBeforeMs: 0 })).toBeUndefined()
  })

  test('is confirmed by what was sent last, in whatever order answers come', async () => {
    for (const order of [
      [5, 7],
      [7, 5],
    ]) {
      const { cache } = await setUp()
      const first = loaded(1)
      for (const tick of order) cache.take(tick === order[0] ? first : loaded(1), sent(tick))
      expect(cache.newest('0')).toBe(first)
      expect(cache.fresh('0', { ...NEVER, sinceTick: 6 })).toBe(first)
      expect(cache.fresh('0', { ...NEVER, sinceTick: 7 })).toBeUndefined()
      expect(cache.fresh('0', { ...NEVER, notBeforeMs: 700 })).toBe(first)
      expect(cache.fresh('0', { ...NEVER, notBeforeMs: 701 })).toBeUndefined()
    }
  })

  test('is not confirmed by what confirmed another state of it', async () => {
    const { cache } = await setUp()
    cache.take(loaded(1), sent(9))
    const next = loaded(2)
    cache.take(next, sent(5))
    expect(cache.newest('0')).toBe(next)
    expect(cache.fresh('0', { ...NEVER, sinceTick: 5 })).toBeUndefined()
    expect(cache.fresh('0', { ...NEVER, notBeforeMs: 501 })).toBeUndefined()
  })

  test.each([
    ['to the end', {}],
    ['to the beginning after it', { hi: 'c'.padEnd(32, '0'), next: 'farther' }],
  ])(
    'is not fresh where it reaches over a beginning that was known when it was asked for, %s',
    async (_name, range) => {
      const { cache, at } = await setUp()
      const shard = loaded(1, { state: stateOf({}, range) })
      cache.take(shard, sent(5))
      at(7).learn([{ lo: '8'.padEnd(32, '0'), shard: 'right' }])
      expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBeUndefined()
      expect(cache.newest('0')).toBe(shard)
      cache.take(shard, sent(7)) // under way when the beginning became known
      expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBeUndefined()
      cache.take(shard, sent(8)) // what the store says now counts, be it as strange as it may
      expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBe(shard)
      at(9).learn([{ lo: '8'.padEnd(32, '0'), shard: 'right' }])
      expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBe(shard)
    },
  )

  test('is fresh where it ends at the next beginning', async () => {
    const { cache, at } = await setUp()
    const hi = '8'.padEnd(32, '0')
    const shard = loaded(1, { state: stateOf({}, { hi, next: 'right' }) })
    cache.take(shard, sent(5))
    at(7).learn([{ lo: hi, shard: 'right' }])
    expect(cache.fresh('0', { sinceTick: 0, notBeforeMs: 0 })).toBe(shard)
  })

  test('never goes back, and an older state confirms nothing', async () => {
    const { cache } = await setUp()
    const newer = loaded(2)
    cache.take(newer, sent(5))
    expect(cache.take(loaded(1), sent(9))).toBe(newer)
    expect(cache.newest('0')).toBe(newer)
    expect(cache.fresh('0', { ...NEVER, sinceTick: 5 })).toBeUndefined()
  })

  test('is replaced by a newer state also where the store repeats its versions', async () => {
    const { cache } = await setUp()
    cache.take(loaded(1, { version: 'same' }), sent(5))
    const next = loaded(2, { version: 'same' })
    expect(cache.take(next, sent(6))).toBe(next)
    expect(cache.newest('0')).toBe(next)
  })

  test('is replaced where one state of a file was stored again under another version', async () => {
    const { cache } = await setUp()
    cache.take(loaded(1), sent(5))
    const again = loaded(1, { version: 'restored' })
    expect(cache.take(again, sent(6))).toBe(again)
    expect(cache.newest('0')).toBe(again)
  })

  test('is told to the witness', async () => {
    const { cache, witness } = await setUp()
    cache.take(loaded(3, { id: 'abc' }), sent(1))
    expect(witness.recall('shards/abc')).toEqual({ seq: 3, hash: toBase64Url(new Uint8Array(32).fill(3)) })
  })
})

describe('an own write', () => {
  test('is the base of what follows, though others have gone on', async () => {
    const { cache } = await setUp()
    const newer = loaded(4)
    cache.take(newer, sent(6))
    const written = loaded(3)
    expect(cache.keep(written, sent(5))).toBe(written)
    expect(cache.newest('0')).toBe(newer)
  })

  test('is one object with what a read has shown of it', async () => {
    const { cache } = await setUp()
    const read = loaded(3)
    cache.take(read, sent(6))
    expect(cache.keep(loaded(3), sent(5))).toBe(read)
  })

  test('is not mixed up with a newer state of the same version', async () => {
    const { cache } = await setUp()
    cache.take(loaded(4, { version: 'same' }), sent(6))
    const written = loaded(3, { version: 'same' })
    expect(cache.keep(written, sent(5))).toBe(written)
  })
})

test('a state is forgotten only if it is still that one', async () => {
  const { cache } = await setUp()
  const [old, current] = [loaded(1), loaded(2)]
  cache.take(old, sent(1))
  cache.take(current, sent(2))
  cache.drop(old)
  expect(cache.newest('0')).toBe(current)
  cache.drop(current)
  expect(cache.newest('0')).toBeUndefined()
  cache.drop(current)
})
