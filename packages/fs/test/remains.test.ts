import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { type BlobStore, errorCode } from '@vaultdb/core'
import { createFileStore, type FileStoreOptions } from '@vaultdb/fs'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { scratchFolder } from './store-for-children.ts'

const scratch = scratchFolder()
afterAll(scratch.dispose)
afterEach(() => {
  vi.restoreAllMocks()
})

const TOKEN = '00112233445566ff'
const HOUR_MS = 60 * 60 * 1000

let folders = 0
const freshFolder = (): string => join(scratch.path, `folder-${folders++}`)

/** A store whose clock says `nowMs`. */
function storeAt(folder: string, nowMs: number): BlobStore {
  const { runtime } = {
    runtime: { now: () => nowMs, randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) },
  }
  return createFileStore(folder, { runtime })
}

async function writeTimes(folder: string, times: number, options?: FileStoreOptions): Promise<string> {
  const store = createFileStore(folder, options)
  let version: string | null = null
  for (let time = 1; time <= times; time++) version = await store.write('vault', new Uint8Array([time]), version)
  return version ?? ''
}

describe('contents that a crash left', () => {
  test('what can never become current is cleared by the next write; what still could is not', async () => {
    const folder = freshFolder()
    const version = await writeTimes(folder, 3)
    const key = join(folder, 'vault.blob')
    for (const number of [2, 3, 4, 5]) fs.writeFileSync(join(key, `${number}.${TOKEN}`), 'left')
    const store = createFileStore(folder)
    expect(await store.read('vault')).toMatchObject({ version, data: new Uint8Array([3]) })
    const next = await store.write('vault', new Uint8Array([4]), version)
    expect(fs.readdirSync(key).sort()).toEqual([next, `5.${TOKEN}`, `head.${next}`].sort())
    const last = await store.write('vault', new Uint8Array([5]), next)
    expect(fs.readdirSync(key).sort()).toEqual([last, `head.${last}`].sort())
  })

  test('the content of a deleted key is cleared when the next file is created; one being created there again is not', async () => {
    const folder = freshFolder()
    await createFileStore(folder).delete('vault', await writeTimes(folder, 2))
    const key = join(folder, 'vault.blob')
    const [gone = ''] = fs.readdirSync(key)
    for (const name of [`2.${TOKEN}`, `3.${TOKEN}`, `4.${TOKEN}`, `1.${TOKEN}.old`])
      fs.writeFileSync(join(key, name), 'left')
    await createFileStore(folder).write('other', new Uint8Array([1]), null)
    expect(fs.readdirSync(key).sort()).toEqual([gone, `1.${TOKEN}.old`, `4.${TOKEN}`].sort())
  })

  test('`keep` older versions stay, newest first, also over a deletion', async () => {
    const folder = freshFolder()
    const version = await writeTimes(folder, 5, { keep: 2 })
    const kept = (): string[] => fs.readdirSync(join(folder, 'vault.blob')).filter((name) => name.endsWith('.old'))
    expect(kept().map((name) => fs.readFileSync(join(folder, 'vault.blob', name))[0])).toEqual([3, 4])
    await createFileStore(folder, { keep: 2 }).delete('vault', version)
    expect(kept().map((name) => fs.readFileSync(join(folder, 'vault.blob', name))[0])).toEqual([4, 5])
    await createFileStore(folder).write('vault', new Uint8Array([6]), null)
    expect(kept()).toEqual([])
  })
})

