// A page's view of localStorage may be behind: browsers that give each tab a process of its own pass changes on without
// waiting for anybody, and a Web Lock may be handed over before the change that was made under it arrives. (Two tabs of
// Chromium that count under one lock lose a sixth of their steps.) So whoever changes something numbers the change, writes the
// number behind it, and holds a second lock that bears the number in its name: locks are the browser's own, the same for
// all. Who is about to look asks for the names of the locks held, and waits until its storage shows the highest number;
// changes arrive in order, so everything before it is there as well.

import { type Runtime, VaultError } from '@vaultdb/core'
import { foreign, unsupported } from './failures.ts'
import { pageLocks } from './page.ts'

/** A change takes milliseconds to arrive; after this long something is wrong. */
const PATIENCE_MS = 2000
/** Always as long, so that writing it never needs room once it is there. */
const DIGITS = 16

/** What the stores of one prefix in this page, which share its storage, share otherwise. */
interface Shared {
  /** Number of the last change made here. Its lock is held as long as the page lives, or until the next change. */
  own: number
  release?: () => void
  /** Changes up to this number were cleared away. */
  cleared: number
}

const shares: Map<string, Shared> = new Map()

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
    this.#shared = shares.get(prefix) ?? { own: 0, cleared: 0 }
    shares.set(prefix, this.#shared)
  }

  /**
   * Runs `change` alone among all pages, with an up-to-date storage and the number of the change, which it hands to
   * {@link announce} when it is made.
   */
  async alone<T>(
    storage: Storage,
    signal: AbortSignal | undefined,
    change: (number: number) => Promise<T>,
  ): Promise<T> {
    const locks = pageLocks()
    if (!locks) throw unsupported('Writing takes Web Locks: use https.')
    return await locks.request(this.#lock, signal ? { signal } : {}, async () => {
      const seen = await this.caughtUp(storage)
      const { own, cleared } = this.#shared
      // The entry is made before anything is changed, while there may be no room for it.
      if (this.#seen(storage) === null) this.#show(storage, 0)
      return await change(Math.max(seen, own, cleared) + 1)
    })
  }

  /** Lets all pages know that the change was made. */
  async announce(storage: Storage, number: number): Promise<void> {
    this.#show(storage, number)
    const shared = this.#shared
    await new Promise<void>((held, reject) => {
      const locks = pageLocks() as LockManager
      const hold = (): Promise<void> => {
        shared.release?.()
        shared.own = number
        held()
        return new Promise((release) => {
          shared.release = release
        })
      }
      locks.request(`${this.#lock}#${number}`, hold).catch(reject)
    })
  }

  /** Resolves to the number of the last change, as soon as this page's storage shows all that were made before the call. */
  async caughtUp(storage: Storage): Promise<number> {
    const began = this.#runtime.monotonicMs()
    for (;;) {
      const made = await this.#lastElsewhere()
      const seen = this.#seen(storage)
      if (made <= (seen ?? this.#shared.cleared)) return seen ?? made
      if (this.#runtime.monotonicMs() - began < PATIENCE_MS) continue
      if (seen !== null) throw new VaultError('ERR_UNAVAILABLE', 'Another tab is busy writing. Try again.')
      this.#shared.cleared = made // the numbers are gone, and so is all the rest
    }
  }

  /** The highest number among the locks of other pages. This page's storage shows its own changes at once. */
  async #lastElsewhere(): Promise<number> {
    const held = (await pageLocks()?.query())?.held ?? []
    const numbers = held.map(({ name = '' }) => {
      const [lock, number = 0] = name.split('#')
      return lock === this.#lock ? Number(number) : 0
    })
    return Math.max(0, ...numbers.filter((number) => number !== this.#shared.own))
  }

  #show(storage: Storage, number: number): void {
    storage.setItem(this.#entry, String(number).padStart(DIGITS, '0'))
  }

  #seen(storage: Storage): number | null {
    const text = storage.getItem(this.#entry)
    if (text === null) return null
    if (!/^\d{16}$/.test(text)) throw foreign()
    return Number(text)
  }
}
