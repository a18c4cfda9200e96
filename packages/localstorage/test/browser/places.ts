import { createLocalStorageStore, type LocalStorageStoreOptions } from '@vaultdb/localstorage'
import { type Places, placesOf } from '../../../browsers/pages/places.ts'

/** Prefixes in an empty storage, which is emptied after each trial. */
export const places: Places<LocalStorageStoreOptions> = placesOf(
  (prefix, options) => createLocalStorageStore({ prefix, ...options }),
  () => localStorage.clear(),
)

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
