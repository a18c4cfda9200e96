import { type BlobStore, VaultError } from '@vaultdb/core'
import type { DropboxEmulator } from '@vaultdb/dropbox-emulator'
import { expect, test } from 'vitest'
import { content, createTestClock, openStore, startDropbox, type TestClock } from './stores.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What became of the requests that a watch makes. */
function polls({ requests }: DropboxEmulator, route: string): unknown[] {
  return requests.filter((each) => each.route.endsWith(route)).map(({ answer }) => answer)
}

interface Watched {
  readonly store: BlobStore
  readonly clock: TestClock
  readonly seen: string[]
  readonly stop: () => void
  /** Resolves when the watch waits for changes for the `count`th time. */
  waits(count?: number): Promise<void>
  /** Resolves when so many changes were seen. */
  sees(count: number): Promise<void>
}

function watch(dropbox: DropboxEmulator, folder: string = ''): Watched {
  const clock = createTestClock()
  const store = openStore(dropbox, { accessToken: dropbox.issueToken(), folder, runtime: clock })
  const seen: string[] = []
  const stop = store.watch?.((key) => seen.push(key)) ?? (() => undefined)
  return {
    store,
    clock,
    seen,
    stop,
    async waits(count = 1) {
      while (polls(dropbox, 'longpoll').length < count) await turn()
    },
    async sees(count) {
      while (seen.length < count) await turn()
    },
  }
}

test('a watch names what others change, create and delete, and nothing else', async () => {
  const dropbox = await startDropbox()
  const writer = openStore(dropbox, { accessToken: dropbox.issueToken(), folder: '/Vault' })
  const version = await writer.write('vault', content(1), null)
  const { waits, sees, seen } = watch(dropbox, '/Vault')
  await waits()
  const elsewhere = openStore(dropbox, { accessToken: dropbox.issueToken(), folder: '/Other' })
  await elsewhere.write('vault', content(1), null)
  const next = await writer.write('vault', content(2), version)
  await sees(1)
  await waits(2)
  await writer.write('shards/aB', content(2), null)
  await sees(2)
  await waits(3)
  await writer.delete('vault', next)
  await sees(3)
  expect(seen).toEqual(['vault', 'shards/aB', 'vault'])
})

test('longpoll is asked without authorization', async () => {
  const dropbox = await startDropbox()
  const sent = new Map<string, boolean>()
  const fetch = (url: string, init?: RequestInit): Promise<Response> => {
    sent.set(new URL(url).hostname, new Headers(init?.headers).has('authorization'))
    return dropbox.fetch(url, init)
  }
  openStore(dropbox, { accessToken: dropbox.issueToken(), fetch }).watch?.(() => undefined)
  while (sent.size < 2) await turn()
  expect(sent).toEqual(
    new Map([
      ['api.dropboxapi.com', true],
      ['notify.dropboxapi.com', false],
    ]),
  )
})

test('many watches share one connection; the last one to end, or closing, ends it at once', async () => {
  const dropbox = await startDropbox()
  const { store, stop, waits } = watch(dropbox)
  const others = [store.watch?.(() => undefined), store.watch?.(() => undefined)]
  await waits()
  for (const end of others) end?.()
  await turn()
  expect(polls(dropbox, 'longpoll')).toEqual([undefined])
  stop()
  // The emulator notices that nobody listens.
  while (polls(dropbox, 'longpoll')[0] !== 'gone') await turn()
  store.watch?.(() => undefined)
  await waits(2)
  await store.close?.()
  while (polls(dropbox, 'longpoll')[1] !== 'gone') await turn()
  expect(polls(dropbox, 'longpoll')).toHaveLength(2)
})

test('the server’s wish to be left alone for a while is respected', async () => {
  const dropbox = await startDropbox({ longpollBackoffSeconds: 30 })
  const { store, clock, waits, sees } = watch(dropbox)
  await waits()
  await store.write('vault', content(1), null)
  await sees(1)
  while (clock.pausesMs.length === 0) await turn()
  expect([clock.pausesMs, polls(dropbox, 'longpoll')]).toEqual([[30_000], [200]])
  await clock.endPause()
  await waits(2)
})

test('a cursor that was reset is replaced', async () => {
  const dropbox = await startDropbox()
  const { store, clock, waits, sees } = watch(dropbox)
  await waits()
  dropbox.resetCursors()
  await store.write('vault', content(1), null) // wakes the poll, whose cursor is then refused
  await clock.endPause()
  await waits(2)
  expect(polls(dropbox, 'get_latest_cursor')).toEqual([200, 200])
  await store.write('shards/0', content(1), null)
  await sees(1)
})

test('trouble is waited out, longer and longer, as long as Dropbox asks at least', async () => {
  const dropbox = await startDropbox({ faults: () => ({ answer: 'reset' }) })
  const { store, clock, waits, sees } = watch(dropbox)
  for (let pause = 0; pause < 11; pause++) await clock.endPause()
  expect(clock.pausesMs.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
  expect(clock.pausesMs[10]).toBe(300_000)
  const headers = { 'Retry-After': '400' }
  dropbox.faults = () => ({ answer: { status: 429, headers } })
  await clock.endPause()
  while (clock.pausesMs.length < 13) await turn()
  expect(clock.pausesMs[12]).toBe(400_000)
  dropbox.faults = undefined
  await clock.endPause()
  await waits()
  await store.write('vault', content(1), null)
  await sees(1)
  expect(clock.pausesMs).toHaveLength(13)
})

test('a folder that is not there yet is waited for', async () => {
  const dropbox = await startDropbox()
  const { store, clock, waits, sees } = watch(dropbox, '/Vault')
  while (clock.pausesMs.length === 0) await turn()
  await store.write('vault', content(1), null)
  await clock.endPause()
  await waits()
  await store.write('shards/0', content(1), null)
  await sees(1)
})

test('a watch ends where signing in would be needed, and goes on with the next one', async () => {
  const dropbox = await startDropbox()
  const clock = createTestClock()
  let signedIn = false
  const getAccessToken = (): string => {
    if (signedIn) return dropbox.issueToken()
    throw new VaultError('ERR_UNAUTHORIZED', 'Signed out.')
  }
  const store = openStore(dropbox, { getAccessToken, runtime: clock })
  const seen: string[] = []
  store.watch?.((key) => seen.push(`first ${key}`))
  await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  await turn()
  expect([clock.pausesMs, dropbox.requests]).toEqual([[], []])
  signedIn = true
  store.watch?.((key) => seen.push(`second ${key}`))
  while (polls(dropbox, 'longpoll').length === 0) await turn()
  await store.write('vault', content(1), null)
  while (seen.length < 2) await turn()
  expect(seen).toEqual(['first vault', 'second vault'])
})

test('a closed store watches nothing', async () => {
  const dropbox = await startDropbox()
  const { store } = watch(dropbox)
  await store.close?.()
  expect(() => store.watch?.(() => undefined)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})
