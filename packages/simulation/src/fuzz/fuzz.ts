import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import { BrokenPromise, type FuzzTarget } from './target.ts'

/** Bytes that one input may make a parser ask for: some times what it is given, and the smallest body's. */
const MEMORY = { perByte: 256, base: 4 * 2 ** 20 } as const

/** A promise broken by one input. */
export interface FuzzFailure {
  readonly target: string
  readonly seed: number
  /** Which input of the target it was, from 0. */
  readonly index: number
  readonly input: Uint8Array
  readonly message: string
}

/** What became of a target's inputs. */
export interface FuzzRun {
  readonly inputs: number
  /** How many inputs came to which end. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly failure: FuzzFailure | null
}

/** Which inputs to try. */
export interface FuzzRange {
  readonly seed: number
  /** Index of the first input. */
  readonly from: number
  readonly count: number
  /** Told of each input before it is tried. */
  readonly onInput?: (index: number) => void
}

/** FNV-1a over a text: a name's own stream of numbers. */
function numberOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** The random source of one input: it depends on seed, target and index alone, so that any input can be made again. */
function sourceOf(target: FuzzTarget, seed: number, index: number): SeededRandom {
  const mixed = createSeededRandom((numberOf(target.name) ^ Math.imul(seed, 0x9e3779b1)) >>> 0).uint32()
  return createSeededRandom((mixed + Math.imul(index, 0x85ebca6b)) >>> 0)
}

/** The input that `fuzz` tries as number `index`. */
export function inputAt(target: FuzzTarget, seed: number, index: number): Uint8Array {
  return target.generate(sourceOf(target, seed, index))
}

/** What went wrong in words: of a broken promise what it says, of anything else that it is an error nobody promised. */
function describe(error: unknown): string {
  if (error instanceof BrokenPromise) return error.message
  if (error instanceof Error) return `${error.name} instead of a typed error: ${error.message}\n${error.stack ?? ''}`
  return `${error instanceof Object ? error.constructor.name : typeof error} thrown, which is no error`
}

/** What hostile names reach for. */
const PROTOTYPES: readonly object[] = [Object, Array, String, Function, Map].map(({ prototype }) => prototype as object)

function prototypes(): number {
  return PROTOTYPES.reduce((sum, prototype) => sum + Reflect.ownKeys(prototype).length, 0)
}

const CLEAN = prototypes()

/** Judges one input, also by what no parser may do whatever it is for. Resolves to the outcome; rejects with what is wrong. */
export async function judge(target: FuzzTarget, input: Uint8Array): Promise<string> {
  const before = process.memoryUsage().arrayBuffers
  const given = input.slice()
  const outcome = await target.judge(input)
  const asked = process.memoryUsage().arrayBuffers - before
  const allowed = MEMORY.base + MEMORY.perByte * input.length
  if (asked > allowed) throw new BrokenPromise(`${asked} bytes of buffers for an input of ${input.length}`)
  if (prototypes() !== CLEAN) throw new BrokenPromise('a prototype was changed')
  if (Buffer.compare(given, input) !== 0) throw new BrokenPromise('the input was changed')
  return outcome
}

/** The message of what `input` breaks; `null` if all is well. */
export async function faultOf(target: FuzzTarget, input: Uint8Array): Promise<string | null> {
  try {
    await judge(target, input)
    return null
  } catch (error) {
    return describe(error)
  }
}

/** Tries a target's inputs one after the other until one breaks a promise. */
export async function fuzz(target: FuzzTarget, { seed, from, count, onInput }: FuzzRange): Promise<FuzzRun> {
  const outcomes = new Map<string, number>()
  for (let index = from; index < from + count; index++) {
    onInput?.(index)
    const input = inputAt(target, seed, index)
    try {
      const outcome = await judge(target, input)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    } catch (error) {
      const failure = { target: target.name, seed, index, input, message: describe(error) }
      return { inputs: index - from + 1, outcomes, failure }
    }
  }
  return { inputs: count, outcomes, failure: null }
}
