import { UNEXPLAINED, type Variant } from './variant.ts'

/** That an operation which is aborted harms no other. */
export const INTERRUPTIONS: readonly Variant[] = [
  {
    rule: 'what an aborted operation would have undone is done after all',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'if (operations.some(({ over }) => over)) this.#void.add(effect)',
        to: 'if (operations.length === 0) this.#void.add(effect)',
      },
    ],
    scenario: 'a removal aborted beside a put of the same document',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a request is given up only when nobody waits for it any more',
    changes: [
      {
        file: 'core/src/shared-work.ts',
        from: 'if (--run.waiting > 0 || this.#run !== run) return',
        to: 'if (this.#run !== run) return',
      },
    ],
    scenario: 'a read aborted beside another of the same shard',
    notices: /^A failure that no fault explains \(ERR_ABORTED\) of 0\.2/,
  },
  {
    rule: 'an aborted write is not said to be undone once it was sent',
    changes: [
      {
        file: 'core/src/operations/scheduler.ts',
        from: '    if (operation.sent) {\n',
        to: '    if (operation.arrival < 0) {\n',
      },
    ],
    scenario: 'an update aborted beside another of the same document',
    notices: UNEXPLAINED,
  },
]
