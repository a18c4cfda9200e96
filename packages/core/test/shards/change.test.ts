import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import type { LogEntry } from '../../src/format/model.ts'
import { chainFault } from '../../src/shards/chain.ts'
import { changeShard, holdsDirectory, holdsDocumentOf, itemOf, removedPaths } from '../../src/shards/change.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { changeOf, itemsIn, loaded, stateOf } from './states.ts'

const BASE = stateOf({ '/a': 1, '/b/': null, '/b/x': 2, '/b/y': 3, '/c/d/': null }, { seq: 4 })
const ENTRY: LogEntry = {
  seq: 5,
  writeId: toBase64Url(bytesFrom(9, 8)),
  base: toBase64Url(bytesFrom(1, 8)),
  removed: [],
  timeMs: 7,
}

describe('what a shard holds', () => {
  test('of a directory: anything, a document, an item', () => {
    expect(['/', '/b/', '/c/', '/d/'].map((each) => holdsDirectory(BASE, each))).toEqual([true, true, true, false])
    expect(['/', '/b/', '/c/', '/d/'].map((each) => holdsDocumentOf(BASE, each))).toEqual([true, true, false, false])
    expect(itemOf(BASE, '/b/', 'x')).toMatchObject({ name: 'x', seq: 4 })
    expect(itemOf(BASE, '/c/', 'd/')).toMatchObject({ document: null })
    expect([itemOf(BASE, '/b/', 'z'), itemOf(BASE, '/d/', 'x')]).toEqual([undefined, undefined])
  })

  test('of what a change takes out, documents alone are named', () => {
    const changes = [
      changeOf('/b/x', undefined),
      changeOf('/b/y', 4),
      changeOf('/a', undefined),
      changeOf('/b/', undefined),
      changeOf('/gone', undefined),
    ]
    expect(removedPaths(BASE, changes)).toEqual(['/b/x', '/a'])
  })
})

describe('a change', () => {
  test('puts in, replaces and takes out, and leaves the base as it was', () => {
    const before = itemsIn(BASE)
    const changes = [changeOf('/b/x', 20), changeOf('/b/y', undefined), changeOf('/e/z', 5), changeOf('/e/f/', null)]
    const next = changeShard(BASE, changes, ENTRY)
    const expected = { '/a': 1, '/b/': null, '/b/x': 20, '/c/d/': null, '/e/z': 5, '/e/f/': null }
    expect(itemsIn(next)).toEqual(new Map(Object.entries(expected)))
    expect(itemsIn(BASE)).toEqual(before)
  })

  test('gives its own seq to what it touches, and to nothing else', () => {
    const next = changeShard(BASE, [changeOf('/b/x', 2), changeOf('/b/', null)], ENTRY)
    expect(next.seq).toBe(5)
    expect(itemOf(next, '/b/', 'x')?.seq).toBe(5)
    expect(itemOf(next, '/', 'b/')?.seq).toBe(5)
    expect(itemOf(next, '/b/', 'y')?.seq).toBe(4)
    expect(next.directories.get('/c/')).toBe(BASE.directories.get('/c/'))
  })

  test('takes a directory away with its last item', () => {
    const next = changeShard(BASE, [changeOf('/b/x', undefined), changeOf('/b/y', undefined)], ENTRY)
    expect([...next.directories.keys()].sort()).toEqual(['/', '/c/'])
    const refilled = changeShard(
      BASE,
      [changeOf('/b/x', undefined), changeOf('/b/y', undefined), changeOf('/b/z', 1)],
      ENTRY,
    )
    expect([...(refilled.directories.get('/b/')?.keys() ?? [])]).toEqual(['z'])
    expect(changeShard(BASE, [changeOf('/new/x', undefined)], ENTRY).directories.has('/new/')).toBe(false)
  })

  test('is named in the log, also if it changes nothing (a fence)', () => {
    const next = changeShard(BASE, [], ENTRY)
    expect(next).toMatchObject({ seq: 5, lo: BASE.lo, hi: null, next: null })
    expect(next.log.entries.map(({ seq }) => seq)).toEqual([4, 5])
    expect(itemsIn(next)).toEqual(itemsIn(BASE))
  })
})

describe('a step of a walk', () => {
  const at = (lo: string, hi: string | null = null) => loaded(1, { id: 'abc', state: { ...BASE, lo, hi } })

  test('by the map may come out anywhere at or left of the key', () => {
    expect(chainFault(at('3'), '5', undefined)).toBeNull()
    expect(chainFault(at('5'), '5', undefined)).toBeNull()
    expect(chainFault(at('6'), '5', undefined)).toMatchObject({
      code: 'ERR_CORRUPT',
      message: expect.stringContaining('shards/abc'),
    })
  })

  test('to a neighbour comes out exactly where that was said to begin', () => {
    expect(chainFault(at('4'), '5', at('3', '4'))).toBeNull()
    expect(chainFault(at('6'), '5', at('3', '6'))).toBeNull()
    expect(chainFault(at('4'), '5', at('3', '5'))).toMatchObject({ code: 'ERR_CORRUPT' })
    expect(chainFault(at('3'), '5', at('3', '4'))).toMatchObject({ code: 'ERR_CORRUPT' })
  })
})
