import fs from 'node:fs'
import { basename, join } from 'node:path'
import { createFileStore, type FileStoreOptions } from '@vaultdb/fs'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { scratchFolder } from './store-for-children.ts'

const scratch = scratchFolder()
afterAll(scratch.dispose)
afterEach(() => {
  vi.restoreAllMocks()
})

/** Kinds of names, so that random ones compare. */
function kindOf(path: string): string {
  return basename(path)
    .replace(/[0-9a-f]{16}/, '*')
    .replace(/^folder-\w+$/, 'root')
}

/** Records what is made, synced, renamed and removed, in order. */
function record(): string[] {
  const events: string[] = []
  const paths = new Map<number, string>()
  const { openSync, renameSync, unlinkSync, fsync } = fs
  vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
    const fd = openSync(path, ...rest)
    paths.set(fd, String(path))
    return fd
  })
  vi.spyOn(fs, 'fsync').mockImplementation(
    Object.assign((fd: number, done: fs.NoParamCallback) => {
      const path = paths.get(fd) ?? ''
      fsync(fd, (error) => {
        events.push(`synced ${kindOf(path)}`)
        done(error)
      })
    }, fsync),
  )
  vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    renameSync(from, to)
    events.push(`renamed ${kindOf(String(from))} to ${kindOf(String(to))}`)
  })
  vi.spyOn(fs, 'unlinkSync').mockImplementation((path) => {
    unlinkSync(path)
    events.push(`removed ${kindOf(String(path))}`)
  })
  return events
}

async function eventsOf(
  folder: string,
  options: FileStoreOptions,
): Promise<{ creation: string[]; updates: string[][] }> {
  const store = createFileStore(folder, options)
  const events = record()
  let version = await store.write('shards/0', new Uint8Array(9), null)
  const creation = events.splice(0)
  const updates: string[][] = []
  for (let update = 0; update < 2; update++) {
    version = await store.write('shards/0', new Uint8Array(9), version)
    updates.push(events.splice(0))
  }
  return { creation, updates }
}

describe('what is on the disk before a write is acknowledged', () => {
  test('the content before the head is renamed, the name of the head before the old content goes', async () => {
    const { updates } = await eventsOf(join(scratch.path, 'folder-a'), {})
    expect(updates[1]).toEqual(['synced 3.*', 'renamed head.2.* to head.3.*', 'synced 0.blob', 'removed 2.*'])
    // After a creation the folder above once more: its creator may have been killed before it was synced.
    const [content, renamed, ...rest] = updates[0] ?? []
    expect([content, renamed]).toEqual(['synced 2.*', 'renamed head.1.* to head.2.*'])
    expect(rest.slice(0, 2).sort()).toEqual(['synced 0.blob', 'synced shards'])
    expect(rest.slice(2)).toEqual(['removed 1.*'])
  })

  test('a creation: the folders above, then content and folder under another name, then that of the file', async () => {
    const { creation } = await eventsOf(join(scratch.path, 'folder-b'), {})
    expect(creation.slice(0, 3)).toEqual(['synced shards', 'synced root', `synced ${kindOf(scratch.path)}`])
    expect(creation.slice(3, 5).sort()).toEqual(['synced 0.*.new', 'synced 1.*'])
    expect(creation.slice(5)).toEqual(['renamed 0.*.new to 0.blob', 'synced shards'])
  })

  test('with `durable: false` nothing is waited for', async () => {
    const { creation, updates } = await eventsOf(join(scratch.path, 'folder-c'), { durable: false })
    expect([creation, ...updates].flat().filter((event) => event.startsWith('synced'))).toEqual([])
    expect(updates[1]).toEqual(['renamed head.2.* to head.3.*', 'removed 2.*'])
  })
})
