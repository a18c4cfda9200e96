import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { internalsOf } from '../../../core/src/database/internals.ts'
import { numbersFrom } from '../../../core/test/support/runtime.ts'
import { KEY, readShards, SMALL_SHARD_BYTES } from '../../../core/test/support/vault.ts'
import { finish, inParallel, scratchFolder } from '../store-for-children.ts'
import type { Content, Contents, Death, Operation } from './children/operations.ts'
import { bundleChildren, startWorker } from './vault-for-children.ts'

const scratch = scratchFolder()
let children = ''
beforeAll(async () => {
  children = await bundleChildren(scratch.path)
})
afterAll(scratch.dispose)

const ROUNDS = 200
const VAULTS = 20
/** Starting 200 processes takes 10 seconds where nothing else runs, and much longer elsewhere. */
const TIMEOUT_MS = 300_000
/** Acknowledged operations after which a writer that does not come to its own end is killed from outside. */
const MAX_ACKNOWLEDGED = 12

/** The kinds of problems that there were to repair. */
const repaired = new Set<string>()

/** What a writer said before it was killed: what was acknowledged, and what was under way. */
interface Story {
  readonly acknowledged: readonly Operation[]
  readonly inFlight: Operation | null
}

function drawDeath(next: () => number): Death & { readonly acknowledgements: number } {
  const outside = next() % 4 === 0
  if (outside) return { when: 'never', files: 'any', nth: 0, acknowledgements: 1 + (next() % 6) }
  const when = (['before', 'during', 'after'] as const)[next() % 3] ?? 'during'
  const files = (['any', 'root', 'new', 'new'] as const)[next() % 4] ?? 'any'
  return { when, files, nth: 1 + (next() % (files === 'any' ? 12 : 2)), acknowledgements: MAX_ACKNOWLEDGED }
}

/** Lets a writer work on the vault until it is dead. */
async function runWriter(folder: string, number: number, next: () => number): Promise<Story> {
  const { acknowledgements, ...death } = drawDeath(next)
  const child = startWorker(children, 'writer', { folder, seed: next(), number, death })
  let acknowledged = 0
  const { lines, signal } = await finish(child, (line) => {
    if (line === 'done' && ++acknowledged === acknowledgements) child.kill('SIGKILL')
  })
  expect(signal).toBe('SIGKILL')
  const operations = lines.filter((line) => line !== 'done').map((line) => JSON.parse(line) as Operation)
  const done = lines.length - operations.length
  return { acknowledged: operations.slice(0, done), inFlight: operations[done] ?? null }
}

function applyTo(contents: Contents, { changes }: Operation): void {
  for (const [path, content] of changes) {
    if (content === null) contents.delete(path)
    else contents.set(path, content)
  }
}

/** Compares what a new client finds with all that was acknowledged and what was under way. */
async function expectWhole(db: VaultDB, expected: Contents, inFlight: Operation | null): Promise<Contents> {
  const found: ReadonlyMap<string, Content> = new Map(await db.entries<Content>('/').toArray())
  const pending = (inFlight?.changes ?? []).filter(([path]) => !path.endsWith('/'))
  const applied = new Map<string, boolean>()
  const result = new Map(expected)
  for (const [path, content] of pending) {
    const [before, now] = [expected.get(path) ?? null, found.get(path) ?? null]
    if (isDeepStrictEqual(before, content)) continue
    const isApplied = isDeepStrictEqual(now, content)
    if (!isApplied) expect(now, path).toEqual(before)
    applied.set(path, isApplied)
    if (!isApplied) continue
    if (content === null) result.delete(path)
    else result.set(path, content)
  }
  expect(new Map([...found].sort())).toEqual(new Map([...result].sort()))
  if (applied.size > 1 && inFlight?.kind !== 'together') await expectWholeByShard(db, applied)
  return result
}

/** What one operation did to documents of one shard is there together or not at all. */
async function expectWholeByShard(db: VaultDB, applied: ReadonlyMap<string, boolean>): Promise<void> {
  const { router } = internalsOf(db).engine.manager
  const shards = await readShards(db)
  const byShard = new Map<string, Set<boolean>>()
  for (const [path, isApplied] of applied) {
    const cut = path.lastIndexOf('/') + 1
    const key = router.keyOf(path.slice(0, cut), path.slice(cut))
    const { id } = shards.find(({ state: { hi } }) => hi === null || key < hi)!
    byShard.set(id, (byShard.get(id) ?? new Set()).add(isApplied))
  }
  for (const outcomes of byShard.values()) expect(outcomes.size).toBe(1)
}

/** A new client can write at once; nothing serious is wrong, and nothing at all after a repair and once it has closed. */
async function goOn(folder: string, db: VaultDB, contents: Contents, number: number): Promise<void> {
  const path = `/after/${number % 3}`
  await db.put(path, { n: number, text: '' })
  contents.set(path, { n: number, text: '' })
  const report = await check(db, { repair: true })
  expect(report.problems.filter(({ serious, repaired: isMended }) => serious || !isMended)).toEqual([])
  for (const { kind } of report.problems) repaired.add(kind)
  await db.close() // a split that follows upon a write or a repair may still be on its way
  const next = await VaultDB.open(createFileStore(folder), { key: KEY })
  const { problems, documents } = await check(next)
  await next.close()
  expect({ problems, documents }).toEqual({ problems: [], documents: contents.size })
}

test(
  `${ROUNDS} clients killed in the middle of writes leave all that was acknowledged, the rest whole or not at all`,
  async () => {
    const vaults = Array.from({ length: VAULTS }, (_, index) => index)
    await inParallel(vaults, 3, async (vault) => {
      const next = numbersFrom(vault)
      const folder = join(scratch.path, `vault-${vault}`)
      const made = await VaultDB.create(createFileStore(folder), { key: KEY, shardBytes: SMALL_SHARD_BYTES })
      await made.close()
      let contents: Contents = new Map()
      for (let number = 1; number <= ROUNDS / VAULTS; number++) {
        const { acknowledged, inFlight } = await runWriter(folder, number, next)
        for (const operation of acknowledged) applyTo(contents, operation)
        const db = await VaultDB.open(createFileStore(folder), { key: KEY })
        contents = await expectWhole(db, contents, inFlight)
        await goOn(folder, db, contents, number)
      }
    })
    // The deaths were not all harmless ones.
    expect([...repaired].sort()).toEqual(['orphan-shard', 'stale-map', 'stray-marker'])
  },
  TIMEOUT_MS,
)
