import { join } from 'node:path'
import { isFolder, readNames } from './disk.ts'
import { parseKeyFolder, parseSegment } from './layout.ts'

/** A key that has a folder; the folder tells whether it exists. */
export interface FoundKey {
  readonly key: string
  readonly folder: string
}

/** The keys that begin with `prefix` and have a folder. Goes only into folders in which there can be one. */
export function* keysBelow(root: string, prefix: string, above = ''): Generator<FoundKey, void, undefined> {
  for (const name of readNames(root) ?? []) {
    const folder = join(root, name)
    const last = parseKeyFolder(name)
    if (last !== null) {
      const key = above + last
      if (key.startsWith(prefix) && isFolder(folder)) yield { key, folder }
      continue
    }
    const segment = parseSegment(name)
    if (segment === null) continue
    const below = `${above}${segment}/`
    if ((below.startsWith(prefix) || prefix.startsWith(below)) && isFolder(folder))
      yield* keysBelow(folder, prefix, below)
  }
}
