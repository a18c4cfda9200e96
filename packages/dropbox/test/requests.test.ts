import { createRuntime, type Runtime } from '@vaultdb/core'
import { rateLimited } from '@vaultdb/dropbox-emulator'
import { expect, test } from 'vitest'
import { doubledChanges, MET_THEMSELVES, sendTwice } from '../../core/test/sent-twice.ts'
import { content, openStore, startDropbox } from './stores.ts'

/** What was sent, tokens aside, since it was asked for the last time. */
function sent(dropbox: Awaited<ReturnType<typeof startDropbox>>): () => string[] {
  let seen = 0
  return () => {
    const fresh = dropbox.requests.slice(seen).filter(({ route }) => route !== 'oauth2/token')
    seen = dropbox.requests.length
    return fresh.map(({ route, answer }) => `${route} ${answer}`)
  }
}

test('each operation is one request, and what is unchanged comes without a body', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  const requests = sent(dropbox)
  expect(await store.read('vault')).toBeNull()
  expect(requests()).toEqual(['files/download 409'])
  const version = await store.write('vault', content(1), null)
  expect(requests()).toEqual(['files/upload 200'])
  expect(await store.read('vault', { unlessVersion: version })).toBe('unchanged')
  expect(requests()).toEqual(['files/download 304'])
  expect(await store.read('vault', { unlessVersion: '123456789' })).toEqual({ data: content(1), version })
  expect(requests()).toEqual(['files/download 200'])
  for await (const listed of store.list('')) expect(listed).toEqual({ key: 'vault', version, size: 100 })
  expect(requests()).toEqual(['files/list_folder 200'])
  await store.delete('vault', version)
  expect(requests()).toEqual(['files/delete_v2 200'])
})

test('where a page sends the requests, what is unchanged is found out by its metadata: one request, or two', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  const version = await store.write('vault', content(1), null)
  const requests = sent(dropbox)
  requests()
  const page = globalThis as { document?: object }
  page.document = {}
  try {
    expect(await store.read('vault', { unlessVersion: version })).toBe('unchanged')
    expect(requests()).toEqual(['files/get_metadata 200'])
    expect(await store.read('vault', { unlessVersion: '123456789' })).toEqual({ data: content(1), version })
    expect(requests()).toEqual(['files/get_metadata 200', 'files/download 200'])
    expect(await store.read('shards/0', { unlessVersion: version })).toBeNull()
  } finally {
    delete page.document
  }
})

test('an upload asks for the strictest that there is', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox, { accessToken: dropbox.issueToken(), folder: '/Vaults' })
  const version = await store.write('shards/aB', content(1), null)
  await store.write('shards/aB', content(2), version)
  const hash = dropbox.files().get('/Vaults/shards/a+b')?.metadata.content_hash
  const common = { path: '/Vaults/shards/a+b', autorename: false, strict_conflict: true, mute: true }
  expect(dropbox.requests.map(({ argument }) => argument)).toEqual([
    { ...common, mode: { '.tag': 'add' }, content_hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { ...common, mode: { '.tag': 'update', update: version }, content_hash: hash },
  ])
})

test('a version that Dropbox never gives is a conflict, and nothing is asked', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  for (const version of ['', '1', 'no-such-version', '12345678', 'ABCDEF012']) {
    await expect(store.write('vault', content(1), version)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    await expect(store.delete('vault', version)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
  }
  expect(dropbox.requests).toEqual([])
})

test('a listing of many files comes in pages; other files beside them are left alone', async () => {
  const dropbox = await startDropbox({ maxPageEntries: 3 })
  const store = openStore(dropbox)
  for (let index = 0; index < 8; index++) await store.write(`shards/s${index}`, content(index), null)
  const token = dropbox.issueToken()
  for (const path of ['/shards/vault (conflicted copy).x', '/Photo.jpeg', '/shards/a+', '/shards/++a']) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/octet-stream' }
    const argument = JSON.stringify({ path })
    await dropbox.fetch('https://content.dropboxapi.com/2/files/upload', {
      method: 'POST',
      headers: { ...headers, 'Dropbox-API-Arg': argument },
      body: 'x',
    })
  }
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  expect(keys.sort()).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'].map((name) => `shards/${name}`))
  expect(dropbox.requests.filter(({ route }) => route === 'files/list_folder/continue').length).toBeGreaterThan(2)
})

