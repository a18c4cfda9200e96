import { UNEXPLAINED, type Variant } from './variant.ts'

/** That an operation's outcome is that of what was written for it. */
export const OPERATIONS: readonly Variant[] = [
  {
    rule: 'an operation that only saw what another of its plan did is settled with that one',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: "      if (verdict.kind === 'again' || (verdict.kind",
        to: "      const own = this.#plan.folded.outcomes.get(operation)\n      if (own?.kind === 'changed' && own.before === own.after) this.#settleChange(operation)\n      else if (verdict.kind === 'again' || (verdict.kind",
      },
    ],
    scenario: 'a document removed twice at once, and changed',
    notices: UNEXPLAINED,
  },
  {
    rule: 'an operation is settled only when its write is committed',
    changes: [{ file: 'core/src/operations/execution.ts', from: 'if (documentWrites.has(id)) continue\n', to: '' }],
    scenario: 'two counters',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what a function made of one document is not put in place of another',
    changes: [
      {
        file: 'core/src/operations/operation.ts',
        from: 'const same = given === current || (given != null && current !== null && given.equals(current))',
        to: 'const same = kept !== undefined',
      },
    ],
    scenario: 'two counters',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a result that was awaited is applied only to the document that it was made of',
    changes: [
      {
        file: 'core/src/operations/operation.ts',
        from: 'const same = given === current || (given != null && current !== null && given.equals(current))',
        to: "const same = kept?.kind === 'document' && answered",
      },
      {
        file: 'core/src/operations/operation.ts',
        from: 'let kept: Decision | undefined\n',
        to: 'let kept: Decision | undefined\n  let answered = false\n',
      },
      {
        file: 'core/src/operations/operation.ts',
        from: 'if (given === current) kept = read(value)',
        to: 'answered = true\n        kept = read(value)',
      },
    ],
    scenario: 'two counters that take their time',
    notices: UNEXPLAINED,
  },
]
