import { type StoredBlob, VaultError } from '@vaultdb/core'
import type { Attack, Case, Moment, OutOfReach, Recovery, Result } from '../attack.ts'
import type { Stage } from '../stage.ts'
import type { Lies, World } from '../world.ts'
import { compose } from './compose.ts'
import { putElsewhere, updatedElsewhere } from './elsewhere.ts'

/** A store that answers what is not so, or what no store may answer. */

interface Row {
  readonly group: string
  readonly deed: string
  readonly place?: string
  readonly moments: readonly Moment[]
  readonly expected: readonly Result[]
  readonly outOfReach?: OutOfReach
  readonly recovery?: Recovery
  readonly timeoutMs?: number
  readonly cases: (stage: Stage) => Iterable<Case>
}

const lying = (name: string, lies: (world: World) => Lies): Case => ({
  name,
  strike: (world) => world.lie(lies(world)),
})

const isBlob = (answer: unknown): answer is StoredBlob => typeof answer === 'object' && answer !== null
const conflict = (): never => {
  throw new VaultError('ERR_CONFLICT', 'So it says.')
}
const unavailable = (): never => {
  throw new VaultError('ERR_UNAVAILABLE', 'So it says.')
}
const isShard = (key: string): boolean => key.startsWith('shards/')

/** What is at `key` now, under whatever version the client asks. */
const versions = (name: string, rename: (version: string) => unknown): Case =>
  lying(name, (world) => ({
    read: (_key, honestly, { unlessVersion }) => {
      const answer = honestly()
      if (!isBlob(answer)) return answer
      const version = rename(answer.version)
      return version === unlessVersion && name !== 'one for all' ? 'unchanged' : { ...answer, version }
    },
    write: (key, _honestly, data, expected) => {
      const files = world.files
      const known = expected === null ? !files.has(key) : rename(world.versionOf(key) ?? '') === expected
      return known ? rename(world.apply(key, data)) : conflict()
    },
  }))

const VERSIONS: readonly Row[] = [
  {
    group: 'Versions that lie',
    deed: "'unchanged' for a file that somebody has changed",
    moments: ['opened'],
    expected: ['believed'],
    outOfReach: 'News withheld',
    recovery: 'everybody',
    cases: (stage) => [
      {
        name: 'of every shard',
        strike: async (world, ledger) => {
          for (const [path, value] of await updatedElsewhere(world, [...stage.inside.values()]))
            ledger.acknowledged(path, value)
          world.lie({
            read: (key, honestly, { unlessVersion }) =>
              isShard(key) && unlessVersion !== undefined ? 'unchanged' : honestly(),
          })
        },
      },
    ],
  },
  {
    group: 'Versions that lie',
    deed: "'unchanged' without having been asked",
    moments: ['opening'],
    expected: ['ERR_CORRUPT'],
    cases: () => [lying('every shard', () => ({ read: (key, honestly) => (isShard(key) ? 'unchanged' : honestly()) }))],
  },
  {
    group: 'Versions that lie',
    deed: 'one version for all states of a file',
    moments: ['opening', 'opened'],
    expected: ['unharmed'],
    cases: () => [versions('one for all', () => 'same')],
  },
  {
    group: 'Versions that lie',
    deed: 'versions that are empty, of 8 MiB, or of strange characters',
    moments: ['opening', 'opened', 'updating'],
    expected: ['unharmed'],
    cases: () => [
      versions('8 MiB', (version) => version + ' '.repeat(2 ** 23)),
      versions('line feeds', (version) => `\n\r\0"${version}"\ud800`),
    ],
  },
  {
    group: 'Versions that lie',
    deed: 'another version with each answer, all of them good',
    moments: ['opening', 'opened', 'updating'],
    expected: ['unharmed'],
    cases: () => [
      lying('all good', (world) => ({
        read: (_key, honestly) => {
          const answer = honestly()
          return isBlob(answer) ? { ...answer, version: `${answer.version} ${world.newVersion()}` } : answer
        },
        write: (key, _honestly, data, expected) => {
          const real = world.versionOf(key)
          return (expected === null) === (real === undefined) &&
            (real === undefined || expected?.startsWith(`${real} `))
            ? `${world.apply(key, data)} `
            : conflict()
        },
      })),
    ],
  },
]

const writing = (name: string, write: (world: World) => NonNullable<Lies['write']>): Case =>
  lying(name, (world) => ({ write: write(world) }))