test('a listing whose cursor is lost on the way is to be begun again', async () => {
  const dropbox = await startDropbox({ maxPageEntries: 1 })
  const store = openStore(dropbox)
  await store.write('vault', content(1), null)
  await store.write('shards/0', content(2), null)
  dropbox.faults = ({ route }) => void (route.endsWith('continue') && dropbox.resetCursors())
  const listing = async (): Promise<void> => {
    for await (const _ of store.list(''));
  }
  await expect(listing()).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', message: expect.stringContaining('reset') })
})

test('a listing that changes under way names each file once, as it was last', async () => {
  const dropbox = await startDropbox({ maxPageEntries: 2 })
  const store = openStore(dropbox)
  const old = await store.write('shards/0', content(0), null)
  for (const name of ['1', '2', '3', '4']) await store.write(`shards/${name}`, content(1), null)
  const other = openStore(dropbox)
  let newer = ''
  let gate = Promise.resolve()
  dropbox.faults = ({ route }) => {
    if (route !== 'files/list_folder/continue' || newer !== '') return undefined
    newer = 'soon'
    gate = other.write('shards/0', content(9), old).then((version) => {
      newer = version
    })
    return { before: gate }
  }
  const found = new Map<string, string | undefined>()
  for await (const { key, version } of store.list('shards/')) {
    expect(found.has(key)).toBe(false)
    found.set(key, version)
  }
  expect(found.get('shards/0')).toBe(newer)
  expect(found.size).toBe(5)
})

test('a file that is deleted while it is listed is not named', async () => {
  const dropbox = await startDropbox({ maxPageEntries: 2 })
  const store = openStore(dropbox)
  const version = await store.write('shards/0', content(0), null)
  for (const name of ['1', '2', '3']) await store.write(`shards/${name}`, content(1), null)
  const other = openStore(dropbox)
  let deletion: Promise<void> | undefined
  dropbox.faults = ({ route }) => {
    if (route !== 'files/list_folder/continue' || deletion !== undefined) return undefined
    deletion = other.delete('shards/0', version)
    return { before: deletion }
  }
  const keys: string[] = []
  for await (const { key } of store.list('shards/')) keys.push(key)
  expect(keys.sort()).toEqual(['shards/1', 'shards/2', 'shards/3'])
})

test('what the caller does to the content after the call is not sent, also where the write waits for its turn', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  const write = async (key: string): Promise<void> => {
    const data = content(1)
    const writing = store.write(key, data, null)
    data.fill(0)
    await writing
    expect(await store.read(key)).toMatchObject({ data: content(1) })
  }
  await write('shards/0')
  dropbox.faults = () => ({ apply: false, answer: rateLimited('too_many_write_operations', 1) })
  await expect(store.write('vault', content(1), null)).rejects.toMatchObject({ retryAfterMs: 1000 })
  dropbox.faults = undefined
  await Promise.all([write('shards/1'), write('shards/2')])
})

test('a request that is given up leaves no connection waiting', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox, { accessToken: dropbox.issueToken() })
  const never = new Promise<never>(() => undefined)
  dropbox.faults = () => ({ before: never })
  for (const [send, code] of [
    [(signal: AbortSignal) => store.read('vault', { signal }), 'ERR_ABORTED'],
    [(signal: AbortSignal) => store.write('vault', content(1), null, { signal }), 'ERR_UNAVAILABLE'],
    [(signal: AbortSignal) => store.delete('vault', '123456789', { signal }), 'ERR_UNAVAILABLE'],
    [(signal: AbortSignal) => store.list('', { signal })[Symbol.asyncIterator]().next(), 'ERR_ABORTED'],
  ] as const) {
    const before = dropbox.requests.length
    const controller = new AbortController()
    const request: Promise<unknown> = send(controller.signal)
    const outcome = request.catch((error: unknown) => error)
    while (dropbox.requests.length === before) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    expect(await outcome).toMatchObject({ code, cause: { message: 'enough' } })
  }
})

