// A page's view of localStorage may be behind: browsers that give each tab a process of its own pass changes on without
// waiting for anybody, and a Web Lock may be handed over before the change that was made under it arrives. (Two tabs of
// Chromium that count under one lock lose a fifth of their steps.) So whoever changes something numbers the change, writes the
// number behind it, and holds a second lock that bears the number in its name: locks are the browser's own, the same for
// all. Who is about to look asks for the names of the locks held, and waits until its storage shows the highest number;
// changes arrive in order, so everything before it is there as well.

import { type Runtime, VaultError } from '@vaultdb/core'
import { locksIfAny, locksOfPage } from './failures.ts'

/** A change takes milliseconds to arrive; after this long something is wrong. */
const PATIENCE_MS = 2000
/** Always as long, so that writing it never needs room once it is there. */
const DIGITS = 16

/** What the stores of one prefix in this page, which share its storage, share otherwise. */
interface Shared {
  /** Number of the last change made here. Its lock is held as long as the page lives, or until the next change. */
  own: number
  release: () => void
  /** Up to this number changes were cleared away. */
  cleared: number
}

const shares: Map<string, Shared> = new Map()

function sharedOf(prefix: string): Shared {
  const shared = shares.get(prefix) ?? { own: 0, release: () => undefined, cleared: 0 }
  shares.set(prefix, shared)
  return shared
}

/** The order of the changes to one prefix, over all pages of the origin. */
export class Order {
  readonly #lock: string
  readonly #entry: string
  readonly #runtime: Pick<Runtime, 'monotonicMs'>
  readonly #shared: Shared

  constructor(prefix: string, runtime: Pick<Runtime, 'monotonicMs'>) {
    this.#lock = `vaultdb:${prefix}`
    this.#entry = `${prefix}:#` // no blob key has a `#`
    this.#runtime = runtime
    this.#shared = sharedOf(prefix)
  }

  /** Runs `change` alone among all pages, with an up-to-date storage and the number of the change. */
  async alone<T>(
    storage: Storage,
    signal: AbortSignal | undefined,
    change: (number: number) => Promise<T>,
  ): Promise<T> {
    const options: LockOptions = signal === undefined ? {} : { signal }
    const result = await locksOfPage().request(this.#lock, options, async () => {
      const seen = await this.caughtUp(storage)
      return await change(Math.max(seen, this.#shared.own, this.#shared.cleared) + 1)
    })
    return result
  }

  /** Makes room for the numbers, before anything is changed. */
  prepare(storage: Storage): void {
    if (storage.getItem(this.#entry) === null) storage.setItem(this.#entry, '0'.repeat(DIGITS))
  }

  /** Lets all pages know that the change was made. */
  async announce(storage: Storage, number: number): Promise<void> {
    storage.setItem(this.#entry, String(number).padStart(DIGITS, '0'))
    const release = await held(`${this.#lock}#${number}`)
    this.#shared.release()
    this.#shared.release = release
    this.#shared.own = number
  }

  /** Resolves to the number of the last change, as soon as this page's storage shows all that were made before the call. */
  async caughtUp(storage: Storage): Promise<number> {
    const began = this.#runtime.monotonicMs()
    for (;;) {
      const made = await this.#lastElsewhere()
      const seen = this.#seen(storage)
      if (made <= (seen ?? this.#shared.cleared)) return Math.max(made, seen ?? 0)
      if (this.#runtime.monotonicMs() - began < PATIENCE_MS) continue
      if (seen !== null) {
        const message = "Another tab's change has not arrived in this tab's localStorage. Try again."
        throw new VaultError('ERR_UNAVAILABLE', message)
      }
      this.#shared.cleared = made // the numbers are gone, and so is all the rest
    }
  }

  /** The highest number among the locks of other pages. This page's storage shows its own changes at once. */
  async #lastElsewhere(): Promise<number> {
    const { held = [] } = (await locksIfAny()?.query()) ?? {}
    const numbers = held.map(({ name = '' }) => (name.startsWith(`${this.#lock}#`) ? Number(name.split('#')[1]) : 0))
    return Math.max(0, ...numbers.filter((number) => number !== this.#shared.own))
  }

  #seen(storage: Storage): number | null {
    const text = storage.getItem(this.#entry)
    if (text === null) return null
    if (/^\d{16}$/.test(text)) return Number(text)
    throw new VaultError(
      'ERR_UNSUPPORTED',
      `Entry ${this.#entry} of localStorage is not VaultDB's: choose another prefix.`,
    )
  }
}

/** Resolves once the lock, which nobody else asks for, is held, to what lets go of it. */
function held(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    locksOfPage()
      .request(name, () => new Promise<void>((release) => resolve(release)))
      .catch(reject)
  })
}
