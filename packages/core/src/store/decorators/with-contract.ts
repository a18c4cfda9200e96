import { VaultError } from '../../errors.ts'
import { type BlobStore, isBlobKey, type ListedBlob, type StoredBlob, type Version } from '../contract.ts'
import { decorate } from './decorate.ts'

/** What a store may reject with. */
const CODES: ReadonlySet<unknown> = new Set([
  'ERR_ABORTED',
  'ERR_CLOSED',
  'ERR_CONFLICT',
  'ERR_FORK',
  'ERR_QUOTA',
  'ERR_TOO_LARGE',
  'ERR_UNAUTHORIZED',
  'ERR_UNAVAILABLE',
  'ERR_UNSUPPORTED',
])

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
  const message = `The ${store} store does not keep to its contract: it ${what}. Report this to whoever made the adapter.`
  return new VaultError('ERR_UNAVAILABLE', message, { cause })
}

function toBlob(store: string, answer: unknown): StoredBlob | 'unchanged' | null {
  if (answer === null || answer === 'unchanged') return answer
  if (typeof answer !== 'object') throw broken(store, 'answered a read with no file')
  const { data, version } = answer as { readonly data: unknown; readonly version: unknown }
  if (!(data instanceof Uint8Array)) throw broken(store, 'answered a read without a Uint8Array')
  if (typeof version !== 'string') throw broken(store, 'answered a read without a version')
  return { data, version }
}

function toVersion(store: string, answer: unknown): Version {
  if (typeof answer !== 'string') throw broken(store, 'answered a write without a version')
  return answer
}

/**
 * Holds a store to its contract: what it answers is of the types that the engine counts on, and what it rejects with is an
 * error with a code of the contract. The bytes themselves are judged by who reads them.
 */
export function withContract(store: BlobStore): BlobStore {
  async function held<T>(send: () => Promise<unknown>, accept: (answer: unknown) => T): Promise<T> {
    try {
      return accept(await send())
    } catch (error) {
      throw isContractual(error) ? error : broken(store.name, 'failed with an error that has no code', error)
    }
  }

  return decorate(store, {
    read: (key, options) =>
      held(
        () => store.read(key, options),
        (answer) => toBlob(store.name, answer),
      ),
    write: (key, data, expected, options) =>
      held(
        () => store.write(key, data, expected, options),
        (answer) => toVersion(store.name, answer),
      ),
    delete: (key, expected, options) =>
      held(
        () => store.delete(key, expected, options),
        () => undefined,
      ),
    async *list(prefix, options) {
      const listing = await held(
        async () => store.list(prefix, options)[Symbol.asyncIterator](),
        (iterator) => iterator as AsyncIterator<ListedBlob, void>,
      )
      try {
        for (;;) {
          const step = await held(
            () => listing.next(),
            (answer) => answer as IteratorResult<ListedBlob, void>,
          )
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
