/** A document as the checker sees it: a text that stands for its value; `null` where it is absent. */
export type State = string | null

/**
 * One look at, or change of, one document by an operation that ran from `start` to `end`. It took effect at one moment in
 * between.
 */
export interface Step {
  readonly path: string
  readonly start: number
  /** `Infinity` for what may take effect at any later time. */
  readonly end: number
  /** Whether it may never have taken effect at all. */
  readonly optional?: boolean
  /** The state after it; `undefined` if its result cannot come from this state. */
  apply(state: State): State | undefined
  /** Counts, under this name, if it finds the document present. */
  readonly counter?: string
}

/** How many documents a counted operation says it met. */
export type Totals = ReadonlyMap<string, number>

type Counts = Readonly<Record<string, number>>

const keyOf = (counts: Counts): string => JSON.stringify(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))

function add(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** The counts with which one document's steps can be put into an order that explains all results (Wing & Gong, 1993). */
function explanations(steps: readonly Step[]): Counts[] {
  const known = new Map<string, Counts[]>()

  function explain(done: bigint, state: State): Counts[] {
    const key = `${done} ${state}`
    const found = known.get(key)
    if (found !== undefined) return found
    const results = new Map<string, Counts>()
    known.set(key, [])
    let latestStart = Number.NEGATIVE_INFINITY
    let earliestEnd = Number.POSITIVE_INFINITY
    let finished = true
    for (const [index, { start, end, optional }] of steps.entries()) {
      if (done & (1n << BigInt(index))) latestStart = Math.max(latestStart, start)
      else if (optional !== true) {
        finished = false
        earliestEnd = Math.min(earliestEnd, end)
      }
    }
    if (finished) results.set(keyOf({}), {})
    for (const [index, step] of steps.entries()) {
      if (done & (1n << BigInt(index)) || step.start > earliestEnd || step.end < latestStart) continue
      const next = step.apply(state)
      if (next === undefined) continue
      const own: Counts = step.counter !== undefined && state !== null ? { [step.counter]: 1 } : {}
      for (const rest of explain(done | (1n << BigInt(index)), next)) {
        const counts = add(own, rest)
        results.set(keyOf(counts), counts)
      }
    }
    known.set(key, [...results.values()])
    return [...results.values()]
  }

  return explain(0n, null)
}

/**
 * Throws unless there is an order of the steps, document by document, that respects which ended before which began and
 * explains every result and every total. All documents are absent at first.
 */
export function assertLinearizable(steps: readonly Step[], totals: Totals = new Map()): void {
  const byPath = new Map<string, Step[]>()
  for (const step of steps) byPath.set(step.path, [...(byPath.get(step.path) ?? []), step])
  let sums: Counts[] = [{}]
  for (const [path, own] of byPath) {
    const possible = explanations(own)
    if (possible.length === 0) {
      const story = own.map(({ start, end, optional, counter, apply }) => {
        return `${start}–${end}${optional ? ' maybe' : ''}${counter ? ` ${counter}` : ''}: ${apply.toString()}`
      })
      throw new Error(`No order of operations explains what was seen of ${path}:\n${story.join('\n')}`)
    }
    const next = new Map<string, Counts>()
    for (const sum of sums) {
      for (const counts of possible) {
        const total = add(sum, counts)
        next.set(keyOf(total), total)
      }
    }
    sums = [...next.values()]
  }
  const explained = sums.some((sum) => [...totals].every(([name, total]) => (sum[name] ?? 0) === total))
  if (!explained) {
    throw new Error(
      `No order of operations explains these totals: ${JSON.stringify([...totals])}, only ${JSON.stringify(sums)}.`,
    )
  }
}
