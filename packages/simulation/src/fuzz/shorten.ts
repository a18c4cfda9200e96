import { splice } from './byte-mutations.ts'

const NOTHING = new Uint8Array(0)
/** Bytes that say nothing: what an input is made of when nothing in it matters. */
const PLAIN = [0x30, 0x61]

/**
 * The input with all taken away that it goes wrong without (delta debugging: Zeller and Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", 2002), and what is left made plain. Tries at most `budget` inputs.
 */
export async function shorten(
  input: Uint8Array,
  goesWrong: (candidate: Uint8Array) => Promise<boolean>,
  budget: number,
): Promise<Uint8Array> {
  let best = input
  let left = budget
  const accept = async (candidate: Uint8Array): Promise<boolean> => {
    if (left-- <= 0 || !(await goesWrong(candidate))) return false
    best = candidate
    return true
  }
  for (let before = -1; before !== best.length && left > 0; ) {
    before = best.length
    for (let size = best.length; size >= 1 && left > 0; size >>= 1) {
      for (let at = 0; at < best.length && left > 0; ) {
        if (!(await accept(splice(best, at, size, NOTHING)))) at += size
      }
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    for (const byte of PLAIN) {
      if (best[at] === byte || (await accept(splice(best, at, 1, Uint8Array.of(byte))))) break
    }
  }
  return best
}

/** What kind of fault a message is of: without what is particular to one input. */
export function kindOfFault(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/\d+/g, '#').slice(0, 120)
}