const WRITES: readonly Row[] = [
  {
    group: 'Writes that lie',
    deed: "'done' for a write that is forgotten",
    moments: ['opened', 'updating'],
    expected: ['ERR_ROLLBACK'],
    recovery: 'new clients',
    cases: () => [
      writing('nothing written', (world) => () => world.newVersion()),
      writing(
        'written under another name',
        (world) => (_key, _honestly, data) => world.apply('shards/elsewhere', data),
      ),
    ],
  },
  {
    group: 'Writes that lie',
    // What the writer holds has the version that it was told; it has no reason to read the file again.
    deed: "'done' for a write in whose place something else is kept, as unchanged since",
    moments: ['opened', 'updating'],
    expected: ['believed'],
    outOfReach: 'Writes forgotten',
    recovery: 'new clients',
    cases: () => [
      writing('what was there', (world) => (key, _honestly, data) => world.apply(key, world.files.get(key) ?? data)),
      writing('one bit', (world) => (key, _honestly, data) => {
        const spoiled = data.slice()
        spoiled[spoiled.length - 1] = (spoiled.at(-1) as number) ^ 1
        return world.apply(key, spoiled)
      }),
      writing('cut', (world) => (key, _honestly, data) => world.apply(key, data.slice(0, -1))),
      writing('empty', (world) => (key) => world.apply(key, new Uint8Array(0))),
    ],
  },
  {
    group: 'Writes that lie',
    deed: "'conflict' or no answer for a write that was applied",
    moments: ['opened', 'updating', 'creating'],
    expected: ['unharmed'],
    cases: () => [
      writing('a conflict', () => (_key, honestly) => {
        honestly()
        return conflict()
      }),
      writing('no answer', () => (_key, honestly) => {
        honestly()
        return unavailable()
      }),
      writing('a wrong version', (world) => (_key, honestly) => {
        honestly()
        return world.newVersion()
      }),
    ],
  },
  {
    group: 'Writes that lie',
    deed: "'conflict' for ever",
    moments: ['opened', 'updating'],
    expected: ['ERR_CONTENTION'],
    cases: () => [writing('a conflict', () => conflict)],
  },
  {
    group: 'Writes that lie',
    deed: 'no answer for ever',
    moments: ['opened', 'updating'],
    expected: ['ERR_OUTCOME_UNKNOWN'],
    cases: () => [writing('no answer', () => unavailable)],
  },
  {
    group: 'Writes that lie',
    deed: 'applied once more after a later write',
    moments: ['opened'],
    expected: ['ERR_ROLLBACK'],
    recovery: 'new clients',
    cases: () => [
      writing('the write before the last', (world) => {
        const earlier = new Map<string, Uint8Array>()
        return (key, honestly, data) => {
          const version = honestly()
          const again = earlier.get(key)
          earlier.set(key, data.slice())
          if (again !== undefined) world.apply(key, again)
          return version
        }
      }),
    ],
  },
  {
    group: 'Writes that lie',
    deed: "applied over another client's write, which it does not know of",
    moments: ['updating'],
    expected: ['believed'],
    outOfReach: 'Writes forgotten',
    recovery: 'nobody',
    cases: () => [
      {
        name: 'no compare-and-swap',
        strike: async (world, ledger) => {
          await putElsewhere(world, '/private-z', 1)
          ledger.acknowledged('/private-z', 1)
          world.lie({ write: (key, _honestly, data) => world.apply(key, data) })
        },
      },
    ],
  },
]

const reading = (name: string, read: (honest: StoredBlob) => unknown): Case =>
  lying(name, () => ({
    read: (_key, honestly) => {
      const answer = honestly()
      return isBlob(answer) ? read(answer) : answer
    },
  }))

const throwing = (name: string, thrown: () => unknown): Case[] => [
  lying(`reads: ${name}`, () => ({
    read: () => {
      throw thrown()
    },
  })),
  lying(`writes: ${name}`, () => ({
    write: () => {
      throw thrown()
    },
  })),
]

const STRANGE: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a text', () => 'no'],
  ['an Error', () => new Error('no')],
  ['a TypeError', () => new TypeError('no')],
  ['an error of Node', () => Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ['an object with a code', () => ({ code: 'ERR_CORRUPT' })],
  ['a code that is no text', () => Object.assign(new Error('no'), { code: 5 })],
  ['a code that throws', () => Object.defineProperty(new Error('no'), 'code', { get: conflict })],
  ['a proxy that throws', () => new Proxy(new Error('no'), { get: conflict, has: conflict })],
  ['a wait for ever', () => new VaultError('ERR_UNAVAILABLE', 'no', { retryAfterMs: Number.POSITIVE_INFINITY })],
  ['a wait of NaN', () => new VaultError('ERR_UNAVAILABLE', 'no', { retryAfterMs: Number.NaN })],
  ['a negative wait', () => new VaultError('ERR_UNAVAILABLE', 'no', { retryAfterMs: -1e9 })],
]

