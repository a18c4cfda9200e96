import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { createRouter, FIRST_KEY, type Router } from '../../src/crypto/router.ts'
import type { ShardState } from '../../src/format/model.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import { itemsByteLength } from '../../src/format/shard-file.ts'
import { cutShard, splitStates } from '../../src/shards/split.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { numbersFrom } from '../support/runtime.ts'
import { filler } from '../support/vault.ts'
import { itemsIn, stateOf } from './states.ts'

/** Routes `/d/5` to 5 and `/d/5a` to 5 as well: the digits of a name are its place, so that a test can choose it. */
const byNumber: Router = {
  keyOf: (_directory, name) => (name.match(/\d+/)?.[0] ?? '0').padStart(FIRST_KEY.length, '0'),
  rangeOf: () => ({ first: FIRST_KEY, last: 'f'.repeat(FIRST_KEY.length) }),
}
const key = (number: number): string => number.toString().padStart(FIRST_KEY.length, '0')
const names = (
  part: { readonly items: readonly { readonly item: { readonly name: string } }[] } | undefined,
): string[] => part?.items.map(({ item }) => item.name) ?? []

/** Documents of one size in one directory, at these places. */
function documents(places: readonly (number | string)[], bytes = 100, directory = '/d/'): Record<string, unknown> {
  return Object.fromEntries(places.map((place) => [`${directory}${place}`, filler(bytes)]))
}

