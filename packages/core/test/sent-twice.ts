import { type BlobStore, errorCode } from '@vaultdb/core'

type Send = (url: string, init: RequestInit) => Promise<Response>

/**
 * Sends each request twice and passes on the second answer, as browsers do with one whose connection broke under it (RFC 9110,
 * section 9.2.2).
 */
export function sendTwice(send: Send): Send {
  return async (url, init) => {
    await (await send(url, init)).arrayBuffer()
    return send(url, init)
  }
}

/**
 * Makes changes by `doubling`, whose requests are sent twice; `store` is the same place without that. Gives the codes of their
 * errors and what each has left: the database finds a change that met itself, if only it is told of a conflict.
 */
export async function doubledChanges(store: BlobStore, doubling: BlobStore): Promise<unknown[]> {
  const found: unknown[] = []
  const note = async (change: Promise<unknown>): Promise<void> => {
    const code = await change.then(() => 'done', errorCode)
    const left = await store.read('vault')
    found.push([code, left === null || left === 'unchanged' ? left : [...left.data]])
  }
  const version = async (): Promise<string> => {
    const now = await store.read('vault')
    return now === null || now === 'unchanged' ? 'nothing is there' : now.version
  }
  await note(doubling.write('vault', Uint8Array.of(1), null))
  await note(doubling.write('vault', Uint8Array.of(2), await version()))
  await note(doubling.delete('vault', await version()))
  return found
}

/** What {@link doubledChanges} gives where each change is made once and is a conflict the second time. */
export const MET_THEMSELVES: readonly unknown[] = [
  ['ERR_CONFLICT', [1]],
  ['ERR_CONFLICT', [2]],
  ['ERR_CONFLICT', null],
]
