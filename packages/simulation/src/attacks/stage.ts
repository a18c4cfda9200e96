import { type CreateOptions, type Credentials, VaultDB } from '@vaultdb/core'
import { PLAINTEXT } from '../explore/inspector.ts'
import { type RawRoot, readRoot, readShard, writeShard } from '../explore/sealed-files.ts'
import { createVirtualClock } from '../virtual-clock.ts'
import { createAttackRuntime, noWork } from './attack-runtime.ts'
import { passwordSlot, resealWithSlots, slotsOf } from './forge.ts'
import { type Files, World } from './world.ts'

/** The vaults that are attacked. */
export type VaultKind = 'one shard' | 'three shards' | 'three passwords' | 'compressed' | 'nothing'

/** A document: its number counts its updates. */
export interface Marked {
  readonly n: number
  readonly text: string
}

/** A vault as honest clients left it, and how it came to be. */
export interface Stage {
  readonly kind: VaultKind
  readonly files: Files
  /** All states of the store, from the first write to `files`. */
  readonly history: readonly Files[]
  /** An earlier state of the same files, in which most of them are older. */
  readonly before: Files
  /** Documents by path. */
  readonly documents: ReadonlyMap<string, Marked>
  /** For each shard file, a document that lies in it. */
  readonly inside: ReadonlyMap<string, string>
  /** Files of shards other than the first. */
  readonly others: readonly string[]
  /** A shard file that nothing reaches. */
  readonly orphan: string | null
  /** What the victim opens the vault with. */
  readonly credentials: Credentials
  /** Another vault that opens with the same. */
  readonly foreign: Files
}

/** The raw key of every vault here. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(7)
/** The victim's password where the vault has some, the one before it was changed, and somebody else's. */
export const PASSWORD = 'correct horse'
export const OLD_PASSWORD = 'battery staple'
export const OTHER_PASSWORD = 'tr0ub4dor'

const PATHS = ['/private-a', '/private-d/x', '/private-d/y', '/private-g/h/w'] as const

function documentOf(path: string, length: number): Marked {
  return { n: 0, text: `${PLAINTEXT} ${path} ${'.'.repeat(length)}` }
}

const paddingOf = (kind: VaultKind): number => (kind === 'one shard' ? 40 : 420)

export const increment = (document: Marked | null): Marked | null => document && { ...document, n: document.n + 1 }

async function build(
  kind: VaultKind,
  seed: number,
  updates: number = 1,
): Promise<{ world: World; history: Files[]; before: number }> {
  const world = new World(new Map())
  const history: Files[] = []
  world.onWritten = () => void history.push(world.files)
  const clock = createVirtualClock()
  const runtime = createAttackRuntime(clock, seed, noWork())
  const options: CreateOptions = {
    runtime,
    shardBytes: kind === 'one shard' ? 4096 : 1024,
    compression: kind === 'compressed' ? 'deflate' : 'none',
  }
  const db = await VaultDB.create(world, { key: SECRET, ...options })
  await db.close()
  if (kind === 'three passwords') await addPasswords(world, runtime, history)
  const again = await VaultDB.open(world, { key: SECRET, runtime })
  for (const path of PATHS.slice(0, -1)) await again.put(path, documentOf(path, paddingOf(kind)))
  const before = history.length - 1
  // With shards of 1,024 bytes this cuts one more, so that the root file changes as well.
  for (const path of PATHS.slice(-1)) await again.put(path, documentOf(path, paddingOf(kind)))
  for (let update = 0; update < updates; update++) {
    for (const path of PATHS) await again.update<Marked>(path, increment)
  }
  await again.close()
  return { world, history, before }
}

/** Adds slots as later versions will, and changes one of the passwords. */
async function addPasswords(world: World, runtime: CreateOptions['runtime'], history: Files[]): Promise<void> {
  const file = world.file('vault')
  const root = readRoot(file, SECRET)
  const slots = [passwordSlot(root, OTHER_PASSWORD, 1), passwordSlot(root, OLD_PASSWORD, 2)]
  world.apply('vault', resealWithSlots(root, [...slotsOf(file), ...slots]))
  history.push(world.files)
  const db = await VaultDB.open(world, { password: OLD_PASSWORD, ...(runtime === undefined ? {} : { runtime }) })
  await db.changePassword(OLD_PASSWORD, PASSWORD)
  await db.close()
}

const ORPHAN_ID = Buffer.alloc(16, 9).toString('base64url')

/** A file as a split leaves it that came no further: a copy of a shard's right part that nothing names. */
function addOrphan(root: RawRoot, files: Map<string, Uint8Array>, model: string): string {
  const shard = readShard(root, model.slice('shards/'.length), files.get(model) as Uint8Array)
  const key = `shards/${ORPHAN_ID}`
  files.set(key, writeShard(root, ORPHAN_ID, shard))
  return key
}

/** For each shard file, a document that cannot be read without it. */
async function documentsIn(files: Files): Promise<ReadonlyMap<string, string>> {
  const inside = new Map<string, string>()
  const clock = createVirtualClock()
  const runtime = createAttackRuntime(clock, 5, noWork())
  for (const hidden of [...files.keys()].filter((key) => key !== 'vault')) {
    const world = new World(new Map([...files].filter(([key]) => key !== hidden)))
    const db = await VaultDB.open(world, { key: SECRET, runtime })
    for (const path of PATHS) await db.get(path).catch(() => inside.set(hidden, path))
    await db.close()
  }
  return inside
}

async function makeStage(kind: VaultKind): Promise<Stage> {
  const credentials: Credentials = kind === 'three passwords' ? { password: PASSWORD } : { key: SECRET }
  const { world: other } = await build(kind === 'nothing' ? 'one shard' : kind, 99, 2)
  if (kind === 'nothing') {
    const nothing = { files: new Map(), history: [], before: new Map(), documents: new Map(), inside: new Map() }
    return { kind, ...nothing, others: [], orphan: null, credentials, foreign: other.files }
  }
  const { world, history, before } = await build(kind, 1)
  const files = new Map(world.files)
  const others = [...files.keys()].filter((key) => key !== 'vault' && key !== 'shards/0').sort()
  // The second reader of the format does not inflate.
  const root = kind === 'compressed' ? null : readRoot(world.file('vault'), SECRET)
  const inside = await documentsIn(files)
  const [model] = others
  const orphan = model === undefined || root === null ? null : addOrphan(root, files, model)
  return {
    kind,
    files,
    history,
    before: history[before] as Files,
    documents: new Map(PATHS.map((path) => [path, { ...documentOf(path, paddingOf(kind)), n: 1 }])),
    inside,
    others,
    orphan,
    credentials,
    foreign: other.files,
  }
}

const stages = new Map<VaultKind, Promise<Stage>>()

/** The vault of this kind, made once. */
export function stageOf(kind: VaultKind): Promise<Stage> {
  const known = stages.get(kind) ?? makeStage(kind)
  stages.set(kind, known)
  return known
}
