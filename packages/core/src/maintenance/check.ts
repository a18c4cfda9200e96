import type { VaultDB } from '../database/database.ts'
import type { Engine } from '../database/engine.ts'
import { internalsOf } from '../database/internals.ts'
import { checkOperationOptions } from '../database/options.ts'
import type { LongOperationOptions } from '../database/types.ts'
import { errorCode } from '../errors.ts'
import { decodeShardFile, shardFile, UnknownKeyError } from '../format/shard-file.ts'
import { promised, Unlink } from '../operations/operation.ts'
import { booleanOption } from '../options.ts'
import { markedDirectories, markerOf } from '../path/path.ts'
import type { LoadedShard } from '../shards/cache.ts'
import { itemOf } from '../shards/change.ts'
import type { BlobStore } from '../store/contract.ts'
import { storeOf } from './store.ts'
import { type Survey, survey } from './survey.ts'

/** Options of {@link check}. */
export interface CheckOptions extends LongOperationOptions {
  /** Mend what can be mended without losing anything. Default false: only look. */
  readonly repair?: boolean
}

/**
 * One thing that is not as it should be.
 *
 * - `unreadable-shard`: damaged or missing; what it holds cannot be read. Restore the file from a backup of the store.
 * - `broken-chain`: a shard does not end where the next one begins: an older state of it was put back, for one. Some of what it
 *   holds may be out of date or not be found. Restore all files from one backup.
 * - `misplaced-item`: an item lies in a shard that does not own it, and cannot be found.
 * - `unlinked-document`: a directory above it has no marker, so `list` does not lead to it.
 * - `stray-marker`: an empty directory is still listed, after a crash. Harmless; repaired.
 * - `stale-map`: the root file does not name a shard yet, after a crash; costs a request. Harmless; repaired.
 * - `orphan-shard`: a file left over from a split that did not happen. Harmless; repaired (deleted).
 * - `foreign-file`: a file among the shards that is none of this vault's. Left alone.
 */
export interface CheckProblem {
  readonly kind:
    | 'unreadable-shard'
    | 'broken-chain'
    | 'misplaced-item'
    | 'unlinked-document'
    | 'stray-marker'
    | 'stale-map'
    | 'orphan-shard'
    | 'foreign-file'
  /** The store's file concerned. */
  readonly file: string
  /** The document or directory concerned: as secret as any path. */
  readonly path?: string
  /** Whether this run mended it. */
  readonly repaired: boolean
  /** Whether documents are lost or hard to find on account of it. */
  readonly serious: boolean
}

/** What {@link check} found. */
export interface CheckReport {
  readonly shards: number
  readonly documents: number
  readonly directories: number
  readonly problems: readonly CheckProblem[]
}

type Finding = Omit<CheckProblem, 'repaired'>

/**
 * Reads the whole vault and examines what reading and writing take for granted; mends what a crash left behind if asked to.
 * Safe while others use the vault; what they have half done at that moment may be reported, and so may a split of this
 * client's that follows upon a write. Rejects as reads do (`ERR_UNAVAILABLE`, `ERR_UNAUTHORIZED`, `ERR_ROLLBACK`,
 * `ERR_FORK`); damage is reported, not thrown.
 */
export async function check(db: VaultDB, options: CheckOptions = {}): Promise<CheckReport> {
  checkOperationOptions(options, ['repair', 'signal', 'onProgress'], 'check()')
  const mend = booleanOption('repair', options.repair, false)
  const { engine, inFlight } = internalsOf(db)
  return await inFlight.begin(async () => {
    const { signal, onProgress } = options
    const onLoaded = (done: number, total: number): void => onProgress?.({ phase: 'read', done, total })
    const found = await survey(engine, { signal, onLoaded })
    const content = examineContent(engine, found)
    const findings = [
      ...examineChain(engine, found),
      ...content.findings,
      ...(await examineFiles(engine, found, signal)),
    ]
    const repaired = mend ? await repair(engine, findings, signal) : new Set<Finding>()
    const problems = findings.map((finding) => ({ ...finding, repaired: repaired.has(finding) }))
    return { shards: found.shards.size, documents: content.documents, directories: content.directories, problems }
  })
}

function examineChain(engine: Engine, { shards, unreadable }: Survey): Finding[] {
  const findings: Finding[] = []
  for (const id of unreadable.keys()) findings.push({ kind: 'unreadable-shard', file: shardFile(id), serious: true })
  const inOrder = [...shards.values()].sort((a, b) => (a.state.lo < b.state.lo ? -1 : 1))
  for (const [index, { id, state }] of inOrder.entries()) {
    const following = inOrder[index + 1]
    // Also where each neighbour fits by itself: an old copy of a shard overlaps those that were split off since.
    const joins =
      following === undefined ? state.next === null : state.next === following.id && state.hi === following.state.lo
    const nextIsUnreadable = state.next !== null && unreadable.has(state.next)
    if (!joins && !nextIsUnreadable) findings.push({ kind: 'broken-chain', file: shardFile(id), serious: true })
  }
  for (const { shard } of engine.manager.map.missingFrom(engine.root.config.map)) {
    findings.push({ kind: 'stale-map', file: shardFile(shard), serious: false })
  }
  return findings
}