describe('a shard is cut', () => {
  test('in two even parts where it has just outgrown its size', () => {
    const parts = cutShard(stateOf(documents([4, 2, 1, 3])), 500, byNumber)
    expect(parts.map(names)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
    expect(parts.map(({ lo }) => lo)).toEqual([FIRST_KEY, key(3)])
  })

  test('in as many parts of three quarters of that size as it takes', () => {
    const places = Array.from({ length: 40 }, (_, index) => index)
    const parts = cutShard(stateOf(documents(places)), 1000, byNumber)
    const bytes = parts.map((part) => part.items.reduce((sum, each) => sum + each.bytes, 0))
    const total = bytes.reduce((sum, each) => sum + each, 0)
    expect(parts).toHaveLength(Math.ceil(total / 750))
    for (const each of bytes) expect(Math.abs(each - total / parts.length)).toBeLessThan(120)
    expect(parts.flatMap(names)).toEqual(places.map(String))
  })

  test('keeps where it begins, wherever that is', () => {
    const state = stateOf(documents([20, 30, 40, 50]), { lo: key(7) })
    expect(cutShard(state, 500, byNumber).map(({ lo }) => lo)).toEqual([key(7), key(40)])
  })

  test('never between items of one key', () => {
    const state = stateOf(documents(['1', '2', '2a', '2b', '2c', '3']))
    const parts = cutShard(state, 700, byNumber)
    const places = parts.map((part) => new Set(part.items.map((each) => each.key)))
    expect(parts.length).toBeGreaterThanOrEqual(2)
    for (const [index, each] of places.entries()) {
      for (const other of places.slice(index + 1)) expect([...each].filter((place) => other.has(place))).toEqual([])
    }
  })

  test('not at all where all its items have one key, or there is but one', () => {
    expect(cutShard(stateOf(documents(['2', '2a', '2b'])), 100, byNumber)).toHaveLength(1)
    expect(cutShard(stateOf(documents([2])), 100, byNumber)).toHaveLength(1)
    const [whole] = cutShard(stateOf(documents([2]), { lo: key(1) }), 100, byNumber)
    expect([whole?.lo, names(whole)]).toEqual([key(1), ['2']])
  })

  test('in fewer parts than wished where there are too few keys', () => {
    const parts = cutShard(stateOf(documents(['1', '2', '2a', '2b'], 400)), 200, byNumber)
    expect(parts.map((part) => names(part).length)).toEqual([1, 3])
  })

  test('rather between directories, if that is not far from even', () => {
    const twoDirectories = (first: number): readonly (readonly string[])[] => {
      const places = Array.from({ length: 10 }, (_, index) => index)
      const [left, right] = [documents(places.slice(0, first), 100, '/a/'), documents(places.slice(first), 100, '/b/')]
      return cutShard(stateOf({ ...left, ...right }), 1000, byNumber).map(names)
    }
    expect(twoDirectories(6).map(({ length }) => length)).toEqual([6, 4])
    expect(twoDirectories(4).map(({ length }) => length)).toEqual([4, 6])
    expect(twoDirectories(7).map(({ length }) => length)).toEqual([5, 5])
    expect(twoDirectories(1).map(({ length }) => length)).toEqual([5, 5])
  })

  test('behind a document that is larger than a part', () => {
    const state = stateOf({ '/d/1': filler(2000), ...documents([2, 3, 4]) })
    expect(names(cutShard(state, 1000, byNumber)[0])).toEqual(['1'])
  })

  test('once at least wherever it can be', () => {
    const state = stateOf(documents([1, 2], 10))
    expect(cutShard(state, 1_000_000, byNumber).map(names)).toEqual([['1'], ['2']])
  })
})

describe('the parts of a split', () => {
  const router = createRouter(bytesFrom(1, 32))
  const paths = Array.from({ length: 30 }, (_, index) => `/d${index % 7}/x${index}`)
  const id = (number: number): string => toBase64Url(bytesFrom(number, 16))
  const next = numbersFrom(5)

  /** A shard at its third write that has removed documents before, with a right neighbour. */
  function grown(): ShardState {
    const items = Object.fromEntries(paths.map((path) => [path, filler(50 + (next() % 100))]))
    const hi = 'f'.repeat(FIRST_KEY.length)
    const entryOf = (seq: number, removed: readonly string[] | null) => ({
      ...{ seq, writeId: toBase64Url(bytesFrom(seq, 8)), base: toBase64Url(bytesFrom(0, 8)), removed, timeMs: 0 },
    })
    const removed = Array.from({ length: 20 }, (_, index) => `/r${index % 5}/gone${index}`)
    let log = appendToLog(emptyLog, entryOf(1, removed))
    log = appendToLog(log, { ...entryOf(2, []), removed: null })
    log = appendToLog(log, entryOf(3, []))
    return stateOf(items, { seq: 3, hi, next: id(99), log })
  }

  test('join up, and together hold what there was', () => {
    const state = grown()
    const cut = cutShard(state, 1024, router)
    const ids = cut.slice(1).map((_, index) => id(index))
    const parts = splitStates(state, cut, ids, router)
    expect(parts.length).toBeGreaterThanOrEqual(3)
    expect(parts[0]?.lo).toBe(state.lo)
    expect([parts.at(-1)?.hi, parts.at(-1)?.next]).toEqual([state.hi, state.next])
    for (const [index, part] of parts.slice(0, -1).entries()) {
      expect([part.hi, part.next]).toEqual([parts[index + 1]?.lo, ids[index]])
    }
    expect(new Map(parts.flatMap((part) => [...itemsIn(part)]))).toEqual(itemsIn(state))
    for (const part of parts) {
      expect(itemsByteLength(part)).toBeLessThan(1024)
      for (const [directory, items] of part.directories) {
        for (const [name, item] of items) {
          const at = router.keyOf(directory, name)
          expect(at >= part.lo && (part.hi === null || at < part.hi)).toBe(true)
          expect(item).toBe(state.directories.get(directory)?.get(name))
        }
      }
    }
  })

  test('know the writes of the whole, but only their own removals', () => {
    const state = grown()
    const cut = cutShard(state, 1024, router)
    const parts = splitStates(
      state,
      cut,
      cut.map((_, index) => id(index)),
      router,
    )
    const removed = state.log.entries[0]?.removed ?? []
    const kept = parts.map((part) => part.log.entries[0]?.removed ?? [])
    expect(kept.flat().sort()).toEqual([...removed].sort())
    for (const [index, part] of parts.entries()) {
      expect(part.seq).toBe(3)
      expect(part.log.entries.map(({ seq, writeId }) => [seq, writeId])).toEqual(
        state.log.entries.map(({ seq, writeId }) => [seq, writeId]),
      )
      expect(part.log.entries[1]?.removed).toBeNull()
      for (const path of kept[index] ?? []) {
        const cut = path.lastIndexOf('/') + 1
        const at = router.keyOf(path.slice(0, cut), path.slice(cut))
        expect(at >= part.lo && (part.hi === null || at < part.hi)).toBe(true)
      }
    }
  })

  test('keep of removals what lies from their beginning up to, and without, their end', () => {
    const removed = ['/9/1', '/9/2', '/1/3', '/1/4', '/1/5']
    const entry = { seq: 1, writeId: id(1), base: id(2), removed, timeMs: 0 }
    const state = stateOf(documents([1, 2, 3, 4]), { log: appendToLog(emptyLog, entry) })
    const cut = cutShard(state, 500, byNumber)
    expect(cut.map(({ lo }) => lo)).toEqual([FIRST_KEY, key(3)])
    const kept = splitStates(state, cut, [id(3)], byNumber).map(({ log }) => log.entries[0]?.removed)
    expect(kept).toEqual([removed.slice(0, 2), removed.slice(2)])
  })

  test('of a shard without a right neighbour: the last one has none either', () => {
    const state = { ...grown(), hi: null, next: null }
    const cut = cutShard(state, 1024, router)
    const parts = splitStates(
      state,
      cut,
      cut.map((_, index) => id(index)),
      router,
    )
    expect([parts.at(-1)?.hi, parts.at(-1)?.next]).toEqual([null, null])
    const removed = state.log.entries[0]?.removed ?? []
    expect(parts.flatMap((part) => part.log.entries[0]?.removed ?? [])).toHaveLength(removed.length)
  })
})
