import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { type BlobStore, createRuntime } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { Inspector } from '../explore/inspector.ts'
import { SECRET_TEXT, signatures } from './document.ts'
import { SECRET_NAMES } from './script.ts'
import { VAULT_OPTIONS } from './vault-options.ts'

const MOST_ATTEMPTS = 100
const HOUR_MS = 3_600_000

async function versionsIn(store: BlobStore): Promise<Map<string, string>> {
  const versions = new Map<string, string>()
  for await (const { key, version } of store.list('')) versions.set(key, version ?? '')
  return versions
}

/**
 * All files of one moment. Versions never come back: where every file is listed after the reading as before it, all of them
 * were current in between.
 */
async function snapshot(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const store = createFileStore(folder)
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const before = await versionsIn(store)
    const files = new Map<string, Uint8Array>()
    for (const key of before.keys()) {
      const blob = await store.read(key)
      if (blob !== null && blob !== 'unchanged') files.set(key, blob.data)
    }
    const after = await versionsIn(store)
    const unchanged = [...after].every(([key, version]) => before.get(key) === version)
    if (unchanged && after.size === files.size) return files
  }
  throw new Error('The files change all the time.')
}

/**
 * The documents that the files hold, by their signatures. Throws where a rule of the format is broken that holds in every
 * state: ranges join up, each item lies where it belongs, every ancestor has its marker.
 */
export async function documentsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await snapshot(folder)
  if (!files.has('vault')) return new Map()
  const inspector = new Inspector(VAULT_OPTIONS.key)
  inspector.load(files)
  return new Map([...inspector.documents].map(([path, json]) => [path, signatures(JSON.parse(json)) ?? ''] as const))
}

/** Every file below a folder, of vaults and of leftovers alike; what vanishes meanwhile is left out. */
function* filesBelow(folder: string): Generator<string> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory() === true) yield* filesBelow(path)
    else if (stats !== undefined) yield path
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/** Throws if anything of a document or a path can be read in a file or in its name. */
export function assertNoPlaintext(folder: string): void {
  const secrets = [SECRET_TEXT, ...SECRET_NAMES]
  for (const path of filesBelow(folder)) {
    const content = contentOf(path)
    const seen = secrets.find((secret) => content.includes(secret) || path.slice(folder.length).includes(secret))
    if (seen !== undefined) throw new Error(`"${seen}" can be read in ${path}.`)
  }
}

/**
 * Writes every file once more, and one that is new, an hour from now; then throws if anything is left in the folder that is
 * not the current version of a file.
 */
export async function assertLeftoversGo(folder: string): Promise<void> {
  const { now, randomBytes } = createRuntime()
  const store = createFileStore(folder, { runtime: { now: () => now() + 2 * HOUR_MS, randomBytes } })
  const versions = await versionsIn(store)
  for (const [key, version] of versions) {
    const blob = await store.read(key)
    if (blob !== null && blob !== 'unchanged') await store.write(key, blob.data, version)
  }
  for (const key of ['new', 'shards/new']) await store.delete(key, await store.write(key, new Uint8Array(1), null))
  for (const above of [folder, join(folder, 'shards')]) {
    for (const name of namesIn(above)) {
      if (above === folder && name === 'shards') continue
      const inside = namesIn(join(above, name))
      const [head = ''] = inside.filter((each) => /^(head|gone)\./.test(each))
      const current = head.startsWith('head.') ? [head, head.slice('head.'.length)] : [head]
      const clean = name.endsWith('.blob') && inside.every((each) => current.includes(each))
      if (!clean || inside.length < current.length) throw new Error(`Left over in ${name}: ${inside.join(' ')}`)
    }
  }
}