describe('folders that a crash left', () => {
  const unfinished = (folder: string, segment: string, end: string): string => {
    const path = join(folder, `${segment}.${TOKEN}.${end}`)
    fs.mkdirSync(path, { recursive: true })
    fs.writeFileSync(join(path, `head.1.${TOKEN}`), '')
    return path
  }

  test('of a key that exists, and half removed ones: cleared; of another: once it is an hour old', async () => {
    const folder = freshFolder()
    await writeTimes(folder, 1)
    const paths = [
      unfinished(folder, 'vault', 'new'),
      unfinished(folder, 'other', 'trash'),
      unfinished(folder, 'other', 'new'),
    ]
    const there = (): boolean[] => paths.map((path) => fs.existsSync(path))
    const changedAtMs = fs.statSync(paths[2] ?? '').mtimeMs
    await storeAt(folder, changedAtMs + HOUR_MS - 1000).write('a', new Uint8Array(1), null)
    expect(there()).toEqual([false, false, true])
    await storeAt(folder, changedAtMs + HOUR_MS + 1000).write('b', new Uint8Array(1), null)
    expect(there()).toEqual([false, false, false])
  })

  test('renamed before they are emptied, so that no writer can publish one with half of its files', async () => {
    const folder = freshFolder()
    await writeTimes(folder, 1)
    const path = unfinished(folder, 'vault', 'new')
    vi.spyOn(fs, 'rmSync').mockImplementation(() => undefined) // killed before the first file is removed
    await createFileStore(folder).write('a', new Uint8Array(1), null)
    expect([fs.existsSync(path), fs.existsSync(path.replace(/new$/, 'trash'))]).toEqual([false, true])
  })

  test('a creator that lives although its folder was cleared fails honestly, and can try again', async () => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    const sync = fs.fsync
    const other = storeAt(folder, Number.MAX_SAFE_INTEGER)
    let swept: Promise<unknown> | undefined
    // In the middle of the creation, another process clears as if an hour had passed.
    await store.write('first', new Uint8Array(1), null)
    vi.spyOn(fs, 'fsync').mockImplementationOnce(
      Object.assign((fd: number, done: fs.NoParamCallback) => {
        swept = other.write('other', new Uint8Array(1), null).then(() => sync(fd, done))
      }, sync),
    )
    const outcome = await store.write('vault', new Uint8Array([1]), null).catch((error: unknown) => errorCode(error))
    await swept
    expect(outcome).toBe('ERR_UNAVAILABLE')
    expect(await store.read('vault')).toBeNull()
    const version = await store.write('vault', new Uint8Array([2]), null)
    expect(await store.read('vault')).toEqual({ data: new Uint8Array([2]), version })
    expect(fs.readdirSync(folder).filter((name) => !name.endsWith('.blob'))).toEqual([])
  })

  test('a creator whose folder was cleared because another was quicker has a conflict', async () => {
    const folder = freshFolder()
    const winner = freshFolder()
    const version = await createFileStore(winner).write('vault', new Uint8Array([1]), null)
    const store = createFileStore(folder)
    await store.write('first', new Uint8Array(1), null)
    const { openSync } = fs
    // Between the making of its folder and that of the first file in it.
    vi.spyOn(fs, 'openSync').mockImplementationOnce((path, ...rest) => {
      const unfinished = dirname(String(path))
      expect(unfinished).toMatch(/\.new$/)
      fs.renameSync(join(winner, 'vault.blob'), join(folder, 'vault.blob'))
      fs.rmSync(unfinished, { recursive: true })
      return openSync(path, ...rest)
    })
    expect(await store.write('vault', new Uint8Array([2]), null).catch((error: unknown) => errorCode(error))).toBe(
      'ERR_CONFLICT',
    )
    expect(await store.read('vault')).toEqual({ data: new Uint8Array([1]), version })
  })
})

describe('the store as an object', () => {
  test('a folder that is missing reads as empty and is not made by reading', async () => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    expect(await store.read('vault')).toBeNull()
    expect(await store.list('')[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
    expect(fs.existsSync(folder)).toBe(false)
  })

  test('a signal that comes in the middle of a write: ERR_UNAVAILABLE, nothing changed, nothing left', async () => {
    const folder = freshFolder()
    const version = await writeTimes(folder, 1)
    const store = createFileStore(folder)
    const giveUp = new AbortController()
    const writing = store.write('vault', new Uint8Array([2]), version, { signal: giveUp.signal })
    giveUp.abort()
    expect(await writing.catch((error: unknown) => errorCode(error))).toBe('ERR_UNAVAILABLE')
    expect(await store.read('vault')).toEqual({ data: new Uint8Array([1]), version })
    expect(fs.readdirSync(join(folder, 'vault.blob'))).toHaveLength(2)
  })

  test('close waits for writes under way', async () => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    let done = false
    const writing = store.write('vault', new Uint8Array([1]), null).then(() => {
      done = true
    })
    await store.close?.()
    expect(done).toBe(true)
    await writing
  })

  test('a watch tells of a file that another client writes, in a folder made later too', async () => {
    const folder = freshFolder()
    await writeTimes(folder, 1)
    const store = createFileStore(folder)
    const seen = new Set<string>()
    const both = new Promise<void>((resolve) => {
      store.watch?.((key) => {
        seen.add(key)
        if (seen.has('vault') && seen.has('shards/A0')) resolve()
      })
    })
    const other = createFileStore(folder)
    const blob = await other.read('vault')
    if (blob === null || blob === 'unchanged') throw new Error('The file is missing.')
    await other.write('vault', new Uint8Array([2]), blob.version)
    await other.write('shards/A0', new Uint8Array([2]), null)
    await both
    await store.close?.()
    expect(() => store.watch?.(() => undefined)).toThrow()
  })

  test.each([
    ['', {}, TypeError],
    ['a\0b', {}, TypeError],
    ['a', { durabel: true }, TypeError],
    ['a', { durable: 'yes' }, TypeError],
    ['a', { keep: 1.5 }, TypeError],
    ['a', { keep: -1 }, RangeError],
    ['a', null, TypeError],
  ])('arguments that cannot be: %j %j', (directory, options, expected) => {
    expect(() => createFileStore(directory, options as FileStoreOptions)).toThrow(expected)
  })
})
