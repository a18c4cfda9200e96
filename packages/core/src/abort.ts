import { abortedError, throwIfAborted } from './errors.ts'

interface Waiting {
  readonly callbacks: Set<() => void>
  /** The one listener that the signal has. */
  readonly listener: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

function listen(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    waitingFor.delete(signal)
    for (const callback of callbacks) callback()
  }
  const waiting = { callbacks, listener }
  waitingFor.set(signal, waiting)
  signal.addEventListener('abort', listener, { once: true })
  return waiting
}

/**
 * Calls `callback` once when `signal` is aborted; returns what ends that. However many wait for one signal, it gets one
 * listener, and none once nobody waits: a bulk of thousands must not set off the platform's warning about leaks.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  const { callbacks, listener } = waitingFor.get(signal) ?? listen(signal)
  const own = (): void => callback() // the same function may wait more than once
  callbacks.add(own)
  return () => {
    if (!callbacks.delete(own) || callbacks.size > 0) return
    signal.removeEventListener('abort', listener)
    if (waitingFor.get(signal)?.callbacks === callbacks) waitingFor.delete(signal)
  }
}

/** The result of `work`, or `ERR_ABORTED` as soon as `signal` is aborted; what `work` comes to is then nobody's concern. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  work.catch(() => undefined)
  throwIfAborted(signal)
  let forget: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    forget = onAbort(signal, () => reject(abortedError(signal)))
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    forget()
  }
}
