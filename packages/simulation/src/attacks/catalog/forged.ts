import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { type RawConfig, type RawRoot, type RawShard, readRoot, readShard } from '../../explore/sealed-files.ts'
import type { Attack, Case, Moment, OutOfReach, Recovery, Result } from '../attack.ts'
import type { Work } from '../attack-runtime.ts'
import { frameBytes, type RawFrame, sealRootBody, sealShardBody } from '../forge.ts'
import { SECRET, type Stage } from '../stage.ts'
import type { World } from '../world.ts'
import { compose } from './compose.ts'

/** Files behind a valid seal that no client would write: made by somebody who has the key, to break the program. */

const GROUP = 'Files made with the key'
const MIB = 2 ** 20

interface Row {
  readonly deed: string
  readonly place: 'vault' | 'another shard'
  readonly expected: readonly Result[]
  readonly opened?: readonly Result[]
  readonly limits?: Partial<Work>
  readonly outOfReach?: OutOfReach
  readonly recovery?: Recovery
  readonly brief?: boolean
  readonly inTask?: boolean
  readonly cases: (stage: Stage) => Iterable<Case>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (value: unknown): string => JSON.stringify(value)

interface Scene {
  readonly root: RawRoot
  /** Ids of the two shards beside the first, in the order of their ranges, and what is in them. */
  readonly left: string
  readonly right: string
  readonly shards: ReadonlyMap<string, RawShard>
}

/** The vault as it is at the moment of the attack; each file's next write is ready to be filled in. */
function sceneOf(stage: Stage, world: World): Scene {
  const opened = readRoot(world.file('vault'), SECRET)
  const root = { ...opened, config: nextOf(opened.config as RawConfig & Logged, world.file('vault')) }
  const ids = ['0', ...stage.others.map((key) => key.slice('shards/'.length))]
  const shards = new Map(
    ids.map((id) => {
      const file = world.file(`shards/${id}`)
      return [id, nextOf(readShard(root, id, file), file)] as const
    }),
  )
  const left = shards.get('0')?.next as string
  return { root, left, right: shards.get(left)?.next as string, shards }
}

interface Logged {
  readonly seq: number
  readonly log: readonly (readonly unknown[])[]
}

/** What the next write would make of a file, if it changed nothing: who has seen the file takes it for its continuation. */
function nextOf<T extends Logged>(now: T, file: Uint8Array): T {
  const seq = now.seq + 1
  const base = createHash('sha256').update(file).digest().subarray(0, 8).toString('base64url')
  const writeId = Buffer.alloc(8, seq).toString('base64url')
  return { ...now, seq, log: [...now.log, [seq, writeId, base, [], 0]] }
}

const shardAt = ({ shards }: Scene, id: string): RawShard => shards.get(id) as RawShard

/** The left one of the two shards, with its body framed like this. */
function framed(
  name: string,
  frame: (body: Uint8Array, scene: Scene) => RawFrame | Uint8Array,
): (stage: Stage) => Case {
  return (stage) => ({
    name,
    strike: (world) => {
      const scene = sceneOf(stage, world)
      const made = frame(bytes(json(shardAt(scene, scene.left))), scene)
      const body = made instanceof Uint8Array ? made : frameBytes(made)
      world.put(`shards/${scene.left}`, sealShardBody(scene.root, scene.left, body))
    },
  })
}

type Maker = (stage: Stage) => Case

/** The same with another text in it. */
function spelled(name: string, text: (now: string, shard: RawShard, scene: Scene) => string): Maker {
  return framed(name, (body, scene) => {
    const now = Buffer.from(body).toString('utf8')
    return { stored: bytes(text(now, JSON.parse(now) as RawShard, scene)) }
  })
}

/** The same with other members. */
function stated(name: string, change: (shard: RawShard, scene: Scene) => object): Maker {
  return spelled(name, (_now, shard, scene) => json({ ...shard, ...change(shard, scene) }))
}

/** The root file with other members. */
function configured(name: string, change: (config: RawConfig, scene: Scene) => object): (stage: Stage) => Case {
  return (stage) => ({
    name,
    strike: (world) => {
      const scene = sceneOf(stage, world)
      const stored = bytes(json({ ...scene.root.config, ...change(scene.root.config, scene) }))
      world.put('vault', sealRootBody(scene.root, frameBytes({ stored })))
    },
  })
}

const all = (makers: readonly ((stage: Stage) => Case)[]) => (stage: Stage) => makers.map((make) => make(stage))

const deflated = (data: Uint8Array): Uint8Array => new Uint8Array(deflateRawSync(data, { level: 9 }))
let bomb: Uint8Array | undefined

/** Inflates to 256 MiB of zeros, from a thousandth as many bytes. Made once. */
function zeros256MiB(): Uint8Array {
  bomb ??= deflated(new Uint8Array(256 * MIB))
  return bomb
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const FRAMES: readonly Row[] = [
  {
    deed: 'lengths and methods that lie',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    cases: all([
      framed('an empty body', () => new Uint8Array(0)),
      framed('half a frame', () => new Uint8Array(5)),
      framed('an unknown method', (stored) => ({ stored, method: 2 })),
      framed('JSON of 4 GiB', (stored) => ({ stored, jsonLength: 2 ** 32 - 1, storedLength: 2 ** 32 - 1 })),
      framed('JSON of 64 MiB that is not there', (stored) => ({
        stored,
        jsonLength: 64 * MIB,
        storedLength: 64 * MIB,
      })),
      framed('stored bytes beyond the end', (stored) => ({ stored, storedLength: stored.length + 1 })),
      framed('one byte of padding not zero', (stored) => ({ stored, padding: new Uint8Array(100).fill(1, 99) })),
      framed('deflate in a stored frame', (stored) => ({ stored: deflated(stored), jsonLength: stored.length })),
      framed('noise for deflate', (stored) => ({ stored, method: 1 })),
      framed('deflate that is cut', (stored) => ({
        stored: deflated(stored).slice(0, -3),
        method: 1,
        jsonLength: stored.length,
      })),
      framed('deflate with something behind', (stored) => ({
        stored: new Uint8Array([...deflated(stored), 0]),
        method: 1,
        jsonLength: stored.length,
      })),
      framed('deflate that is longer than stated', (stored) => ({
        stored: deflated(stored),
        method: 1,
        jsonLength: stored.length - 1,
      })),
      framed('deflate that is shorter than stated', (stored) => ({
        stored: deflated(stored),
        method: 1,
        jsonLength: stored.length + 1,
      })),
    ]),
  },
  {
    deed: 'deflate bombs: 256 MiB that say they are 64 MiB, 4 GiB, or few bytes',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    brief: true,
    // Two readings, each of which is ready to take 64 MiB.
    limits: { inflateBytes: 4 * 64 * MIB },
    cases: all([
      framed('64 MiB', () => ({ method: 1, stored: zeros256MiB(), jsonLength: 64 * MIB })),
      framed('4 GiB', () => ({ method: 1, stored: zeros256MiB(), jsonLength: 2 ** 32 - 1 })),
      framed('4 KiB', () => ({ method: 1, stored: zeros256MiB(), jsonLength: 4096 })),
      framed('nothing', () => ({ method: 1, stored: zeros256MiB(), jsonLength: 0 })),
      framed('what they are, within the limit', () => ({
        method: 1,
        stored: deflated(new Uint8Array(16 * MIB)),
        jsonLength: 16 * MIB,
      })),
    ]),
  },
]

const TEXTS: readonly Row[] = [
  {
    deed: 'JSON nested deeply',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    brief: true,
    // Two readings of the longest.
    limits: { aesBytes: 36 * MIB },
    cases: all([
      spelled('129 levels', () => nested(129)),
      spelled('a document that makes it 129', (_now, shard) =>
        json({ ...shard, items: [['/', [['deep', 1, '@']]]] }).replace('"@"', nested(124)),
      ),
      spelled('100,000 levels', () => nested(100_000)),
      spelled('8,000,000 levels', () => nested(8_000_000)),
      spelled('1,000,000 levels that never close', () => '[{"a":'.repeat(500_000)),
    ]),
  },
  {
    deed: 'JSON spelled otherwise, names twice',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    cases: all([
      spelled('no JSON', () => 'vault'),
      spelled('nothing', () => ''),
      spelled('null', () => 'null'),
      spelled('an array', (now) => `[${now}]`),
      spelled('white space', (now) => now.replace(',', ', ')),
      spelled('white space behind', (now) => `${now}\n`),
      spelled('a byte order mark', (now) => `\ufeff${now}`),
      framed('bytes that are no UTF-8', (body) => ({
        stored: new Uint8Array([...body.slice(0, -3), 0xff, 0x5d, 0x7d]),
      })),
      spelled('a member twice', (now) => now.replace('{', '{"seq":1,')),
      spelled('a member more', (now) => now.replace('{', '{"also":1,')),
      spelled('a __proto__', (now) => now.replace('{', '{"__proto__":{"seq":1},')),
      spelled('a name twice in a document', (now) => now.replace('{"n":', '{"n":0,"n":')),
      spelled('members in another order', (_now, { seq, ...rest }) => json({ ...rest, seq })),
      spelled('a number spelled otherwise', (now, { seq }) => now.replace(`"seq":${seq}`, `"seq":${seq}.0`)),
      spelled('an escape that is not needed', (now) => now.replace('"seq"', '"\\u0073eq"')),
    ]),
  },
  {
    deed: 'counters, logs and items that cannot be',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    cases: all([
      ...[0, -1, 1.5, 2 ** 53, 1e300, '1', null].map((seq) => stated(`seq ${json(seq)}`, () => ({ seq }))),
      stated('no log', () => ({ log: [] })),
      stated('a log with a gap', ({ log }) => ({ log: [...log.slice(0, 1), ...log.slice(2)] })),
      stated('a log that is too long', ({ log }) => ({ log: Array.from({ length: 65 }, () => log.at(-1)) })),
      stated('ids that are none', () => ({ ids: 'x' })),
      stated('ids of writes before the first', () => ({ ids: Buffer.alloc(8 * 300).toString('base64url') })),
      stated('an item newer than the shard', ({ seq }) => ({ items: [['/x/', [['y', seq + 1, 1]]]] })),
      stated('a document that is null', () => ({ items: [['/x/', [['y', 1, null]]]] })),
      stated('a marker with a document', () => ({ items: [['/x/', [['y/', 1, 1]]]] })),
      stated('a document without one', () => ({ items: [['/x/', [['y', 1]]]] })),
      stated('a name twice', () => ({
        items: [
          [
            '/x/',
            [
              ['y', 1, 1],
              ['y', 1, 2],
            ],
          ],
        ],
      })),
      stated('a directory twice', () => ({
        items: [
          ['/x/', [['y', 1, 1]]],
          ['/x/', [['z', 1, 1]]],
        ],
      })),
      stated('a directory without items', () => ({ items: [['/x/', []]] })),
      ...['', '.', '..', 'a/b', 'a\0b', '\ud800', '__proto__/..'].map((name) =>
        stated(`a name ${json(name)}`, () => ({ items: [['/x/', [[name, 1, 1]]]] })),
      ),
      ...['', 'x/', '/x', '//', '/../', `/${'x'.repeat(1024)}/`].map((directory) =>
        stated(`a directory ${json(directory).slice(0, 20)}`, () => ({ items: [[directory, [['y', 1, 1]]]] })),
      ),
    ]),
  },
  {
    deed: 'a shard that has been written 2^53 - 1 times',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    recovery: 'new clients',
    cases: all([
      stated('as many as there can be', () => {
        const seq = 2 ** 53 - 1
        const entry = (at: number): unknown[] => [at, 'AAAAAAAAAAA', 'AAAAAAAAAAA', [], 0]
        return {
          seq,
          log: Array.from({ length: 16 }, (_, at) => entry(seq - 15 + at)),
          ids: Buffer.alloc(8 * 64).toString('base64url'),
        }
      }),
    ]),
  },
  {
    deed: 'documents left out, made up, or without markers in the wrong shard',
    place: 'another shard',
    expected: ['believed'],
    outOfReach: 'Holders of the key',
    recovery: 'new clients',
    cases: all([
      stated('left out', () => ({ items: [] })),
      spelled('made up', (now) => now.replaceAll('"n":', '"n":1')),
      stated('in the wrong shard', ({ items }) => ({ items: [...items, ['/nowhere/', [['x', 1, 1]]]] })),
    ]),
  },
]

const CHAINS: readonly Row[] = [
  {
    deed: 'wrong lo, hi and next',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    recovery: 'new clients',
    cases: all([
      stated('lo of the first shard', () => ({ lo: '0'.repeat(32) })),
      stated('lo above hi', ({ hi }) => ({ lo: hi, hi: '1'.padEnd(32, '0') })),
      stated('lo that is none', () => ({ lo: 'F'.repeat(32) })),
      stated('hi that is lo', ({ lo }) => ({ hi: lo })),
      stated('next to itself', (_shard, { left }) => ({ next: left })),
      stated('next to the first shard', () => ({ next: '0' })),
      stated('next to nothing', () => ({ next: null })),
      stated('the end, and next', () => ({ hi: null })),
      stated('next to a shard that is missing', () => ({ next: Buffer.alloc(16, 50).toString('base64url') })),
      stated('next to no id', () => ({ next: '../../etc/passwd' })),
      stated('a gap before the next', ({ hi }) => ({ hi: `${(hi as string).slice(0, -1)}0`, lo: '0'.padEnd(32, '1') })),
      stated('lo moved to the right', ({ hi }) => ({ lo: justBefore(hi as string) })),
      stated('hi moved to the left', ({ lo }) => ({ hi: justAfter(lo) })),
      stated('hi moved to the right', () => ({ hi: 'f'.repeat(32) })),
    ]),
  },
  {
    deed: 'neighbours in a circle',
    place: 'another shard',
    expected: ['ERR_CORRUPT'],
    recovery: 'new clients',
    cases: (stage) => [
      {
        name: 'the last names the one before it',
        strike: (world) => {
          const scene = sceneOf(stage, world)
          const shard = { ...shardAt(scene, scene.right), hi: 'f'.repeat(32), next: scene.left }
          const body = frameBytes({ stored: bytes(json(shard)) })
          world.put(`shards/${scene.right}`, sealShardBody(scene.root, scene.right, body))
        },
      },
    ],
  },
  {
    deed: 'a map that is wrong',
    place: 'vault',
    expected: ['ERR_CORRUPT'],
    recovery: 'new clients',
    cases: all([
      configured('names no shard', () => ({ map: [] })),
      configured('begins elsewhere', ({ map }) => ({ map: map.slice(1) })),
      configured('out of order', ({ map }) => ({ map: [map[0], ...map.slice(1).reverse()] })),
      configured('a shard twice', ({ map }) => ({ map: [...map, ['f'.repeat(32), map[1]?.[1]]] })),
      configured('a shard that is missing', ({ map }) => ({
        map: [...map, ['f'.repeat(32), Buffer.alloc(16, 50).toString('base64url')]],
      })),
      configured('no id', ({ map }) => ({ map: [...map, ['f'.repeat(32), '../vault']] })),
    ]),
  },
  {
    // The map is a hint: neighbours name each other, and who finds a shard that begins elsewhere does not believe the map.
    deed: 'a map of true shards in the wrong places',
    place: 'vault',
    expected: ['ERR_CORRUPT', 'unharmed'],
    opened: ['unharmed'],
    inTask: true,
    recovery: 'new clients',
    cases: all([
      configured('shards in the place of each other', ({ map }) => ({
        map: [map[0], [map[1]?.[0], map[2]?.[1]], [map[2]?.[0], map[1]?.[1]]],
      })),
      configured('a shard before it begins', ({ map }) => ({
        map: [map[0], ['0'.padEnd(32, '1'), map[1]?.[1]], map[2]],
      })),
    ]),
  },
]

const justBefore = (key: string): string => (BigInt(`0x${key}`) - 1n).toString(16).padStart(32, '0')
const justAfter = (key: string): string => (BigInt(`0x${key}`) + 1n).toString(16).padStart(32, '0')

const CONFIGURATIONS: readonly Row[] = [
  {
    deed: 'a configuration that cannot be',
    place: 'vault',
    expected: ['ERR_CORRUPT'],
    cases: all([
      configured('pending after the first write', () => ({ pending: true })),
      configured('no keys', () => ({ keys: [] })),
      configured('257 keys', ({ keys }) => ({
        keys: Array.from({ length: 257 }, (_, at) => [Buffer.alloc(8, at).toString('base64url'), keys[0]?.[1]]),
      })),
      configured('a routing key that is none', () => ({ routingKey: 'x' })),
      configured('shards of one byte', () => ({ shardBytes: 1 })),
      configured('shards of 2^53', () => ({ shardBytes: 2 ** 53 })),
      configured('an unknown compression', () => ({ compression: 'zstd' })),
      configured('seventeen slot names', () => ({
        slotNames: Array.from({ length: 17 }, (_, at) => [Buffer.alloc(8, at).toString('base64url'), 'x']),
      })),
      ...[0, -1, 1.5, 2 ** 53].map((seq) => configured(`seq ${seq}`, () => ({ seq }))),
    ]),
  },
  {
    deed: 'a critical feature that nobody knows',
    place: 'vault',
    expected: ['ERR_UNSUPPORTED'],
    cases: all([configured('one', () => ({ critical: ['time-travel'] }))]),
  },
]

export const FORGED: readonly Attack[] = (['opening', 'opened'] as const satisfies Moment[]).flatMap((moment) =>
  [...FRAMES, ...TEXTS, ...CHAINS, ...CONFIGURATIONS].map((row) =>
    compose({
      ...row,
      group: GROUP,
      moment,
      vault: 'three shards',
      expected: moment === 'opened' ? (row.opened ?? row.expected) : row.expected,
    }),
  ),
)
