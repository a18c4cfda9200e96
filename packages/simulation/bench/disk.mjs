import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The lengths of all files below a folder, added up. */
export function bytesOnDisk(folder) {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? bytesOnDisk(path) : statSync(path).size
  }
  return bytes
}
