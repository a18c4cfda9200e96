import type { Connectivity } from '../../src/runtime.ts'

/** A network that a test plugs in and out. */
export class SwitchedConnectivity implements Connectivity {
  readonly #callbacks: Set<() => void> = new Set()
  #isOnline = true

  /** How many wait for the network. */
  get listeners(): number {
    return this.#callbacks.size
  }

  isOnline(): boolean {
    return this.#isOnline
  }

  onOnline(callback: () => void): () => void {
    const own = (): void => callback()
    this.#callbacks.add(own)
    return () => {
      this.#callbacks.delete(own)
    }
  }

  /** `told: false`: without anybody being called back. */
  plug(isOnline: boolean, { told = isOnline }: { readonly told?: boolean } = {}): void {
    this.#isOnline = isOnline
    if (told) for (const callback of [...this.#callbacks]) callback()
  }
}
