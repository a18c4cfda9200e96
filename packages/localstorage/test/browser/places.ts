import type { BlobStore } from '@vaultdb/core'
import { createLocalStorageStore, type LocalStorageStoreOptions } from '@vaultdb/localstorage'

/** What one trial has to show; it rejects if it fails. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** A place of its own for one trial. */
export interface Place {
  readonly prefix: string
  open(options?: Partial<LocalStorageStoreOptions>): BlobStore
}

let places = 0

/** Hands an empty place in an empty storage to `body`, and empties the storage afterwards. */
export async function inPlace(body: (place: Place) => Promise<void>): Promise<void> {
  places += 1
  const prefix = `trial-${places}-${crypto.randomUUID()}`
  const stores: BlobStore[] = []
  const open = (options: Partial<LocalStorageStoreOptions> = {}): BlobStore => {
    const store = createLocalStorageStore({ prefix, ...options })
    stores.push(store)
    return store
  }
  try {
    await body({ prefix, open })
  } finally {
    await Promise.all(stores.map((store) => store.close?.()))
    localStorage.clear()
  }
}

/** Takes all the room that is left, but for some ten characters and `spare` more. */
export function fill(spare = 0): void {
  localStorage.setItem('spare', ' '.repeat(spare))
  for (let length = 4 * 1024 * 1024; length >= 1; length = Math.floor(length / 2)) {
    try {
      localStorage.setItem(`filler${length}`, ' '.repeat(length))
    } catch {
      // Half of it may fit.
    }
  }
  localStorage.removeItem('spare')
}

/** Makes room again. */
export function unfill(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith('filler')) localStorage.removeItem(name)
}

/** Holds a Web Lock, as another tab might; resolves, once it is held, to what lets go of it. */
export function hold(name: string): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const released = navigator.locks.request(
      name,
      () => new Promise<void>((release) => resolve(() => Promise.resolve(release()).then(() => released))),
    )
    released.catch(reject)
  })
}

/** Gives `owner` another property as long as `work` takes. */
export async function replacing(
  owner: object,
  property: string,
  descriptor: PropertyDescriptor,
  work: () => Promise<void>,
): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(owner, property)
  Object.defineProperty(owner, property, { ...descriptor, configurable: true })
  try {
    await work()
  } finally {
    if (original === undefined) Reflect.deleteProperty(owner, property)
    else Object.defineProperty(owner, property, original)
  }
}
