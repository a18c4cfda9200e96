import { errorCode } from '../../errors.ts'
import { type ConformanceCase, conformanceCase } from './case.ts'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
  readBlob,
  sameBytes,
  settle,
} from './expect.ts'

/** Beginning, giving up and ending: signals, limits, watches, `close`. */
export const lifecycleCases: readonly ConformanceCase[] = [
  conformanceCase('what the store says of itself is complete', [], async ({ store }) => {
    expect(typeof store.name === 'string' && store.name !== '', 'The store has no name.')
    const { maxBlobBytes, persistent, uniqueVersions, ...flags } = store.capabilities
    expect(
      maxBlobBytes === null || (Number.isSafeInteger(maxBlobBytes) && maxBlobBytes > 0),
      '`maxBlobBytes` is neither null nor a positive integer.',
    )
    expect(
      persistent === undefined || ['granted', 'denied', 'unknown'].includes(persistent),
      "`persistent` is given, but neither 'granted' nor 'denied' nor 'unknown'.",
    )
    expect(
      uniqueVersions === undefined || typeof uniqueVersions === 'boolean',
      '`uniqueVersions` is given, but neither true nor false.',
    )
    const names = [
      'atomicCreate',
      'atomicUpdate',
      'atomicReads',
      'conditionalDelete',
      'trustworthyListings',
      'crossProcess',
      'durable',
    ] as const
    for (const name of names)
      expect(typeof flags[name] === 'boolean', `Capability \`${name}\` is neither true nor false.`)
  }),

  conformanceCase('a request with an aborted signal is not sent', [], async ({ store }) => {
    const version = await store.write('vault', pattern(1, 50), null)
    const options = { signal: AbortSignal.abort() }
    await expectCode('ERR_ABORTED', 'Reading', () => store.read('vault', options))
    await expectCode('ERR_ABORTED', 'Creating', () => store.write('shards/0', pattern(2, 50), null, options))
    await expectCode('ERR_ABORTED', 'Updating', () => store.write('vault', pattern(2, 50), version, options))
    await expectCode('ERR_ABORTED', 'Deleting', () => store.delete('vault', version, options))
    await expectCode('ERR_ABORTED', 'Listing', async () => {
      for await (const { key } of store.list('', options)) expect(key === '', `An aborted listing names ${key}.`)
    })
    await expectContent(store, 'vault', pattern(1, 50), version)
    await expectAbsent(store, 'shards/0')
  }),

  conformanceCase('a write given up on its way says truly what became of it', [], async ({ store }) => {
    const version = await store.write('vault', pattern(1, 50), null)
    const controller = new AbortController()
    const writing = settle(() => store.write('vault', pattern(2, 60), version, { signal: controller.signal }))
    controller.abort()
    const outcome = await writing
    if (outcome.status === 'fulfilled') return expectContent(store, 'vault', pattern(2, 60), outcome.value)
    const code = errorCode(outcome.reason)
    expect(
      code === 'ERR_ABORTED' || code === 'ERR_UNAVAILABLE',
      `A write given up failed with ${String(outcome.reason)}.`,
    )
    if (code === 'ERR_ABORTED') return expectContent(store, 'vault', pattern(1, 50), version)
    const { data } = await readBlob(store, 'vault')
    expect(
      sameBytes(data, pattern(1, 50)) || sameBytes(data, pattern(2, 60)),
      'A write given up left something else than the file before or after it.',
    )
  }),

  conformanceCase('a file that is too large is refused, and nothing is stored', ['maxBlobBytes'], async ({ store }) => {
    const limit = store.capabilities.maxBlobBytes ?? 0
    if (limit > 8 * 1024 * 1024) return // larger ones cost a stranger's machine and line more than the answer is worth
    await expectCode('ERR_TOO_LARGE', `Writing ${limit + 1} bytes`, () =>
      store.write('shards/0', new Uint8Array(limit + 1), null),
    )
    await expectAbsent(store, 'shards/0')
    const version = await store.write('shards/0', pattern(1, 50), null)
    await expectCode('ERR_TOO_LARGE', `Updating to ${limit + 1} bytes`, () =>
      store.write('shards/0', new Uint8Array(limit + 1), version),
    )
    await expectContent(store, 'shards/0', pattern(1, 50), version)
  }),

  conformanceCase('a watch names keys, and nothing once it was ended', [], async ({ store }) => {
    if (store.watch === undefined) return
    const seen: string[] = []
    const unsubscribe = store.watch((key) => seen.push(key))
    let version = await store.write('vault', pattern(1, 50), null)
    await readBlob(store, 'vault')
    unsubscribe()
    unsubscribe()
    const before = seen.length
    for (let write = 0; write < 5; write++) version = await store.write('vault', pattern(write, 50), version)
    await listed(store, '')
    expect(seen.length === before, 'A watch called back after it was ended.')
    expect(
      seen.every((key) => key === 'vault'),
      `A watch named ${seen.join(', ')}, but only vault was changed.`,
    )
  }),

  conformanceCase('a closed store refuses everything, and may be closed again', [], async ({ store }) => {
    if (store.close === undefined) return
    const version = await store.write('vault', pattern(1, 50), null)
    await store.close()
    await expectCode('ERR_CLOSED', 'Reading', () => store.read('vault'))
    await expectCode('ERR_CLOSED', 'Creating', () => store.write('shards/0', pattern(2, 50), null))
    await expectCode('ERR_CLOSED', 'Updating', () => store.write('vault', pattern(2, 50), version))
    await expectCode('ERR_CLOSED', 'Deleting', () => store.delete('vault', version))
    await expectCode('ERR_CLOSED', 'Listing', () => listed(store, ''))
    await store.close()
  }),

  conformanceCase(
    'closing one client leaves the files and the other clients alone',
    ['crossProcess'],
    async (scene) => {
      const [first, second] = await scene.clients(2)
      if (first?.close === undefined || second === undefined) return
      const version = await first.write('vault', pattern(1, 50), null)
      await first.close()
      await expectContent(second, 'vault', pattern(1, 50), version)
      const next = await second.write('vault', pattern(2, 50), version)
      await expectContent(second, 'vault', pattern(2, 50), next)
    },
  ),
]
