/** A controller whose signal tells how many listen to it. */
export function watchedController(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController()
  const { signal } = controller
  const listening = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject, options?: unknown): void => {
    listening.add(listener)
    add(type, listener, options as AddEventListenerOptions)
    add(type, () => listening.delete(listener), { once: true }) // as all of them are that the core adds
  }
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject): void => {
    listening.delete(listener)
    remove(type, listener)
  }
  return { controller, listeners: () => listening.size }
}
