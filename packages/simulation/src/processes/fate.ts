import fs from 'node:fs'
import type { SeededRandom } from '../seeded-random.ts'

/** The calls of `node:fs` that change the disk or wait for it. */
const FATEFUL_CALLS = ['openSync', 'writeSync', 'fsync', 'mkdirSync', 'renameSync', 'unlinkSync', 'rmSync'] as const

type FatefulCall = (typeof FATEFUL_CALLS)[number]

/**
 * What befalls a process, and at which of its calls, counted from when it is told.
 *
 * - `die`: it kills itself right there.
 * - `announce`: it says so and goes on, to be killed from outside, wherever it has come to by then.
 * - `stop`: it stands still right there until it is continued or killed.
 */
export interface Fate {
  readonly what: 'die' | 'announce' | 'stop'
  readonly call: FatefulCall | 'any'
  /** Counts from 1. */
  readonly nth: number
  /** `'halfway'`: half of the bytes are written; of a call that writes none, the same as `'before'`. */
  readonly when: 'before' | 'halfway' | 'after'
}

/** How far a call is counted at most, by what is counted: creating a folder is rare, for it takes a split. */
const MOST_CALLS: Readonly<Partial<Record<Fate['call'], number>>> = { any: 60, renameSync: 10, mkdirSync: 2, rmSync: 1 }

const MOST_CALLS_ELSE = 8

/** Draws a fate; the renames, which make a change happen, come up most. */
export function drawFate(random: SeededRandom, what: Fate['what']): Fate {
  const kinds = [
    'any',
    'any',
    'any',
    'renameSync',
    'renameSync',
    'writeSync',
    'fsync',
    'mkdirSync',
    'unlinkSync',
  ] as const
  const call = random.pick(kinds)
  const when = random.pick(
    call === 'writeSync' ? (['before', 'halfway', 'after'] as const) : (['before', 'after'] as const),
  )
  return { what, call, nth: 1 + random.below(MOST_CALLS[call] ?? MOST_CALLS_ELSE), when }
}

type Call = (...args: unknown[]) => unknown

/** Counts the calls that others of this process make through the default export of `node:fs`. */
export class FatefulCalls {
  readonly #announce: (what: 'announced' | 'stopping') => void
  #fate: Fate | null = null
  #count = 0

  /** `announce` is called right before the process stops, or where it is to be killed from outside. */
  constructor(announce: (what: 'announced' | 'stopping') => void) {
    this.#announce = announce
    const calls = fs as unknown as Record<FatefulCall, Call>
    for (const name of FATEFUL_CALLS) {
      const original = calls[name]
      calls[name] = (...args) => this.#meet(name, original, args)
    }
  }

  /** Counts from now on. */
  expect(fate: Fate | null): void {
    this.#fate = fate
    this.#count = 0
  }

  #meet(name: FatefulCall, original: Call, args: unknown[]): unknown {
    const fate = this.#fate
    const counts = fate !== null && (fate.call === 'any' || fate.call === name) && !isReading(name, args)
    if (!counts || ++this.#count !== fate.nth) return original(...args)
    if (fate.when === 'after') {
      const result = original(...args)
      this.#fulfil(fate)
      return result
    }
    if (fate.when === 'halfway' && name === 'writeSync' && fate.what === 'die') writeHalf(original, args)
    this.#fulfil(fate)
    return original(...args)
  }

  #fulfil({ what }: Fate): void {
    this.#fate = null
    if (what !== 'die') this.#announce(what === 'stop' ? 'stopping' : 'announced')
    if (what !== 'announce') process.kill(process.pid, what === 'die' ? 'SIGKILL' : 'SIGSTOP')
    while (what === 'die'); // the signal is on its way
  }
}

/** Opening for reading, which changes nothing. */
function isReading(name: FatefulCall, args: readonly unknown[]): boolean {
  return name === 'openSync' && args[1] !== 'wx'
}

function writeHalf(original: Call, args: readonly unknown[]): void {
  const [file, bytes] = args as [number, Uint8Array]
  original(file, bytes, 0, bytes.length >> 1)
}
