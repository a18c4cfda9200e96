import { systemCode } from '../exit-codes.ts'
import type { ImportRow } from './format.ts'

/** All bytes of a file. */
export async function readBytes(file: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of file) chunks.push(chunk)
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** All text of a file, without a byte order mark, or a row that says that it is none. */
export async function readText(file: AsyncIterable<Uint8Array>): Promise<string | (ImportRow & { reason: string })> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(file))
  } catch (error) {
    if (systemCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    return { line: 1, reason: 'nothing was read: the file is not text in UTF-8' }
  }
}
