import { describe, expect, test } from 'vitest'
import { Lacks, NeedShards, Unreadable } from '../../src/operations/view.ts'
import { stateOf } from '../shards/states.ts'
import { keyOf, prune, put, settingOf } from './planning.ts'

const CUTS = ['/b', '/d', '/f']
const ITEMS = { '/a': 1, '/b': 2, '/c': 3, '/d': 4, '/e': 5, '/f': 6, '/g': 7 }

/** What a step throws. */
function thrownBy(step: () => unknown): unknown {
  try {
    step()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}

const needs = (...ids: string[]) => expect.objectContaining({ constructor: NeedShards, ids })
const idsOf = (shards: readonly { readonly id: string }[]): string[] => shards.map(({ id }) => id)

describe('the owner of a key', () => {
  test.each([
    ['/a', '0'],
    ['/b', '1'],
    ['/c', '1'],
    ['/d', '2'],
    ['/f', '3'],
    ['/z', '3'],
  ])('%s is in shard %s, whatever the map knows', (path, owner) => {
    const unmapped = [[], ['1'], ['2', '3'], ['1', '2', '3']]
    for (const each of unmapped)
      expect(settingOf(ITEMS, { cuts: CUTS, unmapped: each }).view.at(keyOf(path)).id).toBe(owner)
  })

  test('is found by way of neighbours that are taken note of', () => {
    const { view, followed } = settingOf(ITEMS, { cuts: CUTS, unmapped: ['2', '3'] })
    view.at(keyOf('/e'))
    expect(followed).toEqual(['1'])
    view.at(keyOf('/c'))
    expect(followed).toEqual(['1'])
  })

  test('that is not there is asked for', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, missing: ['2'], unmapped: ['3'] })
    expect(thrownBy(() => view.at(keyOf('/e')))).toEqual(needs('2'))
    expect(thrownBy(() => view.at(keyOf('/g')))).toEqual(needs('2'))
    expect(view.at(keyOf('/c')).id).toBe('1')
  })

  test('that could not be read is unreadable, also where an older base was there', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS })
    const error = new Error('torn')
    view.takeError('1', error)
    expect(view.base('1')).toBeUndefined()
    expect(view.knows('1')).toBe(true)
    const thrown = thrownBy(() => view.at(keyOf('/c')))
    expect(thrown).toBeInstanceOf(Unreadable)
    expect(thrown).toMatchObject({ error })
  })

  test('that begins elsewhere than its neighbour says is unreadable', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, unmapped: ['2', '3'] })
    view.take({ id: '2', state: stateOf({}, { lo: keyOf('/e') }), version: 'v', hash: new Uint8Array(32) })
    for (const look of [() => view.at(keyOf('/g')), () => view.range(keyOf('/c'), null)]) {
      expect(thrownBy(look)).toMatchObject({ constructor: Unreadable, error: { code: 'ERR_CORRUPT' } })
    }
  })
})

describe('the owners of a range', () => {
  test.each([
    ['/a', '/a', ['0']],
    ['/a', '/b', ['0', '1']],
    ['/b', '/c', ['1']],
    ['/c', '/d', ['1', '2']],
    ['/d', '/e', ['2']],
    ['/c', '/z', ['1', '2', '3']],
    ['/g', '/z', ['3']],
  ])('from %s to %s are %s, whatever the map knows', (first, last, owners) => {
    for (const unmapped of [[], ['1'], ['2'], ['3'], ['1', '2', '3']]) {
      const { view } = settingOf(ITEMS, { cuts: CUTS, unmapped })
      expect(idsOf(view.range(keyOf(first), keyOf(last)))).toEqual(owners)
    }
  })

  test('to the end are all from there', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, unmapped: ['2'] })
    expect(idsOf(view.range(keyOf('/c'), null))).toEqual(['1', '2', '3'])
  })

  test('that are not there are asked for all at once', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, missing: ['0', '2', '3'] })
    view.takeError('2', new Error('torn'))
    expect(thrownBy(() => view.range(keyOf('/a'), null))).toEqual(needs('0', '3'))
    expect(thrownBy(() => view.range(keyOf('/a'), keyOf('/c')))).toEqual(needs('0'))
    expect(thrownBy(() => view.range(keyOf('/d'), keyOf('/e')))).toBeInstanceOf(Unreadable)
  })

  test('take note of the neighbours on the way, and of none beyond', () => {
    const { view, followed } = settingOf(ITEMS, { cuts: CUTS, unmapped: ['1'] })
    view.range(keyOf('/b'), keyOf('/e'))
    expect(followed).toEqual(['0', '1'])
  })

  test('of a directory are those of its items', () => {
    const { view } = settingOf({ '/d/x': 1, '/e/x': 1 }, { cuts: ['/d/k', '/e/*', '/e/k'] })
    expect(idsOf(view.directory('/d/'))).toEqual(['0', '1'])
    expect(idsOf(view.directory('/e/'))).toEqual(['2', '3'])
  })
})

describe('looking at several things', () => {
  test('gives what was seen, in order', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS })
    expect(view.each(['/g', '/a'], (path) => view.at(keyOf(path)).id)).toEqual(['3', '0'])
    expect(view.each([], () => 1)).toEqual([])
  })

  test('asks for all that is missing at once', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, missing: ['0', '3'] })
    expect(thrownBy(() => view.each(['/a', '/c', '/g'], (path) => view.at(keyOf(path))))).toEqual(needs('0', '3'))
  })

  test('stops at what cannot be read', () => {
    const { view } = settingOf(ITEMS, { cuts: CUTS, missing: ['0', '3'] })
    view.takeError('3', new Error('torn'))
    expect(thrownBy(() => view.each(['/a', '/g'], (path) => view.at(keyOf(path))))).toBeInstanceOf(Unreadable)
  })
})

describe('what planning lacks', () => {
  const [first, second] = [put('/a', 1), prune('/d/')]

  test('is kept by operation, and adds up', () => {
    const lacks = new Lacks()
    expect(lacks.any).toBe(false)
    expect(lacks.try([first], () => 'seen')).toBe('seen')
    expect(lacks.any).toBe(false)
    const need = (...ids: string[]) => {
      throw new NeedShards(ids)
    }
    expect(lacks.try([first, second], () => need('1', '2'))).toBeUndefined()
    expect(lacks.try([second], () => need('3'))).toBeUndefined()
    expect(lacks.any).toBe(true)
    expect([...lacks.needs]).toEqual([
      [first, new Set(['1', '2'])],
      [second, new Set(['1', '2', '3'])],
    ])
    expect(lacks.errors.size).toBe(0)
  })

  test('is an error where something cannot be read', () => {
    const lacks = new Lacks()
    const error = new Error('torn')
    const step = () => {
      throw new Unreadable(error)
    }
    expect(lacks.try([first, second], step)).toBeUndefined()
    expect([...lacks.errors]).toEqual([
      [first, error],
      [second, error],
    ])
    expect(lacks.any).toBe(true)
    expect(lacks.needs.size).toBe(0)
  })

  test('is nothing where the engine has a defect: that is thrown on', () => {
    const step = () => {
      throw new RangeError('defect')
    }
    expect(() => new Lacks().try([first], step)).toThrow(RangeError)
    expect(() => settingOf({}).view.each([1], step)).toThrow(RangeError)
  })
})
