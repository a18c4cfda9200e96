import { describe, expect, test } from 'vitest'
import { type Answer, type Client, startClient } from './client.ts'

const names = ({ json }: Answer): string[] =>
  Array.from(json.entries as unknown as { '.tag': string; path_display: string }[], (entry) =>
    entry['.tag'] === 'file' ? entry.path_display : `${entry.path_display} (${entry['.tag']})`,
  )

async function list({ rpc }: Client, argument: object): Promise<string[]> {
  let answer = await rpc('files/list_folder', argument)
  const all = names(answer)
  while (answer.json.has_more) {
    answer = await rpc('files/list_folder/continue', { cursor: answer.json.cursor })
    all.push(...names(answer))
  }
  return all.sort()
}

describe('a listing', () => {
  test('names what is in a folder, or in all folders below as well', async () => {
    const client = await startClient()
    for (const path of ['/a', '/folder/b', '/folder/deeper/c', '/folders']) await client.upload({ path })
    expect(await list(client, { path: '' })).toEqual(['/a', '/folder (folder)', '/folders'])
    expect(await list(client, { path: '/FOLDER' })).toEqual(['/folder/b', '/folder/deeper (folder)'])
    expect(await list(client, { path: '/folder', recursive: true })).toEqual([
      '/folder (folder)',
      '/folder/b',
      '/folder/deeper (folder)',
      '/folder/deeper/c',
    ])
    expect(await list(client, { path: '', recursive: true })).toHaveLength(6)
  })

  test('leaves out what was deleted, unless asked for', async () => {
    const client = await startClient()
    await client.upload({ path: '/a' })
    await client.upload({ path: '/b' })
    await client.rpc('files/delete_v2', { path: '/a' })
    expect(await list(client, { path: '' })).toEqual(['/b'])
    expect(await list(client, { path: '', include_deleted: true })).toEqual(['/a (deleted)', '/b'])
  })

  test('of nothing, or of a file, is a 409', async () => {
    const { upload, rpc } = await startClient()
    await upload({ path: '/a' })
    expect((await rpc('files/list_folder', { path: '/b' })).json.error_summary).toMatch(/^path\/not_found\//)
    expect((await rpc('files/list_folder', { path: '/a' })).json.error_summary).toMatch(/^path\/not_folder\//)
    expect((await rpc('files/list_folder', { path: '/a//b' })).json.error_summary).toMatch(/^path\/malformed_path\//)
  })

  test('comes in pages, of no more entries than the server likes', async () => {
    const client = await startClient({ maxPageEntries: 3 })
    for (let index = 0; index < 7; index++) await client.upload({ path: `/${index}` })
    const first = await client.rpc('files/list_folder', { path: '', limit: 2000 })
    expect([names(first), first.json.has_more]).toEqual([['/0', '/1', '/2'], true])
    expect(await list(client, { path: '', limit: 2 })).toHaveLength(7)
    expect(client.emulator.requests.filter(({ route }) => route === 'files/list_folder/continue')).toHaveLength(3)
  })
})

describe('a cursor', () => {
  test('gives what changed since, each path once, deletions included', async () => {
    const client = await startClient()
    const { upload, rpc } = client
    for (const path of ['/folder/a', '/folder/b', '/folder/c', '/elsewhere']) await upload({ path })
    const { json: listing } = await rpc('files/list_folder', { path: '/folder' })
    expect(listing.has_more).toBe(false)
    const { json: latest } = await rpc('files/list_folder/get_latest_cursor', { path: '/folder' })
    await upload({ path: '/folder/b', mode: 'overwrite' }, '1')
    await upload({ path: '/folder/b', mode: 'overwrite' }, '2')
    await rpc('files/delete_v2', { path: '/folder/c' })
    await upload({ path: '/elsewhere', mode: 'overwrite' }, '3')
    for (const { cursor } of [listing, latest]) {
      const changes = await rpc('files/list_folder/continue', { cursor })
      expect(names(changes)).toEqual(['/folder/b', '/folder/c (deleted)'])
      const none = await rpc('files/list_folder/continue', { cursor: changes.json.cursor })
      expect([names(none), none.json.has_more]).toEqual([[], false])
    }
  })

  test('gives again what is changed before its page has come, and takes back what is deleted after it', async () => {
    const { upload, rpc } = await startClient({ maxPageEntries: 2 })
    for (const path of ['/a', '/b', '/c']) await upload({ path })
    const first = await rpc('files/list_folder', { path: '' })
    expect(names(first)).toEqual(['/a', '/b'])
    await rpc('files/delete_v2', { path: '/a' })
    await upload({ path: '/b', mode: 'overwrite' }, 'new')
    const second = await rpc('files/list_folder/continue', { cursor: first.json.cursor })
    expect(names(second)).toEqual(['/c', '/a (deleted)'])
    expect(names(await rpc('files/list_folder/continue', { cursor: second.json.cursor }))).toEqual(['/b'])
  })

  test('ends: when it is reset, and when it is too old', async () => {
    const { rpc, emulator, runtime } = await startClient({ cursorLifetimeMs: 1000 })
    const fresh = async (): Promise<unknown> => (await rpc('files/list_folder', { path: '' })).json.cursor
    const use = async (cursor: unknown): Promise<unknown> => {
      const { status, json } = await rpc('files/list_folder/continue', { cursor })
      return status === 200 ? 200 : [status, json.error]
    }
    const first = await fresh()
    expect(await use(first)).toBe(200)
    emulator.resetCursors()
    expect(await use(first)).toEqual([409, { '.tag': 'reset' }])
    const second = await fresh()
    runtime.advance(999)
    expect(await use(second)).toBe(200)
    runtime.advance(1)
    expect(await use(second)).toEqual([409, { '.tag': 'reset' }])
  })

  test('is good for its own account only', async () => {
    const client = await startClient()
    const { json } = await client.rpc('files/list_folder', { path: '' })
    client.token = client.emulator.issueToken({ account: 'other' })
    expect((await client.rpc('files/list_folder/continue', { cursor: json.cursor })).status).toBe(400)
    expect((await client.rpc('files/list_folder/continue', { cursor: 'made-up' })).status).toBe(400)
    expect((await client.rpc('files/list_folder/continue', { cursor: '' })).status).toBe(400)
  })
})

describe('longpoll', () => {
  const poll = ({ send }: Client, cursor: unknown, timeout?: number): Promise<Answer> =>
    send('https://notify.dropboxapi.com/2/files/list_folder/longpoll', {
      headers: { 'Content-Type': 'application/json' }, // and no authorization
      body: JSON.stringify({ cursor, timeout }),
    })
  const cursorOf = async ({ rpc }: Client, path: string): Promise<unknown> =>
    (await rpc('files/list_folder/get_latest_cursor', { path, recursive: true })).json.cursor

  test('answers when something has changed in the folder', async () => {
    const client = await startClient()
    await client.upload({ path: '/folder/a' })
    const polling = poll(client, await cursorOf(client, '/folder'))
    await client.runtime.someoneSleeps()
    await client.upload({ path: '/elsewhere' })
    expect(client.runtime.sleeping).toHaveLength(1)
    await client.upload({ path: '/folder/deeper/b' })
    expect((await polling).json).toEqual({ changes: true })
    expect(client.runtime.sleeping).toEqual([])
  })

  test('answers at once when something has changed before', async () => {
    const client = await startClient()
    const cursor = await cursorOf(client, '')
    await client.upload({ path: '/a' })
    expect((await poll(client, cursor)).json).toEqual({ changes: true })
  })

  test('answers when its time is over, which the server makes longer', async () => {
    const client = await startClient()
    client.runtime.jitterValue = 0.5
    const polling = poll(client, await cursorOf(client, ''), 60)
    await client.runtime.someoneSleeps()
    expect(client.runtime.sleeping).toEqual([105_000])
    client.runtime.advance(105_000)
    expect((await polling).json).toEqual({ changes: false })
  })

  test('tells its clients to wait, where it has too many', async () => {
    const client = await startClient({ longpollBackoffSeconds: 30 })
    const cursor = await cursorOf(client, '')
    await client.upload({ path: '/a' })
    expect((await poll(client, cursor)).json).toEqual({ changes: true, backoff: 30 })
  })

  test.each([29, 481])('does not wait for %d seconds', async (timeout) => {
    const client = await startClient()
    expect((await poll(client, await cursorOf(client, ''), timeout)).status).toBe(400)
  })

  test('of a cursor that was reset, or of none', async () => {
    const client = await startClient()
    const cursor = await cursorOf(client, '')
    client.emulator.resetCursors()
    expect((await poll(client, cursor)).json.error).toEqual({ '.tag': 'reset' })
    expect((await poll(client, 'made-up')).status).toBe(400)
  })

  test('ends with the client that has gone, and with the server', async () => {
    const client = await startClient()
    const cursor = await cursorOf(client, '')
    const controller = new AbortController()
    const given = client.send('https://notify.dropboxapi.com/2/files/list_folder/longpoll', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ cursor }),
      signal: controller.signal,
    })
    await client.runtime.someoneSleeps()
    controller.abort()
    await expect(given).rejects.toThrow()
    while (client.runtime.sleeping.length > 0) await new Promise((resolve) => setImmediate(resolve))
    const waiting = poll(client, cursor)
    await client.runtime.someoneSleeps()
    await Promise.all([client.emulator.close(), expect(waiting).rejects.toThrow()])
    expect(client.runtime.sleeping).toEqual([])
  })
})
