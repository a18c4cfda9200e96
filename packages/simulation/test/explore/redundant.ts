import type { SourceChange } from '../changed-sources.ts'
import { type Redundant, UNEXPLAINED, UNLINKED } from './variants/variant.ts'

const LIVE_BASES: SourceChange = {
  file: 'core/src/operations/execution.ts',
  from: 'const base = this.#view.base(id) as LoadedShard\n    const outcome',
  to: 'const base = this.#view.manager.cache.newest(id) ?? (this.#view.base(id) as LoadedShard)\n    const outcome',
}

const NO_LOCKS: readonly SourceChange[] = [
  {
    file: 'core/src/operations/scheduler.ts',
    from: 'const free = wanted.every((id) => !this.#locked.has(id) && !reserved.has(id))',
    to: 'const free = true',
  },
  {
    file: 'core/src/operations/scheduler.ts',
    from: 'if (more.some((id) => this.#locked.has(id) || waitedFor.has(id))) return false',
    to: '',
  },
]

const IDS_TWICE: SourceChange = {
  file: 'core/src/shards/splitter.ts',
  from: 'const ids = cut.slice(1).map(() => toBase64Url(this.#requests.runtime.randomBytes(16)))',
  to: 'const idOf = (text: string) => sha256(this.#requests.runtime, new TextEncoder().encode(text)).subarray(0, 16)\n    const ids = cut.slice(1).map((_part, index) => toBase64Url(idOf(state.lo + index)))',
}

/** The engine seals without associated data, and so does the second reader and writer of the format. */
const NO_ASSOCIATED_DATA: readonly SourceChange[] = [
  {
    file: 'core/src/crypto/seal.ts',
    from: "aesGcm(context, 'decrypt', fileKey, concatBytes(header, salt, commitment), ciphertext)",
    to: "aesGcm(context, 'decrypt', fileKey, EMPTY, ciphertext)",
  },
  {
    file: 'core/src/crypto/seal.ts',
    from: "aesGcm(context, 'encrypt', fileKey, clear, body)",
    to: "aesGcm(context, 'encrypt', fileKey, EMPTY, body)",
  },
  {
    file: 'simulation/src/explore/sealed-files.ts',
    from: 'decipher.setAAD(Buffer.concat([header, sealed.subarray(0, clearEnd)]))',
    to: '',
  },
  { file: 'simulation/src/explore/sealed-files.ts', from: 'cipher.setAAD(clear)', to: '' },
]

const JUDGED_BY_NOW: SourceChange = {
  file: 'core/src/vault/reading.ts',
  from: '{ signal, unlessVersion } : { signal }), asOf)',
  to: '{ signal, unlessVersion } : { signal }), witness.recall(key))',
}

const OLDER_ROOT: SourceChange = {
  file: 'core/src/vault/root.ts',
  from: 'if (state.config.seq >= this.#state.config.seq) this.#state = state',
  to: 'this.#state = state',
}

const FENCE_WRITTEN_OVER: SourceChange = {
  file: 'core/src/operations/execution.ts',
  from: "verdict?.kind === 'committed' && verdict.current && whole",
  to: "verdict?.kind === 'committed' && whole",
}

const MARKERS_NOT_REWRITTEN: SourceChange = {
  file: 'core/src/operations/execution.ts',
  from: '        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
  to: '        if (itemOf(shard.state, change.directory, change.name) !== undefined) continue\n        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
}

/** Rules that the engine keeps twice over: breaking one is not noticed, and does no harm. */
export const REDUNDANT: readonly Redundant[] = [
  {
    rule: 'header, salt and commitment are associated data of the body',
    changes: NO_ASSOCIATED_DATA,
    because:
      "The header and the salt go into the file's key as well, and the commitment is compared: whoever changes one of them changes the key.",
    together: {
      changes: [
        ...NO_ASSOCIATED_DATA,
        { file: 'core/src/crypto/seal.ts', from: 'concatBytes(label(labelName), headerHash)', to: 'label(labelName)' },
        {
          file: 'simulation/src/explore/sealed-files.ts',
          from: 'Buffer.concat([label(use), hash(header)])',
          to: 'label(use)',
        },
      ],
      attack:
        "an old root file's slot put into the newest, for somebody who has the password of then: vault, opening, three passwords",
      notices: /: believed\. A password that was replaced opens the vault\./,
    },
  },
  {
    rule: 'a plan holds the locks of all its shards',
    changes: NO_LOCKS,
    because:
      "Every plan writes on bases of its own, so compare-and-swap tells a client's plans apart as it does clients: what is lost is work.",
    together: {
      changes: [...NO_LOCKS, LIVE_BASES],
      scenario: 'a put with an update, and a later update of one client',
      notices: UNEXPLAINED,
    },
  },
  {
    rule: 'no id of a sibling is used twice',
    changes: [IDS_TWICE],
    because:
      'A sibling is created where nothing is; what lies there already and is another ends the split, not the write.',
    together: {
      changes: [
        IDS_TWICE,
        {
          file: 'core/src/shards/splitter.ts',
          from: "if (!equalBytes(blob.data, data)) return { kind: 'unclear' }",
          to: '',
        },
      ],
      scenario: 'two splits of one shard',
      notices: /^Shard \S+ is born without the log of the split\.$/,
    },
  },
  {
    rule: 'a sighting is compared with what was known when its request was sent',
    changes: [JUDGED_BY_NOW],
    because: 'What looks rolled back is read again before it is judged, and the second request is sent late enough.',
    together: {
      changes: [JUDGED_BY_NOW, { file: 'core/src/vault/reading.ts', from: 'atomic: 1', to: 'atomic: 0' }],
      scenario: 'a slow read and a later one, a slow answer',
      notices: /^A failure that no fault explains \(ERR_ROLLBACK\)/,
    },
  },
  {
    rule: 'an older root file does not replace a newer one in memory',
    changes: [OLDER_ROOT],
    because:
      'Its map is only a hint, to which knowledge is added and from which none is taken, and writes on it are met by compare-and-swap.',
    together: {
      changes: [
        OLDER_ROOT,
        {
          file: 'core/src/vault/root.ts',
          from: 'expected: base.version, signal, inspect',
          to: 'expected: (await requests.read(ROOT_FILE, {})).blob.version, signal, inspect',
        },
      ],
      scenario: 'two splits of one shard, a slow answer',
      notices: /^The root skips a write\.$/,
    },
  },
  {
    rule: 'a fence that was written over since is none',
    changes: [FENCE_WRITTEN_OVER],
    because:
      'Who wrote over it read it first, so it wrote the markers after this plan had read them: unlinking meets that write.',
    together: {
      changes: [FENCE_WRITTEN_OVER, MARKERS_NOT_REWRITTEN],
      scenario: 'a directory filled and emptied in other shards, a write astray',
      notices: UNLINKED,
    },
  },
]
