import { describe, expect, test } from 'vitest'
import { READ_WHOLE_UP_TO, subtreeOf } from '../../src/operations/subtree.ts'
import { NeedShards, Unreadable } from '../../src/operations/view.ts'
import { type Setting, settingOf } from './planning.ts'

const ITEMS = { '/a': 1, '/d/': null, '/d/e/': null, '/d/x': 2, '/d/e/y': 3, '/d/e/z': 4, '/f/': null, '/f/x': 5 }

function needsOf(setting: Setting, root: string): readonly string[] {
  try {
    subtreeOf(root, setting.view)
  } catch (error) {
    if (error instanceof NeedShards) return error.ids
    throw error
  }
  return []
}

test('what lies below a directory is found level by level along the markers', () => {
  const { view } = settingOf(ITEMS, { cuts: ['/d/*', '/d/e/z', '/f/*'] })
  expect(subtreeOf('/', view)).toEqual({
    directories: ['/', '/d/', '/f/', '/d/e/'],
    shards: new Set(['0', '1', '3', '2']),
    paths: ['/a', '/d/x', '/f/x', '/d/e/y', '/d/e/z'],
  })
  expect(subtreeOf('/d/', view)).toEqual({
    directories: ['/d/', '/d/e/'],
    shards: new Set(['1', '2']),
    paths: ['/d/x', '/d/e/y', '/d/e/z'],
  })
})

test('a directory without anything has the shards that would own its items', () => {
  const { view } = settingOf(ITEMS, { cuts: ['/g/*', '/g/m'] })
  expect(subtreeOf('/g/', view)).toEqual({ directories: ['/g/'], shards: new Set(['1', '2']), paths: [] })
})

test('what cannot be read is not asked for', () => {
  const setting = settingOf(ITEMS, { cuts: ['/d/*', '/f/*'], missing: ['2'] })
  setting.view.takeError('1', new Error('torn'))
  expect(() => subtreeOf('/d/', setting.view)).toThrow(expect.any(Unreadable) as never)
})

describe('of what is missing', () => {
  /** As many directories as are wanted below `/d/`, each with a shard of its own, and others beside. */
  function wide(mapSize: number, missing: number): Setting {
    const names = Array.from({ length: mapSize - 1 }, (_, index) => index.toString().padStart(2, '0'))
    const items = Object.fromEntries(names.slice(0, missing).map((name) => [`/d/${name}/`, null]))
    return settingOf(
      { '/d/': null, ...items },
      {
        // The first shard owns `/` and `/d/`.
        cuts: names.map((name) => `/d/${name}/*`),
        missing: Array.from({ length: mapSize - 1 }, (_, index) => String(index + 1)),
      },
    )
  }

  test.each([
    ['a small vault is read whole', READ_WHOLE_UP_TO, 1, READ_WHOLE_UP_TO - 1],
    ['of a larger one only what is needed', READ_WHOLE_UP_TO + 1, 1, 1],
    ['of a larger one only what is needed, if that is less than half', 18, 8, 8],
    ['a larger one of which half is needed is read whole', 18, 9, 17],
  ])('%s', (_, mapSize, missing, expected) => {
    expect(new Set(needsOf(wide(mapSize, missing), '/d/')).size).toBe(expected)
  })

  test('what is known is not asked for again', () => {
    const setting = settingOf(ITEMS, { cuts: ['/d/*', '/d/e/*', '/f/*', '/g/*'], missing: ['2', '4'] })
    expect([...new Set(needsOf(setting, '/d/'))]).toEqual(['2', '4'])
    setting.view.takeError('4', new Error('torn'))
    expect([...new Set(needsOf(setting, '/d/'))]).toEqual(['2'])
  })
})
