const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `callback` once when `signal` is aborted; returns what ends that. However many wait for one signal, it gets one
 * listener: a bulk of thousands must not set off the platform's warning about leaks.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  let waiting = callbacks.get(signal)
  if (waiting === undefined) {
    const all = new Set<() => void>()
    callbacks.set(signal, all)
    waiting = all
    const aborted = (): void => {
      callbacks.delete(signal)
      for (const each of all) each()
    }
    signal.addEventListener('abort', aborted, { once: true })
  }
  const own = (): void => callback() // the same function may wait more than once
  waiting.add(own)
  return () => {
    waiting.delete(own)
  }
}
