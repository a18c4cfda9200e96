import { onAbort } from '../../abort.ts'
import { throwIfAborted } from '../../errors.ts'
import { checkOptions, integerOption } from '../../options.ts'
import { type Connectivity, createRuntime, platformConnectivity, type Runtime } from '../../runtime.ts'
import type { BlobStore } from '../contract.ts'
import { type RequestKind, unsentError } from '../outcomes.ts'
import { decorate } from './decorate.ts'
import { stepByStep } from './steps.ts'

/** Options of {@link withOnlineCheck}. */
export interface OnlineCheckOptions {
  /** How long a request waits for the network to come back; 0: it fails at once. Milliseconds, 0 to 3,600,000, default 0. */
  readonly offlineWaitMs?: number
  /** Whether there is a network. Default: what the browser says; elsewhere there always is one. */
  readonly connectivity?: Connectivity
  /** Timers. Default: the platform's. */
  readonly runtime?: Runtime
}

/**
 * Sends nothing while the device is offline: requests fail with `ERR_UNAVAILABLE`, or wait up to `offlineWaitMs` and go on as soon
 * as the network is back; of a write that was not sent the error says so (`applied: 'no'`). Those under way are left alone. Not
 * for a store on the device itself.
 *
 * Browsers know of the device's own network only: online means that a request is worth trying, and no more.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withOnlineCheck(store: BlobStore, options?: OnlineCheckOptions): BlobStore {
  checkOptions(options, ['offlineWaitMs', 'connectivity', 'runtime'], 'withOnlineCheck')
  const offlineWaitMs = integerOption('offlineWaitMs', options?.offlineWaitMs, 0, 3_600_000, 0)
  const connectivity = options?.connectivity ?? platformConnectivity()
  const runtime = options?.runtime ?? createRuntime()

  /** Waits for the network, the time limit or the signal, whichever comes first. */
  async function wait(signal: AbortSignal | undefined): Promise<void> {
    const wake = new AbortController()
    const unsubscribe = connectivity.onOnline(() => wake.abort())
    const forget = onAbort(signal, () => wake.abort())
    try {
      await runtime.sleep(offlineWaitMs, wake.signal)
    } catch (error) {
      if (!wake.signal.aborted) throw error
    } finally {
      unsubscribe()
      forget()
    }
    throwIfAborted(signal)
  }

  async function online<T>(kind: RequestKind, signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    if (offlineWaitMs > 0 && !connectivity.isOnline()) await wait(signal)
    if (connectivity.isOnline()) return await send()
    const message = `The device is offline, so this was not sent to the ${store.name} store. Try again when there is a network.`
    throw unsentError(kind, message)
  }

  return decorate(store, {
    read: (key, request) => online('read', request?.signal, () => store.read(key, request)),
    write: (key, data, expected, request) =>
      online('change', request?.signal, () => store.write(key, data, expected, request)),
    delete: (key, expected, request) => online('change', request?.signal, () => store.delete(key, expected, request)),
    list: (prefix, request) => stepByStep(store.list(prefix, request), (next) => online('read', request?.signal, next)),
  })
}
