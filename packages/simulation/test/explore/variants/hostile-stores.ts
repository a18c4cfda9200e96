import type { Variant } from './variant.ts'

/** That a file says nothing about itself which the reader does not know otherwise. */
export const HOSTILE_STORES: readonly Variant[] = [
  {
    rule: 'a header does not vouch for its own file',
    changes: [
      {
        file: 'core/src/format/shard-file.ts',
        from: 'if (equalBytes(shardHeader(context.vault, id, key.id), header)) return key',
        to: 'if (parseHeaderObject(header).key === key.id) return key',
      },
    ],
    attack: 'replaced by each other file of the vault: another shard, opening, three shards',
    notices: /^shards\/\S+: stuck\. The victim afterwards: ERR_FORK/,
  },
  {
    rule: 'a shard that the store denies is not empty',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: 'if (blob === null) throw missingFile(shardFile(id))',
        to: "const lo = this.#root.config.map.find(({ shard }) => shard === id)?.lo ?? ''\n    const empty = { seq: 1, lo, hi: null, next: null, log: emptyLog, directories: new Map() }\n    if (blob === null) return { id, version: '', hash: new Uint8Array(32), state: known?.state ?? empty }",
      },
    ],
    attack: 'deleted: another shard, opening, three shards',
    notices: /^gone: believed\. entries answers something else/,
  },
  {
    rule: 'the witness is heeded',
    changes: [
      {
        file: 'core/src/vault/witness.ts',
        from: 'const record = checkRecord((await witness?.load()) ?? null)',
        to: 'const record = checkRecord(null)',
      },
    ],
    attack: 'a whole earlier state replayed: all files, reopened, one shard',
    notices: /^as of write \d+: stuck\. The victim afterwards: believed/,
  },
  {
    rule: 'what was seen since the vault was opened is heeded',
    changes: [
      {
        file: 'core/src/vault/witness.ts',
        from: 'judge(file: string, sighting: Sighting, asOf: SeenFile | undefined): void {\n',
        to: 'judge(file: string, sighting: Sighting, asOf: SeenFile | undefined): void {\n    if (file !== null) return\n',
      },
    ],
    attack: 'each older state of one file replayed: first shard, opened, one shard',
    notices: /^as of write \d+: stuck\. The victim afterwards: believed/,
  },
  {
    rule: 'what unlocking costs is bounded before any of it is paid',
    changes: [
      {
        file: 'core/src/vault/credentials.ts',
        from: 'assertKdfBounds(slots.flatMap(',
        to: 'void (slots.flatMap(',
      },
    ],
    attack: 'slots within bounds that cost too much together: vault, opening, three passwords',
    notices: /: excess\. kdfCalls: \d+/,
  },
]
