import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError, systemCode, usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/** Refuses, before any work is done, a file that {@link writeOutputFile} would refuse. */
export async function assertFree(path: string, mayReplace: boolean): Promise<void> {
  let isFile: boolean
  try {
    isFile = (await lstat(path)).isFile()
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return
    throw fileError('write', path, cause)
  }
  if (!isFile) throw usageError(`${path} is there and is not a plain file; choose another name.`)
  if (!mayReplace) throw usageError(`${path} already exists. Say --force to replace it, or choose another name.`)
}

/**
 * Writes a file that only its owner can read (0600). It appears under its name when it is complete, and replaces another only with
 * `mayReplace`; when writing fails, nothing of it stays.
 */
export async function writeOutputFile(
  path: string,
  text: AsyncIterable<string>,
  mayReplace: boolean,
  terminal: Terminal,
): Promise<void> {
  const tag = Buffer.from(terminal.runtime.randomBytes(8)).toString('hex')
  const temporary = join(dirname(path), `.${basename(path)}.${tag}.tmp`)
  try {
    await writeAndSync(temporary, text, path)
    await publish(temporary, path, mayReplace)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeAndSync(temporary: string, text: AsyncIterable<string>, path: string): Promise<void> {
  const file = await open(temporary, 'wx', 0o600).catch((cause: unknown) => {
    throw fileError('write', path, cause)
  })
  try {
    for await (const piece of text) {
      await file.write(piece).catch((cause: unknown) => {
        throw fileError('write', path, cause)
      })
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A link is refused where a file is, however late that came there; a rename replaces it. */
async function publish(temporary: string, path: string, mayReplace: boolean): Promise<void> {
  try {
    if (mayReplace) await rename(temporary, path)
    else await link(temporary, path)
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}
