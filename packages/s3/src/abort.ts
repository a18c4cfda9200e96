import { VaultError } from '@vaultdb/core'

/** The error of a request that was given up before anything was sent, or of a read at any time. */
export function aborted({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_ABORTED', 'The operation was aborted by its signal.', { cause: reason })
}

/** The result of `work`, or `ERR_ABORTED` as soon as `signal` is aborted. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const stopListening = new AbortController()
  const abortion = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(aborted(signal))
    signal.addEventListener('abort', () => reject(aborted(signal)), { signal: stopListening.signal })
  })
  try {
    return await Promise.race([work, abortion])
  } finally {
    stopListening.abort()
  }
}
