import { isDeepStrictEqual } from 'node:util'

/** What each document may be by all that was acknowledged to this client, or by what it may never know. */
export class Ledger {
  readonly #values = new Map<string, readonly unknown[]>()

  constructor(documents: ReadonlyMap<string, unknown>) {
    for (const [path, value] of documents) this.#values.set(path, [value])
  }

  copy(): Ledger {
    const copy = new Ledger(new Map())
    for (const [path, values] of this.#values) copy.#values.set(path, values)
    return copy
  }

  get paths(): string[] {
    return [...this.#values.keys()]
  }

  /** Whether a client may be shown this as the document at `path`; `null` is its absence. */
  allows(path: string, value: unknown): boolean {
    return (this.#values.get(path) ?? [null]).some((each) => isDeepStrictEqual(each, value))
  }

  /** A write that was acknowledged. */
  acknowledged(path: string, value: unknown): void {
    this.#values.set(path, [value])
  }

  /** A write of which nobody knows whether it was applied. */
  uncertain(path: string, value: unknown): void {
    this.#values.set(path, [...(this.#values.get(path) ?? [null]), value])
  }
}
