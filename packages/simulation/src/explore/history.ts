/** What an operation may have found and left of one document; `null` is absence. */
export type Transition = (before: string | null) => { readonly after: string | null } | undefined

/** One operation as far as it concerns one document. */
export interface HistoryEntry {
  readonly label: string
  /** The first moment at which it may have taken effect. */
  begin: number
  /** Infinity while its outcome is open, and for ever where nobody can tell when it takes effect. */
  end: number
  /** Whether it took effect for certain. */
  certain: boolean
  transition: Transition
  /** An operation that must have taken effect before: of the same client, which never goes back to what was before it. */
  readonly after?: HistoryEntry | undefined
}

/** Sees exactly this. */
export function sees(value: string | null): Transition {
  return (before) => (before === value ? { after: before } : undefined)
}

/** Sees whether the document is there. */
export function seesPresence(present: boolean): Transition {
  return (before) => ((before !== null) === present ? { after: before } : undefined)
}

/**
 * Whether some order of the operations, each at one moment between its beginning and its end, explains all that they answered
 * (Wing and Gong, "Testing and verifying concurrent objects", 1993). Operations of uncertain effect may be left out. The
 * document is `initial` before all of them.
 */
export function isLinearizable(entries: readonly HistoryEntry[], initial: string | null): boolean {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin)
  const refuted = new Set<string>()
  const taken = new Array<boolean>(sorted.length).fill(false)
  const places = new Map(sorted.map((entry, at) => [entry, at]))
  const isDue = ({ after }: HistoryEntry): boolean => {
    const place = after === undefined ? undefined : places.get(after)
    return place === undefined || taken[place] === true
  }

  const search = (start: number, value: string | null): boolean => {
    let first = start
    while (first < sorted.length && taken[first]) first++
    let horizon = Number.POSITIVE_INFINITY
    for (let at = first; at < sorted.length; at++) {
      const entry = sorted[at] as HistoryEntry
      if (entry.begin > horizon) break
      if (!taken[at] && entry.certain) horizon = Math.min(horizon, entry.end)
    }
    if (horizon === Number.POSITIVE_INFINITY && !sorted.some((entry, at) => entry.certain && !taken[at])) return true
    const state = `${first} ${stateOf(taken, first)} ${value}`
    if (refuted.has(state)) return false
    for (let at = first; at < sorted.length; at++) {
      const entry = sorted[at] as HistoryEntry
      if (entry.begin > horizon) break
      if (taken[at] || !isDue(entry)) continue
      const result = entry.transition(value)
      if (result === undefined) continue
      taken[at] = true
      const found = search(first, result.after)
      taken[at] = false
      if (found) return true
    }
    refuted.add(state)
    return false
  }
  return search(0, initial)
}

/** Which of the entries from `first` on were taken, as text. */
function stateOf(taken: readonly boolean[], first: number): string {
  let text = ''
  for (let at = first; at < taken.length; at++) text += taken[at] ? '1' : '0'
  return text.replace(/0+$/, '')
}