test('writes of one store do not get into each other’s way again, once Dropbox has refused one for another', async () => {
  const keys = Array.from({ length: 8 }, (_, index) => `shards/${index}`)
  const runtime: Runtime = {
    ...createRuntime(),
    // Each write takes until all others that are under way have been refused.
    sleep: async () => {
      const waiting = (): number => dropbox.requests.filter(({ answer }) => answer === undefined).length
      while (dropbox.requests.length < keys.length || waiting() > 1)
        await new Promise((resolve) => setImmediate(resolve))
    },
  }
  const dropbox = await startDropbox({ writeMs: 1, runtime })
  const store = openStore(dropbox, { accessToken: dropbox.issueToken() })
  const first = await Promise.allSettled(keys.map((key) => store.write(key, content(1), null)))
  const refused = keys.filter((_, index) => first[index]?.status === 'rejected')
  expect(refused).toHaveLength(7)
  for (const outcome of first) {
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ code: 'ERR_UNAVAILABLE', retryAfterMs: 1000 })
  }
  const versions = await Promise.all(refused.map((key) => store.write(key, content(1), null)))
  await Promise.all(refused.map((key, index) => store.delete(key, versions[index] ?? '')))
})

test('a write that is given up before its turn is not sent', async () => {
  const dropbox = await startDropbox()
  const deaf = (url: string, { signal: _, ...init }: RequestInit = {}): Promise<Response> => dropbox.fetch(url, init)
  const store = openStore(dropbox, { accessToken: dropbox.issueToken(), fetch: deaf })
  dropbox.faults = () => ({ apply: false, answer: rateLimited('too_many_write_operations', 1) })
  await expect(store.write('vault', content(1), null)).rejects.toMatchObject({ retryAfterMs: 1000 })
  let go = (): void => undefined
  const before = new Promise<void>((resolve) => {
    go = resolve
  })
  dropbox.faults = () => ({ before })
  const first = store.write('shards/1', content(1), null)
  const controller = new AbortController()
  const second = store.write('shards/2', content(2), null, { signal: controller.signal })
  const third = store.write('shards/3', content(3), null)
  const failed = expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } })
  controller.abort(new Error('enough'))
  await failed
  dropbox.faults = undefined
  go()
  await Promise.all([first, third])
  expect([...dropbox.files().keys()]).toEqual(['/shards/1', '/shards/3'])
  expect(dropbox.requests).toHaveLength(3)
})

test('a write that is given up after its turn has come may have been applied', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox, { accessToken: dropbox.issueToken() })
  dropbox.faults = () => ({ apply: false, answer: rateLimited('too_many_write_operations', 1) })
  await expect(store.write('vault', content(1), null)).rejects.toMatchObject({ retryAfterMs: 1000 })
  const never = new Promise<never>(() => undefined)
  dropbox.faults = () => ({ after: never })
  const controller = new AbortController()
  const failed = expect(store.write('vault', content(1), null, { signal: controller.signal })).rejects.toMatchObject({
    code: 'ERR_UNAVAILABLE',
    cause: { message: 'enough' },
  })
  while (dropbox.files().size === 0) await new Promise((resolve) => setImmediate(resolve))
  controller.abort(new Error('enough'))
  await failed
  dropbox.faults = undefined
  await expect(store.write('vault', content(2), null)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
})

test('a change that the platform sends twice on its way is a conflict, and not done', async () => {
  const dropbox = await startDropbox()
  const accessToken = dropbox.issueToken()
  const doubling = openStore(dropbox, { accessToken, fetch: sendTwice(dropbox.fetch) })
  expect(await doubledChanges(openStore(dropbox, { accessToken }), doubling)).toEqual(MET_THEMSELVES)
})
