import type { StoreCapabilities } from '@vaultdb/core'

/** Whether the browser has promised not to remove what the origin keeps (Storage Standard, section 4.5). */
export class Persistence {
  answer: NonNullable<StoreCapabilities['persistent']> = 'unknown'
  #asked: boolean = false

  /** Asks, once; nobody waits for the answer, which in Firefox is a person's. */
  ask(): void {
    if (this.#asked) return
    this.#asked = true
    const { navigator } = globalThis as { readonly navigator?: { readonly storage?: Partial<StorageManager> } }
    const storage = navigator?.storage // missing on plain-http pages
    // Workers cannot ask; they can see what a page was promised.
    if (storage?.persist) {
      storage.persist().then(
        (granted) => {
          this.answer = granted ? 'granted' : 'denied'
        },
        () => undefined,
      )
    } else {
      storage?.persisted?.().then(
        (granted) => {
          if (granted) this.answer = 'granted'
        },
        () => undefined,
      )
    }
  }
}
