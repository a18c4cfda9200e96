import { createMemoryStore } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { LOG_ENTRIES, LOG_OLDER_IDS } from '../../src/format/limits.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, openVault } from '../support/vault.ts'

const increment = (count: number | null): number => (count ?? 0) + 1
/** After so many writes of others a shard's log says nothing any more about the state that a client has cached. */
const BEYOND_THE_LOG = LOG_ENTRIES.kept + LOG_OLDER_IDS.kept + 1

test('a client that was idle while others wrote more than a log holds goes on from what it finds', async () => {
  const store = createMemoryStore()
  const idle = await createVault(store)
  await idle.put('/counter', 0)
  const busy = await openVault(store)
  for (let time = 0; time < BEYOND_THE_LOG; time++) await busy.update('/counter', increment)
  expect(await idle.update('/counter', increment)).toBe(BEYOND_THE_LOG + 1)
  expect(await busy.get('/counter')).toBe(BEYOND_THE_LOG + 1)
})

test('so does one that changes the root file', async () => {
  const store = createMemoryStore()
  const [idle, busy] = [await createVault(store), await openVault(store)].map((db) => internalsOf(db).engine.root)
  const rewrite = (root: typeof idle): Promise<void> | undefined => root?.change((_header, config) => ({ config }))
  const before = busy?.config.seq ?? Number.NaN
  for (let time = 0; time < BEYOND_THE_LOG; time++) await rewrite(busy)
  await rewrite(idle)
  expect(idle?.config.seq).toBe(before + BEYOND_THE_LOG + 1)
})

test('a client that waits after conflicts reads again before it writes: others write on meanwhile', async () => {
  const store = createMemoryStore()
  await (await createVault(store)).put('/counter', 0)
  const busy = await openVault(store)
  let others = 0
  const write = async (): Promise<void> => {
    others++
    await busy.update('/counter', increment)
  }
  let sent = 0
  const contested = withFaults(store, ({ kind }) =>
    kind === 'write' && ++sent <= 2 ? { delayUntil: write() } : 'pass',
  )
  const runtime = createTestRuntime(5)
  const waiting = await openVault(contested, { runtime: { ...runtime, sleep: write } })
  await waiting.update('/counter', increment)
  expect(await busy.get('/counter')).toBe(others + 1)
})
