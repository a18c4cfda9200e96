import { createVirtualClock } from '../virtual-clock.ts'

/** Makes a function that resolves once the microtasks have run dry: nothing goes on until the driver decides something. */
export function createMicrotaskDrain(): () => Promise<void> {
  // A virtual clock without events is idle exactly then.
  const clock = createVirtualClock()
  return () => clock.settled()
}
