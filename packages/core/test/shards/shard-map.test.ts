import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { ShardMap } from '../../src/shards/shard-map.ts'

/** Keys of one digit: what is compared is text. */
const ENTRIES = [
  { lo: '0', shard: 'a' },
  { lo: '3', shard: 'b' },
  { lo: '6', shard: 'c' },
]

function mapOf(entries = ENTRIES): ShardMap {
  const map = new ShardMap(() => 0)
  map.learn(entries)
  return map
}

describe('a map', () => {
  test.each([
    ['0', 'a'],
    ['2', 'a'],
    ['3', 'b'],
    ['5', 'b'],
    ['6', 'c'],
    ['9', 'c'],
  ])('finds for key %s the shard with the greatest beginning not above it: %s', (key, shard) => {
    expect(mapOf().find(key)).toBe(shard)
    expect(mapOf([...ENTRIES].reverse()).find(key)).toBe(shard)
  })

  test('finds as a search through all of it does', () => {
    const keys = fc.uniqueArray(fc.nat(200), { minLength: 1 })
    fc.assert(
      fc.property(keys, fc.nat(200), (beginnings, wanted) => {
        const toKey = (number: number): string => number.toString().padStart(FIRST_KEY.length, '0')
        const los = [...new Set([0, ...beginnings])].map(toKey)
        const expected = los
          .filter((lo) => lo <= toKey(wanted))
          .sort()
          .at(-1)
        expect(mapOf(los.map((lo) => ({ lo, shard: `at ${lo}` }))).find(toKey(wanted))).toBe(`at ${expected}`)
      }),
    )
  })

  test.each<readonly [string, string | null, readonly string[]]>([
    ['0', null, ['a', 'b', 'c']],
    ['4', null, ['b', 'c']],
    ['6', null, ['c']],
    ['1', '2', ['a']],
    ['1', '3', ['a', 'b']],
    ['1', '5', ['a', 'b']],
    ['3', '6', ['b', 'c']],
    ['7', '9', ['c']],
  ])('knows which shards may hold keys from %s to %s: %s', (first, last, shards) => {
    expect(mapOf().between(first, last)).toEqual(shards)
  })

  test('learns, and never forgets', () => {
    const map = mapOf()
    expect(map.size).toBe(3)
    map.learn([{ lo: '4', shard: 'd' }])
    map.learn([{ lo: '0', shard: 'a' }])
    expect(map.size).toBe(4)
    expect(map.between('0', null)).toEqual(['a', 'b', 'd', 'c'])
  })

  test('knows what a stored one lacks', () => {
    const map = mapOf()
    expect(map.missingFrom(ENTRIES)).toEqual([])
    expect(map.missingFrom([...ENTRIES, { lo: '7', shard: 'e' }])).toEqual([])
    expect(map.missingFrom(ENTRIES.slice(0, 1))).toEqual(ENTRIES.slice(1))
    expect(map.missingFrom([])).toEqual(ENTRIES)
    expect(map.missingFrom([ENTRIES[0], { lo: '7', shard: 'e' }] as typeof ENTRIES)).toEqual(ENTRIES.slice(1))
  })
})
