/** A document's content after an operation; `null` where it is gone. */
export type Content = { readonly n: number; readonly text: string } | null

/** An operation of a child, with what it will have made of each document once it is applied. */
export interface Operation {
  readonly kind: 'put' | 'increment' | 'remove' | 'bulk' | 'prune' | 'together'
  readonly changes: readonly (readonly [path: string, content: Content])[]
}

/** What a vault holds, by path. */
export type Contents = Map<string, Content>

/** A writer's input. */
export interface WriterInput {
  readonly folder: string
  readonly seed: number
  /** Distinguishes what this writer creates from what others did. */
  readonly number: number
  readonly death: Death
}

/**
 * Where a writer kills itself: before it sends the `nth` write to one of these files, while that is under way, or when it is done
 * and nothing has heard of it yet. `'never'`: it is killed from outside.
 */
export interface Death {
  readonly when: 'before' | 'during' | 'after' | 'never'
  readonly files: 'any' | 'root' | 'new'
  readonly nth: number
}

/** Draws operations that fit a vault's contents: few paths, so that directories empty and fill; documents that outgrow a shard. */
export class OperationMaker {
  readonly #contents: Contents
  readonly #below: (limit: number) => number
  readonly #writer: number
  #made = 0

  constructor(contents: Contents, next: () => number, writer: number) {
    this.#contents = contents
    this.#below = (limit) => next() % limit
    this.#writer = writer
  }

  next(): Operation {
    const kind = this.#below(100)
    if (kind < 25) return this.#single('put')
    if (kind < 50) return this.#single('increment')
    if (kind < 70) return this.#single('remove')
    if (kind < 85) return { kind: 'bulk', changes: this.#several(2 + this.#below(12)) }
    if (kind < 95) return { kind: 'together', changes: this.#several(2 + this.#below(4)) }
    const directory = `/d${this.#below(4)}/`
    const inside = [...this.#contents.keys()].filter((path) => path.startsWith(directory))
    return { kind: 'prune', changes: [[directory, null], ...inside.map((path) => [path, null] as const)] }
  }

  #single(kind: 'put' | 'increment' | 'remove'): Operation {
    const path = this.#path()
    if (kind === 'remove') return { kind, changes: [[path, null]] }
    const old = this.#contents.get(path)
    if (kind === 'put') return { kind, changes: [[path, this.#content()]] }
    return { kind, changes: [[path, { n: (old?.n ?? 0) + 1, text: old?.text ?? '' }]] }
  }

  #several(count: number): Operation['changes'] {
    const changes = new Map<string, Content>()
    for (let index = 0; index < count; index++) {
      changes.set(this.#path(), this.#below(4) === 0 ? null : this.#content())
    }
    return [...changes]
  }

  #path(): string {
    const known = [...this.#contents.keys()]
    const pick = known[this.#below(Math.max(1, known.length))]
    if (pick !== undefined && this.#below(2) === 0) return pick
    return `/d${this.#below(4)}/e${this.#below(3)}/${this.#below(4)}`
  }

  #content(): Content {
    this.#made++
    return { n: this.#writer * 1000 + this.#made, text: 'x'.repeat(this.#below(300)) }
  }
}
