import type { SourceChange } from '../../changed-sources.ts'
import { UNEXPLAINED, type Variant } from './variant.ts'

/** A log of two writes, so that a few reach beyond it. */
const SHORT_LOG: readonly SourceChange[] = [
  { file: 'core/src/format/limits.ts', from: '{ kept: 16, most: 64 }', to: '{ kept: 1, most: 64 }' },
  { file: 'core/src/format/limits.ts', from: '{ kept: 64, most: 256 }', to: '{ kept: 1, most: 256 }' },
]

/** That a write whose answer is lost is applied once or not at all, and is known to be. */
export const REQUESTS: readonly Variant[] = [
  {
    rule: 'an unsettled write is sent again and not planned anew',
    changes: [
      {
        file: 'core/src/vault/requests.ts',
        from: 'isUnsettled ||= !isUnsent(error)',
        to: "if (code === 'ERR_UNAVAILABLE') return { kind: 'conflict' }\n        isUnsettled ||= !isUnsent(error)",
      },
    ],
    scenario: 'two counters, a write astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a conflict is searched for the own write',
    changes: [
      {
        file: 'core/src/vault/requests.ts',
        from: 'const finding = await write.inspect()',
        to: "const found = await write.inspect()\n      const finding: Finding = found.kind === 'current' && write.expected === null ? found : { kind: 'not-applied' }",
      },
    ],
    scenario: 'two counters, a write astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'the whole log is searched',
    changes: [
      {
        file: 'core/src/format/sequence-log.ts',
        from: 'return log.entries.some((entry) => entry.writeId === writeId) || log.olderIds.includes(writeId)',
        to: 'return log.entries.at(-1)?.writeId === writeId',
      },
    ],
    scenario: 'two counters, a write astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a refused re-send settles nothing',
    changes: [
      {
        file: 'core/src/vault/requests.ts',
        from: 'if (!isUnsettled && code !== undefined && REFUSALS.has(code))',
        to: 'if (code !== undefined && REFUSALS.has(code))',
      },
    ],
    scenario: 'two counters, two writes astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what nobody can tell the outcome of is not tried again',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: "if (outcome.kind === 'conflict' || outcome.kind === 'withdrawn') return { kind: 'again' }",
        to: "if (outcome.kind !== 'refused') return { kind: 'again' }",
      },
    ],
    scenario: 'a counter that is read, three writes astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what the log no longer reaches is not taken for undone once an answer was lost',
    changes: [
      ...SHORT_LOG,
      {
        file: 'core/src/vault/requests.ts',
        from: "if (finding.kind === 'out-of-reach' && isFirst)",
        to: "if (finding.kind === 'out-of-reach')",
      },
    ],
    scenario: 'a counter and a busy one, an answer lost',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what is sent again still expects the version that it was made for',
    changes: [
      {
        file: 'core/src/vault/requests.ts',
        from: 'const version = await this.store.write(key, data, expected, { signal })',
        to: 'const now = attempt === 1 ? null : ((await this.store.read(key)) as StoredBlob | null)\n        const version = await this.store.write(key, data, now?.version ?? expected, { signal })',
      },
    ],
    scenario: 'two counters, a write astray',
    notices: /^Shard 0 skips a write\.$/,
  },
  {
    rule: 'what nobody can tell the outcome of is not said to be undone',
    changes: [
      {
        file: 'core/src/vault/root.ts',
        from: "if (outcome.kind === 'unknown') {\n    return new VaultError(\n      'ERR_OUTCOME_UNKNOWN'",
        to: "if (outcome.error === undefined) {\n    return new VaultError(\n      'ERR_OUTCOME_UNKNOWN'",
      },
    ],
    scenario: 'a counter that is read, three writes astray',
    notices: UNEXPLAINED,
  },
]
