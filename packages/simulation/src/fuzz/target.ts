import type { SeededRandom } from '../seeded-random.ts'

/**
 * One parser and what is promised of it. An input is bytes and nothing else, so that every input can be made again, cut
 * smaller and written down in the same way.
 */
export interface FuzzTarget {
  /** What `--only` picks it by. */
  readonly name: string
  /** Its share of the inputs among all targets; from 1. */
  readonly weight: number
  /** One input, made from the random source alone. */
  generate(random: SeededRandom): Uint8Array
  /**
   * Gives the input to the parser. Resolves to a word for what became of it, which is counted: `accepted`, an error's code.
   * Throws where a promise is broken.
   */
  judge(input: Uint8Array): string | Promise<string>
}

/** A promise that the parser did not keep; what it says is shown to people. */
export class BrokenPromise extends Error {
  override readonly name: string = 'BrokenPromise'
}

/** Throws a {@link BrokenPromise} unless `condition` holds. */
export function promise(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new BrokenPromise(broken)
}
