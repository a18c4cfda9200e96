import { VaultDB } from '@vaultdb/core'
import { createSeededRandom } from '../seeded-random.ts'
import { ancestorsOf } from './ancestors.ts'
import { createClientRuntime } from './client-runtime.ts'
import { ControlledStore } from './controlled-store.ts'
import { createMicrotaskDrain } from './drain.ts'
import { addPassword } from './passwords.ts'
import {
  type RawConfig,
  type RawItem,
  type RawShard,
  readRoot,
  routingKey,
  writeRoot,
  writeShard,
} from './sealed-files.ts'
import { simulatedDocument } from './simulated-document.ts'

/** A vault to begin with: what it holds, and which items lie together in which shard. */
export interface Layout {
  readonly shardBytes: number
  readonly documents: readonly string[]
  /**
   * For each shard items that it owns: document paths, and for markers directory paths; also of things that do not exist yet.
   * Items of `/` always come first in the key space.
   */
  readonly shards: readonly (readonly string[])[]
}

/** Where an item of this path stands: a directory path is its marker's. */
function place(path: string): readonly [directory: string, name: string] {
  const cut = path.lastIndexOf('/', path.length - 2) + 1
  return [path.slice(0, cut), path.slice(cut)]
}

/** The author of what is there from the beginning: one whose documents are long. */
const FOUNDER = 'founder'

const TRIES = 200_000

/** A routing key under which the items of each shard lie before those of the next. */
function arrange(shards: Layout['shards']): { readonly key: Uint8Array; readonly beginnings: readonly string[] } {
  const random = createSeededRandom(shards.length)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const key = random.bytes(32)
    const ranges = shards.map((paths) => paths.map((path) => routingKey(key, ...place(path))).sort())
    const inOrder = ranges.every((keys, at) => at === 0 || (ranges[at - 1]?.at(-1) ?? '') < (keys[0] as string))
    if (inOrder) return { key, beginnings: ranges.map((keys, at) => (at === 0 ? '0'.repeat(32) : (keys[0] as string))) }
  }
  throw new RangeError('No routing key puts these items in this order: those of "/" come first.')
}

/** A vault's files as a first writer left them, made anew by the format's second implementation. */
export async function layOut(layout: Layout, secret: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const root = readRoot((await createVault(layout.shardBytes, secret)).root, secret)
  const { key, beginnings } = arrange(layout.shards)
  const ids = beginnings.map((_lo, at) => (at === 0 ? '0' : Buffer.alloc(16, at).toString('base64url')))
  const config: RawConfig = {
    ...root.config,
    routingKey: Buffer.from(key).toString('base64url'),
    map: beginnings.map((lo, at) => [lo, ids[at] as string]),
  }
  const files = new Map([['vault', writeRoot(root, config)]])
  const markers = new Set(layout.documents.flatMap(ancestorsOf))
  for (const [at, lo] of beginnings.entries()) {
    const hi = beginnings[at + 1] ?? null
    const owned = [...layout.documents, ...markers].filter((path) => {
      const itemKey = routingKey(key, ...place(path))
      return itemKey >= lo && (hi === null || itemKey < hi)
    })
    const id = ids[at] as string
    files.set(`shards/${id}`, writeShard({ ...root, config }, id, shardOf(owned, lo, hi, ids[at + 1] ?? null)))
  }
  return files
}

/** The same vault, which takes a password as well. */
export function withPassword(
  files: ReadonlyMap<string, Uint8Array>,
  secret: Uint8Array,
  password: string,
): ReadonlyMap<string, Uint8Array> {
  return new Map(files).set('vault', addPassword(files.get('vault') as Uint8Array, secret, password))
}

const emptyVaults = new Map<number, Promise<ReadonlyMap<string, Uint8Array>>>()

/** The files of an empty vault. */
export function emptyVault(shardBytes: number, secret: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = emptyVaults.get(shardBytes) ?? layOut({ shardBytes, documents: [], shards: [['/x']] }, secret)
  emptyVaults.set(shardBytes, files)
  return files
}

function shardOf(paths: readonly string[], lo: string, hi: string | null, next: string | null): RawShard {
  const directories = new Map<string, RawItem[]>()
  for (const path of paths) {
    const [directory, name] = place(path)
    const item: RawItem = name.endsWith('/') ? [name, 1] : [name, 1, simulatedDocument(FOUNDER)]
    directories.set(directory, [...(directories.get(directory) ?? []), item])
  }
  const nothing = Buffer.alloc(8).toString('base64url')
  return { seq: 1, lo, hi, next, log: [[1, nothing, nothing, [], 0]], ids: '', items: [...directories] }
}

/** What a real client that creates a vault writes: the root file in its first state and in its last. */
async function createVault(shardBytes: number, secret: Uint8Array): Promise<{ pending: Uint8Array; root: Uint8Array }> {
  const roots: Uint8Array[] = []
  const store = new ControlledStore((key, data) => {
    if (key === 'vault') roots.push(data)
  }, true)
  const { runtime } = createClientRuntime(0, 0, { instant: true, tick: () => 0 })
  const drain = createMicrotaskDrain()
  const created = VaultDB.create(store.connect(0), { key: secret, runtime, shardBytes })
  for (;;) {
    await drain()
    const [call] = store.calls
    if (call === undefined) break
    store.settle(call, 'done')
  }
  await created
  return { pending: roots[0] as Uint8Array, root: roots.at(-1) as Uint8Array }
}

/** What is left of a vault whose creator died right after its first write. */
export async function pendingVault(shardBytes: number, secret: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const { pending } = await createVault(shardBytes, secret)
  return new Map([['vault', pending]])
}
