import { VaultError } from '../../errors.ts'
import { type BlobStore, isBlobKey, REFUSALS, type StoredBlob, type Version } from '../contract.ts'
import { decorate, type StoreRequests } from './decorate.ts'

/** What a store may reject with. */
const CODES: ReadonlySet<unknown> = new Set([...REFUSALS, 'ERR_ABORTED', 'ERR_CONFLICT', 'ERR_UNAVAILABLE'])

/** Whether a store may reject with this. Other programs' codes begin with `ERR_` as well, and objects may be anything. */
function isContractual(error: unknown): boolean {
  try {
    const { code, message } = error as { readonly code: unknown; readonly message: unknown }
    return CODES.has(code) && typeof message === 'string'
  } catch {
    return false
  }
}

/** The error for what no store may do. Of a write, that it may have been applied. */
function broken(store: string, what: string, cause?: unknown): VaultError {
  const message = `The ${store} store broke its contract: it ${what}. Report this to whoever made the adapter.`
  return new VaultError('ERR_UNAVAILABLE', message, { cause })
}

function toBlob(store: string, answer: unknown): StoredBlob | 'unchanged' | null {
  if (answer === null || answer === 'unchanged') return answer
  const { data, version } = Object(answer) as { readonly data: unknown; readonly version: unknown }
  if (data instanceof Uint8Array && typeof version === 'string') return { data, version }
  throw broken(store, 'answered a read without data or version')
}

function toVersion(store: string, answer: unknown): Version {
  if (typeof answer === 'string') return answer
  throw broken(store, 'answered a write without a version')
}

async function held<T>(store: BlobStore, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw isContractual(error) ? error : broken(store.name, 'failed with an error that has no code', error)
  }
}

/** The store's reads and writes, held to the contract as by {@link withContract}. */
export function heldRequests(store: BlobStore): Pick<StoreRequests, 'read' | 'write'> {
  return {
    read: (key, options) => held(store, async () => toBlob(store.name, await store.read(key, options))),
    write: (key, data, expected, options) =>
      held(store, async () => toVersion(store.name, await store.write(key, data, expected, options))),
  }
}

/**
 * Holds a store to its contract: what it answers is of the types that the engine counts on, and what it rejects with is an
 * error with a code of the contract. The bytes themselves are judged by who reads them.
 */
export function withContract(store: BlobStore): BlobStore {
  return decorate(store, {
    ...heldRequests(store),
    delete: (key, expected, options) => held(store, () => store.delete(key, expected, options)),
    async *list(prefix, options) {
      const listing = await held(store, async () => store.list(prefix, options)[Symbol.asyncIterator]())
      try {
        for (;;) {
          const step = await held(store, () => listing.next())
          if (step.done) return
          // Names that no file of a vault has cannot be asked for.
          if (isBlobKey(step.value?.key) && step.value.key.startsWith(prefix)) yield step.value
        }
      } finally {
        await listing.return?.()
      }
    },
  })
}
