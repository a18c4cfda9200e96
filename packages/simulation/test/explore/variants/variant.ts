/** One change of the engine's source text. */
export interface Change {
  /** Below packages/core/src. */
  readonly file: string
  /** Stands in that file exactly once. */
  readonly from: string
  readonly to: string
}

/** The engine with one of its rules switched off while it is bundled. */
export interface Variant {
  readonly rule: string
  readonly changes: readonly Change[]
  /** The scenario that finds it out. */
  readonly scenario: string
  /** What is found: the beginning of the violation's message. */
  readonly notices: RegExp
  /** Of the exploration's draw (default 1). */
  readonly seed?: number
}

/** A rule that a second one makes good: it takes both to be switched off. */
export interface Redundant {
  readonly rule: string
  readonly changes: readonly Change[]
  /** Why breaking the rule alone does no harm. */
  readonly because: string
  /** Explored without a violation, and made for the rule. */
  readonly scenario: string
  /** What is switched off together with the rule, in the scenario where that shows. */
  readonly together: Pick<Variant, 'changes' | 'scenario' | 'notices' | 'seed'>
}

/** The invariant: who sees the document does not find it by its directories. */
export const UNLINKED: RegExp = /^\S+ exists and \S+ has no marker\.$/
/** A change was lost or made twice, or an answer was wrong. */
export const UNEXPLAINED: RegExp = /^No order of the operations explains the history of /
