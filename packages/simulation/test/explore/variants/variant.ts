import type { SourceChange } from '../../changed-sources.ts'

/** Where it shows that a rule is switched off. */
export type Stage =
  /** A scenario of the exploration; `seed` is of its draw (default 1). */
  | { readonly scenario: string; readonly seed?: number }
  /** An attack by whoever has the store in hand. */
  | { readonly attack: string }

/** Changes that switch something off, and what the simulation says to that. */
export type Breach = Stage & {
  readonly changes: readonly SourceChange[]
  /** The message of the violation, or what is surprising in the result of the attack. */
  readonly notices: RegExp
}

/** The engine with one of its rules switched off while it is bundled. */
export type Variant = Breach & { readonly rule: string }

/** A rule that a second one makes good: it takes both to be switched off. */
export interface Redundant {
  readonly rule: string
  readonly changes: readonly SourceChange[]
  /** Why breaking the rule alone does no harm. */
  readonly because: string
  /** The rule and what makes it good, both switched off. */
  readonly together: Breach
}

/** The invariant: who sees the document does not find it by its directories. */
export const UNLINKED: RegExp = /^\S+ exists and \S+ has no marker\.$/
/** A change was lost or made twice, or an answer was wrong. */
export const UNEXPLAINED: RegExp = /^No order of the operations explains the history of /
