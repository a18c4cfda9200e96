import { setImmediate } from 'node:timers/promises'
import type { BlobStore, VaultDB } from '@vaultdb/core'
import { internalsOf } from '../../src/database/internals.ts'
import { markerOf } from '../../src/path/path.ts'
import { storeWith } from '../database/scenarios.ts'
import { filler } from '../support/vault.ts'

/** So many turns that everything has happened that waits for nothing outside. */
const TURNS = 60

/** How an operation ended, if it did without what the test holds back; else `undefined`. */
export async function soon<T>(work: Promise<T>): Promise<PromiseSettledResult<T> | undefined> {
  let outcome: PromiseSettledResult<T> | undefined
  const watching = Promise.allSettled([work]).then(([settled]) => {
    outcome = settled
  })
  for (let turn = 0; turn < TURNS && outcome === undefined; turn++) await setImmediate()
  if (outcome !== undefined) await watching
  return outcome
}

/** Something that is closed until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** A document of which hardly two fit in a shard. */
export const LARGE = { n: 0, pad: filler(700) }

/** A vault of so many shards that most paths lie in another one than the top level. */
export function spreadStore(more: Readonly<Record<string, unknown>> = {}): Promise<BlobStore> {
  const paths = Array.from({ length: 12 }, (_, index) => `/d${index}/x`)
  return storeWith({ ...Object.fromEntries(paths.map((path) => [path, LARGE])), ...more })
}

/** The file of the shard that owns a path, as far as this client knows. */
export function fileOf(db: VaultDB, path: string): string {
  const { map, router } = internalsOf(db).engine.manager
  const { directory, name } = markerOf(path)
  return `shards/${map.find(router.keyOf(directory, name))}`
}

/** Paths of the spread vault, one for each shard, without those of the first. */
export function apart(db: VaultDB): string[] {
  const byFile = new Map(Array.from({ length: 12 }, (_, index) => [fileOf(db, `/d${index}/x`), `/d${index}/x`]))
  byFile.delete('shards/0')
  return [...byFile.values()]
}
