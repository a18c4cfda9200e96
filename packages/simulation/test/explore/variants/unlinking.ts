import { UNEXPLAINED, UNLINKED, type Variant } from './variant.ts'

/** That a directory is unlinked only when nobody can be about to fill it. */
export const UNLINKING: readonly Variant[] = [
  {
    rule: 'every other shard of an emptied directory is fenced',
    changes: [
      {
        file: 'core/src/operations/unlinking.ts',
        from: 'const fences = new Set(covering.map(({ id }) => id))',
        to: 'const fences = new Set(emptied)',
      },
    ],
    scenario: 'a directory filled and emptied in other shards',
    notices: UNLINKED,
  },
  {
    rule: 'unlinking waits for the fences',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: '    await this.#writeDocuments()\n    this.#accountPrunes()\n    const unlinked = await this.#unlink()',
        to: '    const documents = this.#writeDocuments()\n    const together = this.#unlink()\n    await documents\n    this.#accountPrunes()\n    const unlinked = await together',
      },
      {
        file: 'core/src/operations/execution.ts',
        from: "        return verdict?.kind === 'committed' && verdict.current && whole",
        to: '        return verdict === undefined || whole',
      },
    ],
    scenario: 'a directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'a directory is unlinked only if its fences were written',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: "        return verdict?.kind === 'committed' && verdict.current && whole",
        to: '        return verdict !== undefined && whole',
      },
    ],
    scenario: 'a directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'a directory is unlinked only if all that was to empty it was written',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: "        return verdict?.kind === 'committed' && verdict.current && whole",
        to: "        return verdict?.kind === 'committed' && verdict.current",
      },
    ],
    scenario: 'a removal aborted beside a put in another directory',
    notices: UNLINKED,
  },
  {
    rule: 'a directory is unlinked only together with those below it',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'if (fenced && children.every((child) => possible.has(child)))',
        to: 'if (fenced)',
      },
    ],
    scenario: 'a nested document removed and changed',
    notices: UNLINKED,
  },
  {
    rule: 'a directory with a subdirectory is not empty',
    changes: [
      {
        file: 'core/src/operations/unlinking.ts',
        from: 'if (gone !== true) return true',
        to: 'if (gone !== true && document !== null) return true',
      },
    ],
    scenario: 'a document removed above another',
    notices: UNLINKED,
  },
  {
    rule: 'a committed removal is not planned again',
    changes: [
      {
        file: 'core/src/operations/fold.ts',
        from: '({ path, after }) => after !== null && !operation.removed.has(path.path)',
        to: '({ after }) => after !== null',
      },
    ],
    scenario: 'a prune and what was put back',
    notices: UNEXPLAINED,
  },
]
