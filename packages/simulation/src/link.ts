import type { VirtualClock } from './virtual-clock.ts'

/** One direction of a network line, shared by everything that is on its way. */
export interface Link {
  /** Resolves when `bytes` have gone through. */
  transfer(bytes: number): Promise<void>
}

interface Transfer {
  /** What each transfer under way will have received, in all, when this one is complete. */
  readonly doneAtShare: number
  readonly resolve: () => void
}

/**
 * A line of fixed speed on which n transfers at once get an n-th of it each, as concurrent streams of one connection roughly do.
 * Kept as the share that a transfer present all the time would have received so far: it grows with the speed divided by the number
 * of transfers, and each transfer ends a fixed distance further along it (the virtual time of generalized processor sharing).
 */
export function createLink(clock: VirtualClock, bitsPerSecond: number): Link {
  if (!(bitsPerSecond > 0)) throw new RangeError('The speed of a link is a number of bits per second above 0.')
  const bytesPerMs = bitsPerSecond / 8000
  const active = new Set<Transfer>()
  let share = 0
  let updatedMs = 0
  let cancelWake: (() => void) | undefined

  const advance = (): void => {
    const nowMs = clock.nowMs()
    if (active.size > 0) share += ((nowMs - updatedMs) * bytesPerMs) / active.size
    updatedMs = nowMs
  }

  const finish = (doneAtShare: number): void => {
    advance()
    share = doneAtShare // not what was added up: rounding must not leave a transfer a hair short of its end
    for (const transfer of [...active]) {
      if (transfer.doneAtShare > share) continue
      active.delete(transfer)
      transfer.resolve()
    }
    wakeAtNextEnd()
  }

  const wakeAtNextEnd = (): void => {
    cancelWake?.()
    cancelWake = undefined
    if (active.size === 0) return
    const doneAtShare = Math.min(...[...active].map((transfer) => transfer.doneAtShare))
    const delayMs = Math.max(0, ((doneAtShare - share) * active.size) / bytesPerMs)
    cancelWake = clock.after(delayMs, () => finish(doneAtShare))
  }

  const transfer = (bytes: number): Promise<void> => {
    if (bytes === 0 || bitsPerSecond === Number.POSITIVE_INFINITY) return Promise.resolve()
    return new Promise((resolve) => {
      advance()
      active.add({ doneAtShare: share + bytes, resolve })
      wakeAtNextEnd()
    })
  }
  return { transfer }
}