const TYPES: readonly Row[] = [
  {
    group: 'Answers of the wrong type',
    deed: 'reads that answer no file',
    moments: ['opening', 'opened', 'updating'],
    expected: ['ERR_UNAVAILABLE'],
    cases: () => [
      ...[undefined, 0, true, 'changed', Symbol('file'), {}, [], { data: null, version: '1' }].map((answer) =>
        reading(String(JSON.stringify(answer)), () => answer),
      ),
      reading('text as data', ({ version }) => ({ data: 'text', version })),
      reading('an ArrayBuffer as data', ({ data, version }) => ({ data: data.slice().buffer, version })),
      reading('an array as data', ({ data, version }) => ({ data: [...data], version })),
      reading('words as data', ({ version }) => ({ data: new Uint16Array(4096), version })),
      reading('something like a Uint8Array', ({ version }) => ({
        data: { length: 100, subarray: () => new Uint8Array(100), [Symbol.toStringTag]: 'Uint8Array' },
        version,
      })),
      reading('no version', ({ data }) => ({ data })),
      reading('a number as version', ({ data }) => ({ data, version: 5 })),
      reading('null as version', ({ data }) => ({ data, version: null })),
    ],
  },
  {
    group: 'Answers of the wrong type',
    deed: 'a Buffer, or a part of a larger one',
    moments: ['opening', 'opened', 'updating'],
    expected: ['unharmed'],
    cases: () => [
      reading('a Buffer', ({ data, version }) => ({ data: Buffer.from(data), version })),
      reading('a part', ({ data, version }) => {
        const larger = new Uint8Array(data.length + 20).fill(0x0a)
        larger.set(data, 10)
        return { data: larger.subarray(10, -10), version }
      }),
    ],
  },
  {
    group: 'Answers of the wrong type',
    deed: 'writes that answer no version',
    moments: ['opened', 'updating', 'creating'],
    expected: ['unharmed'],
    cases: () =>
      [undefined, null, 5, {}].map((answer) =>
        writing(String(JSON.stringify(answer)), () => (_key, honestly) => {
          honestly()
          return answer
        }),
      ),
  },
  {
    group: 'Answers of the wrong type',
    deed: 'something strange thrown',
    moments: ['opening', 'opened', 'updating'],
    expected: ['ERR_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN'],
    cases: () => STRANGE.flatMap(([name, thrown]) => throwing(name, thrown)),
  },
]

/** A promise that nobody ever settles. */
const never = (): Promise<never> => new Promise(() => undefined)

const SILENCE: readonly Row[] = [
  {
    group: 'Silence and memory',
    deed: 'reads that are never answered, with a time limit',
    moments: ['opening', 'opened', 'updating'],
    expected: ['ERR_UNAVAILABLE'],
    timeoutMs: 1000,
    cases: () => [lying('reads', () => ({ read: never }))],
  },
  {
    group: 'Silence and memory',
    deed: 'writes that are never answered, with a time limit',
    moments: ['opened', 'updating', 'creating'],
    expected: ['ERR_OUTCOME_UNKNOWN'],
    timeoutMs: 1000,
    cases: () => [lying('writes', () => ({ write: never }))],
  },
  {
    group: 'Silence and memory',
    deed: 'bytes overwritten after they were given, or taken',
    moments: ['opening', 'opened', 'updating'],
    expected: ['unharmed'],
    cases: () => [
      lying('what the last read of the file gave', () => {
        const given = new Map<string, Uint8Array>()
        return {
          read: (key, honestly) => {
            given.get(key)?.fill(0x55)
            const answer = honestly()
            if (isBlob(answer)) given.set(key, answer.data)
            return answer
          },
        }
      }),
      writing('what a write was given', () => (_key, honestly, data) => {
        const version = honestly()
        data.fill(0x55)
        return version
      }),
    ],
  },
]

const listing = (name: string, list: NonNullable<Lies['list']>): Case => lying(name, () => ({ list }))

function* endless(): Generator<{ readonly key: string }> {
  for (let number = 0; ; number++) yield { key: `shards/${number}` }
}

const LISTINGS: readonly Row[] = [
  {
    group: 'Listings that lie',
    deed: 'files left out, named twice, or with names that are none',
    moments: ['opened'],
    expected: ['unharmed'],
    cases: () => [
      listing('nothing', () => []),
      listing('each twice', (_prefix, honestly) => [...honestly(), ...honestly()]),
      listing('names that are none', (_prefix, honestly) => [
        ...honestly(),
        ...['../x', 'shards/../vault', '', 'shards/', 'vault', `shards/${'x'.repeat(2 ** 20)}`, 5, null, {}].map(
          (key) => ({ key }),
        ),
      ]),
      listing('nothing that is a file', (_prefix, honestly) => [...honestly(), null, undefined, 5, 'shards/1', {}]),
      listing('files that are not there', (_prefix, honestly) => [...honestly(), { key: 'shards/absent' }]),
    ],
  },
  {
    group: 'Listings that lie',
    deed: 'a listing without end',
    moments: ['opened'],
    expected: ['ERR_UNSUPPORTED'],
    cases: () => [listing('more and more files', endless)],
  },
  {
    group: 'Listings that lie',
    deed: 'a listing that is none',
    moments: ['opened'],
    expected: ['ERR_UNAVAILABLE'],
    cases: () => [
      listing('a number', () => 5),
      listing('nothing', () => undefined),
      listing('an error midway', () => ({
        *[Symbol.iterator]() {
          yield { key: 'shards/0' }
          throw new TypeError('no')
        },
      })),
    ],
  },
]

export const ANSWERS: readonly Attack[] = [...VERSIONS, ...WRITES, ...TYPES, ...SILENCE, ...LISTINGS].flatMap(
  ({ moments, place = 'all files', ...row }) =>
    moments.map((moment) =>
      compose({ ...row, place, moment, vault: moment === 'creating' ? 'nothing' : 'three shards' }),
    ),
)
