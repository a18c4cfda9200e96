import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file so that after a crash either the old or the new content is there: temporary file, fsync, rename, fsync of the
 * folder. Synchronous calls, which are the quickest there are: the peers that use it get the best of the machine.
 */
export function replaceDurably(path, data) {
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w', 0o600)
  try {
    for (let offset = 0; offset < data.length; ) offset += writeSync(file, data, offset)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
