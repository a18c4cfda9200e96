import { splice } from './byte-mutations.ts'

const COLON = 0x3a
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
  const drop = (from: number, to: number, other: number): Promise<boolean> =>
    accept(best.filter((_byte, at) => (at < from || at > to) && at !== other))
  for (let before = -1; before !== best.length && left > 0; ) {
    before = best.length
    for (let size = best.length; size >= 1 && left > 0; size >>= 1) {
      for (let at = 0; at < best.length && left > 0; ) {
        if (!(await accept(splice(best, at, size, NOTHING)))) at += size
      }
    }
    for (let at = 0; at < best.length && left > 0; at++) {
      const closing = closingOf(best, at)
      if (closing === -1) continue
      // A pair of brackets goes together or not at all, and with it the name of a member.
      const name = best.indexOf(COLON, at)
      if ((await drop(at, at, closing)) || (name !== -1 && name < closing && (await drop(at, name, closing)))) at--
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    for (const byte of PLAIN) {
      if (best[at] === byte || (await accept(splice(best, at, 1, Uint8Array.of(byte))))) break
    }
  }
  return best
}

/** Where the bracket at `at` is closed; -1 where there is none, or no end of it. */
function closingOf(input: Uint8Array, at: number): number {
  const [open, close] = input[at] === 0x5b ? [0x5b, 0x5d] : [0x7b, 0x7d]
  if (input[at] !== open) return -1
  let depth = 0
  for (let place = at; place < input.length; place++) {
    if (input[place] === open) depth++
    else if (input[place] === close && --depth === 0) return place
  }
  return -1
}

/** What kind of fault a message is of: without what is particular to one input. */
export function kindOfFault(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/\d+/g, '#').slice(0, 120)
}