/** Looks at every item: where it lies, whether its directory is linked, whether a marker leads anywhere. */
function examineContent(
  { manager }: Engine,
  { shards, unreadable }: Survey,
): { readonly findings: Finding[]; readonly documents: number; readonly directories: number } {
  const findings: Finding[] = []
  const owners: readonly LoadedShard[] = [...shards.values()].sort((a, b) => (a.state.lo < b.state.lo ? -1 : 1))
  const inhabited = new Set(owners.flatMap(({ state }) => [...state.directories.keys()]))
  const linked = new Map<string, boolean>()
  const isLinked = (directory: string): boolean => {
    const known = linked.get(directory)
    if (known !== undefined) return known
    const marker = markerOf(directory)
    const present = owners.some(({ state }) => itemOf(state, marker.directory, marker.name) !== undefined)
    linked.set(directory, present)
    return present
  }
  let documents = 0
  for (const { id, state } of owners) {
    const file = shardFile(id)
    for (const [directory, items] of state.directories) {
      for (const { name, document } of items.values()) {
        const path = directory + name
        const key = manager.router.keyOf(directory, name)
        if (key < state.lo || (state.hi !== null && key >= state.hi)) {
          findings.push({ kind: 'misplaced-item', file, path, serious: true })
        }
        if (document !== null) documents++
        else if (!inhabited.has(path) && unreadable.size === 0) {
          findings.push({ kind: 'stray-marker', file, path, serious: false })
        }
        // With shards missing, a marker may be in one of them: nothing is known then.
        const unlinked = document !== null && unreadable.size === 0 && !markedDirectories(directory).every(isLinked)
        if (unlinked) findings.push({ kind: 'unlinked-document', file, path, serious: true })
      }
    }
  }
  return { findings, documents, directories: inhabited.size }
}

/** Looks for files among the shards that nothing reaches. */
async function examineFiles(engine: Engine, { shards, unreadable }: Survey, signal?: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = []
  const store = storeOf(engine)
  for await (const { key } of store.list('shards/', { signal })) {
    const id = key.slice('shards/'.length)
    if (shards.has(id) || unreadable.has(id)) continue
    const stray = await examineStray(store, engine.root, id)
    if (stray === 'gone') continue
    findings.push({ kind: stray === 'foreign' ? 'foreign-file' : 'orphan-shard', file: key, serious: false })
  }
  return findings
}

/** What a file is that nothing reaches: `'gone'` since it was listed, `'foreign'`, or a shard of this vault. */
async function examineStray(
  store: BlobStore,
  root: Engine['root'],
  id: string,
): Promise<'gone' | 'foreign' | { readonly lo: string; readonly version: string }> {
  const blob = await store.read(shardFile(id))
  if (blob === null || blob === 'unchanged') return 'gone'
  try {
    const { lo } = await decodeShardFile(root.shardContext, id, blob.data)
    return { lo, version: blob.version }
  } catch (error) {
    if (errorCode(error) === undefined && !(error instanceof UnknownKeyError)) throw error
    return 'foreign'
  }
}

async function repair(engine: Engine, findings: readonly Finding[], signal?: AbortSignal): Promise<Set<Finding>> {
  const { manager, scheduler } = engine
  const repaired = new Set<Finding>()
  const freshness = { sinceTick: manager.requests.tick, notBeforeMs: Number.POSITIVE_INFINITY }

  const strays = findings.filter(({ kind, path }) => kind === 'stray-marker' && path !== undefined)
  if (strays.length > 0) {
    const directories = strays.map(({ path }) => path as string)
    await promised<void>((outcomes) => scheduler.submit(new Unlink({ freshness, signal }, outcomes, directories)))
    // Unlinking gives way to others without an error, so only a look tells what it came to.
    const { findings: left } = examineContent(engine, await survey(engine, { signal }))
    const strayStill = new Set(left.filter(({ kind }) => kind === 'stray-marker').map(({ path }) => path))
    for (const finding of strays) if (!strayStill.has(finding.path)) repaired.add(finding)
  }

  const orphans = findings.filter(({ kind }) => kind === 'orphan-shard')
  for (const finding of await removeOrphans(engine, orphans, signal)) repaired.add(finding)

  const stale = findings.filter(({ kind }) => kind === 'stale-map')
  if (stale.length > 0) {
    await manager.idle() // a repair under way began with less than is known now
    manager.repairMap()
    await manager.idle()
    if (manager.map.missingFrom(engine.root.config.map).length === 0) for (const finding of stale) repaired.add(finding)
  }
  return repaired
}

/**
 * Deletes orphans. A split under way would make one reachable: so first the shard that covers its beginning is rewritten, which
 * makes such a split fail, and then looked at again; from there on nobody can ever come to name the orphan.
 */
async function removeOrphans(engine: Engine, orphans: readonly Finding[], signal?: AbortSignal): Promise<Finding[]> {
  const { manager, root } = engine
  const store = storeOf(engine)
  const fenced: { readonly finding: Finding; readonly id: string; readonly version: string }[] = []
  for (const finding of orphans) {
    const id = finding.file.slice('shards/'.length)
    const stray = await examineStray(store, root, id)
    if (stray === 'gone' || stray === 'foreign') continue
    const freshness = { sinceTick: manager.requests.tick, notBeforeMs: Number.POSITIVE_INFINITY }
    const owner = await manager.locate(stray.lo, freshness, signal)
    const outcome = await manager.write(owner, [], { split: false, signal })
    if (outcome.kind === 'done') fenced.push({ finding, id, version: stray.version })
  }
  if (fenced.length === 0) return []
  const { shards, unreadable } = await survey(engine, { signal })
  const removed: Finding[] = []
  for (const { finding, id, version } of fenced) {
    if (shards.has(id) || unreadable.size > 0) continue
    try {
      await store.delete(shardFile(id), version, { signal })
      removed.push(finding)
    } catch (error) {
      if (errorCode(error) !== 'ERR_CONFLICT') throw error // another repair was here first
    }
  }
  return removed
}
