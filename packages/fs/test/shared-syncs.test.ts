import fs from 'node:fs'
import { basename, join } from 'node:path'
import { errorCode } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { scratchFolder } from './store-for-children.ts'

const scratch = scratchFolder()
afterAll(scratch.dispose)
afterEach(() => {
  vi.restoreAllMocks()
})

const KEYS = Array.from({ length: 100 }, (_, index) => `shards/${index}`)

/**
 * Records renames and syncs, and holds back the first sync of the folder `shards` until as many renames have happened as
 * there are keys. `outcome`: how that sync ends.
 */
function record(outcome: Error | null = null): string[] {
  const events: string[] = []
  const paths = new Map<number, string>()
  const { openSync, renameSync, fsync } = fs
  let renames = 0
  let held: (() => void) | null = null
  let holding = true
  vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
    const fd = openSync(path, ...rest)
    paths.set(fd, basename(String(path)))
    return fd
  })
  vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    renameSync(from, to)
    events.push('renamed')
    renames += 1
    if (renames === KEYS.length) held?.()
  })
  vi.spyOn(fs, 'fsync').mockImplementation(
    Object.assign((fd: number, done: fs.NoParamCallback) => {
      const shared = paths.get(fd) === 'shards'
      events.push(shared ? 'shared sync begins' : 'sync')
      const sync = (error: Error | null): void =>
        fsync(fd, () => {
          if (shared) events.push('shared sync ends')
          done(error)
        })
      if (shared && holding) {
        holding = false
        held = () => sync(outcome)
      } else sync(null)
    }, fsync),
  )
  return events
}

const times = (count: number, event: string): string[] => new Array<string>(count).fill(event)

describe(`${KEYS.length} files created at once in one folder`, () => {
  test('two syncs of the folder are enough, and nobody is acknowledged by one that began before his rename', async () => {
    const store = createFileStore(join(scratch.path, 'shared'))
    await store.write('shards/first', new Uint8Array(9), null)
    const events = record()
    await Promise.all(
      KEYS.map(async (key) => {
        await store.write(key, new Uint8Array(9), null)
        events.push('acknowledged')
      }),
    )
    expect(events.filter((event) => event === 'sync')).toHaveLength(2 * KEYS.length)
    const order = events.filter((event) => event !== 'sync' && event !== 'acknowledged')
    expect(order).toEqual([
      'renamed',
      'shared sync begins',
      ...times(KEYS.length - 1, 'renamed'),
      'shared sync ends',
      'shared sync begins',
      'shared sync ends',
    ])
    const acknowledgedBy = (sync: number): number =>
      events.slice(0, sync).filter((event) => event === 'acknowledged').length
    expect(acknowledgedBy(events.indexOf('shared sync ends'))).toBe(0)
    expect(acknowledgedBy(events.lastIndexOf('shared sync ends'))).toBe(1)
    expect(acknowledgedBy(events.length)).toBe(KEYS.length)
  })

  test('a sync that fails leaves all of them unconfirmed, for the next would not tell; later ones sync anew', async () => {
    const store = createFileStore(join(scratch.path, 'failed'))
    await store.write('shards/first', new Uint8Array(9), null)
    const events = record(Object.assign(new Error('made up by a test'), { code: 'EIO' }))
    const outcomes = await Promise.allSettled(KEYS.map((key) => store.write(key, new Uint8Array(9), null)))
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? errorCode(outcome.reason) : 'acknowledged',
    )
    expect(new Set(codes)).toEqual(new Set(['ERR_UNAVAILABLE']))
    expect(events.filter((event) => event === 'shared sync begins')).toHaveLength(1)

    events.splice(0)
    const version = await store.write('shards/last', new Uint8Array(9), null)
    expect(events.slice(-3)).toEqual(['renamed', 'shared sync begins', 'shared sync ends'])
    expect(await store.read('shards/last')).toEqual({ data: new Uint8Array(9), version })
  })
})
