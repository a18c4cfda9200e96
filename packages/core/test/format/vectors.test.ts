import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { encodeRootFile } from '../../src/format/root-file.ts'
import { bytesFrom } from './deterministic.ts'
import { type Forgery, makeForgeries } from './forgeries.ts'
import { outcomeOf } from './tamper.ts'
import { makeVault, type VaultPlan } from './vector-maker.ts'
import { compareWithMemory, readVault, type VaultFiles, type VectorCredentials } from './vector-reader.ts'

/** A vault and what a reader has to find in it. */
interface GoodVector {
  readonly name: string
  readonly credentials: readonly VectorCredentials[]
  readonly pending: boolean
  readonly documents: Readonly<Record<string, string>>
  readonly markers: readonly string[]
  readonly files: VaultFiles
}

/** A good vault with one file replaced or taken away. */
interface BadVectors {
  readonly credentials: VectorCredentials
  readonly files: VaultFiles
  readonly faults: readonly Forgery[]
}

/** A vault as it was seen before and as it is now. */
interface StateVector {
  readonly name: string
  readonly credentials: VectorCredentials
  readonly before: VaultFiles
  readonly now: VaultFiles
  /** What a reader without a memory finds: `opened`, or a code. */
  readonly withoutMemory: string
  /** What a reader that remembers `before` finds. */
  readonly withMemory: string
}

const key: VectorCredentials = { key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' }
const otherKey: VectorCredentials = { key: 'ff'.repeat(32) }
const small = { '/notes': '"hello"', '/bob/mail': '{"user":"bob","password":"correct horse"}' }

const hostile: Record<string, string> = {
  '/__proto__': '{"__proto__":{"a":1},"constructor":null,"toString":[]}',
  '/constructor/prototype': 'true',
  '/0/1': '{"1":1,"0":0}',
  '/numbers': '[0,-0,1e400,-1.5e-300,9007199254740993,0.1000]',
  '/text': '"\\ud800 \\udfff \\u0000 \\u0061 \u2028 \u{1f511} e\u0301 \u00e9"',
  '/e\u0301': '1',
  '/\u00e9': '2',
  '/a b/"\\\t': '{"":{}}',
  '/.../ .': '[[[[[]]]]]',
  '/\u{1f511}/\uffff': 'false',
  [`/${'n'.repeat(1_023)}`]: '""',
  '/deep': '['.repeat(100) + ']'.repeat(100),
}
const many = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [`/d${index % 7}/e${index % 2}/n${index}`, `{"n":${index}}`]),
)

const plans: readonly (VaultPlan & { name: string })[] = [
  { name: 'one shard, one key slot', seed: 'small', credentials: [key], documents: small },
  { name: 'no documents', seed: 'empty', credentials: [key], documents: {} },
  {
    name: 'a slot of each derivation, a key slot and slots to come',
    seed: 'slots',
    credentials: [{ password: 'p\u00e4ssword \ufb01' }, { password: ' ' }, { password: '\u{1f511}' }, key],
    documents: small,
    slots: [
      {
        id: toBase64Url(bytesFrom(1, 8)),
        kind: 'unknown',
        json: `{"id":"${toBase64Url(bytesFrom(1, 8))}","kind":"passkey","a":[{"b":1}]}`,
      },
      {
        id: toBase64Url(bytesFrom(2, 8)),
        kind: 'unknown',
        json: `{"id":"${toBase64Url(bytesFrom(2, 8))}","kind":"password","kdf":{"name":"balloon"}}`,
      },
    ],
  },
  { name: 'hostile names and values', seed: 'hostile', credentials: [key], documents: hostile },
  {
    name: 'four shards, two of them not in the map, two keys, full logs',
    seed: 'split',
    credentials: [key],
    documents: many,
    shards: 4,
    writes: 100,
  },
  {
    name: 'compressed',
    seed: 'deflate',
    credentials: [key],
    documents: { '/long': `"${'ab'.repeat(4_000)}"` },
    compression: 'deflate',
  },
  { name: 'pending, without its first shard', seed: 'pending', credentials: [key], documents: {}, pending: true },
]

async function makeGood(): Promise<GoodVector[]> {
  const vectors: GoodVector[] = []
  for (const plan of plans) {
    const { files, shards } = await makeVault(plan)
    const markers = [...shards.values()].flatMap(({ directories }) =>
      [...directories].flatMap(([directory, items]) =>
        [...items.keys()].filter((name) => name.endsWith('/')).map((name) => directory + name),
      ),
    )
    const { name, credentials, documents, pending = false } = plan
    vectors.push({ name, credentials, pending, documents, markers: markers.sort(), files })
  }
  return vectors
}

async function makeBad(): Promise<BadVectors> {
  const vault = await makeVault({ seed: 'bad', credentials: [key], documents: small })
  return { credentials: key, ...(await makeForgeries(vault)) }
}

async function makeStates(): Promise<StateVector[]> {
  const plan: VaultPlan = { seed: 'states', credentials: [key], documents: small }
  const old = await makeVault(plan)
  const { files: newer } = await makeVault({ ...plan, writes: 20 })
  const { files: fork } = await makeVault({ ...plan, documents: { '/notes': '"forked"' } })
  const { files: other } = await makeVault({ ...plan, seed: 'another vault' })
  const pending = await encodeRootFile(old.context, old.header, old.rootKey, { ...old.config, pending: true })
  const state = (
    name: string,
    before: VaultFiles,
    now: VaultFiles,
    withoutMemory: string,
    withMemory: string,
  ): StateVector => {
    return { name, credentials: key, before, now, withoutMemory, withMemory }
  }
  return [
    state('nothing changed', old.files, old.files, 'opened', 'opened'),
    state('the whole vault replayed', newer, old.files, 'opened', 'ERR_ROLLBACK'),
    state('the pending root replayed', newer, { ...newer, vault: toBase64Url(pending) }, 'opened', 'ERR_ROLLBACK'),
    state(
      'the whole vault replayed, pending',
      newer,
      { ...old.files, vault: toBase64Url(pending) },
      'opened',
      'ERR_ROLLBACK',
    ),
    state('the same write with other content', old.files, fork, 'opened', 'ERR_FORK'),
    state(
      "another vault's shard",
      old.files,
      { ...old.files, 'shards/0': other['shards/0'] as string },
      'ERR_CORRUPT',
      'ERR_CORRUPT',
    ),
    state(
      "another vault's root file",
      old.files,
      { ...old.files, vault: other.vault as string },
      'ERR_CORRUPT',
      'ERR_ROLLBACK',
    ),
  ]
}

/** The vectors of this name as they are kept; with UPDATE_VECTORS set they are made anew first. */
async function vectors<T>(name: string, make: () => Promise<T>): Promise<{ kept: T; made: T }> {
  const file = fileURLToPath(new URL(`../../vectors/${name}.json`, import.meta.url))
  const made = await make()
  if (process.env.UPDATE_VECTORS !== undefined) await writeFile(file, `${JSON.stringify(made, null, 1)}\n`)
  return { kept: JSON.parse(await readFile(file, 'utf8')) as T, made }
}

const good = await vectors('good', makeGood)
const bad = await vectors('bad', makeBad)
const states = await vectors('states', makeStates)

describe('good vaults', () => {
  it.each(good.kept)('$name: open with each of their credentials to exactly what is in them', async (vector) => {
    for (const credentials of vector.credentials) {
      const { documents, markers, pending } = await readVault(vector.files, credentials)
      expect(documents).toEqual(vector.documents)
      expect({ markers, pending }).toEqual({ markers: vector.markers, pending: vector.pending })
    }
  })

  it('do not open with anything else', async () => {
    for (const { files } of good.kept) {
      expect(await outcomeOf(readVault(files, otherKey))).toBe('ERR_CREDENTIALS')
      expect(await outcomeOf(readVault(files, { password: 'wrong' }))).toBe('ERR_CREDENTIALS')
    }
  })

  it('are what this version writes, byte for byte', () => {
    // What deflate makes is up to the platform.
    const stored = (list: readonly GoodVector[]): readonly GoodVector[] =>
      list.filter(({ name }) => name !== 'compressed')
    expect(stored(good.made)).toEqual(stored(good.kept))
  })
})

describe('bad vaults, each with one fault', () => {
  it('open without it', async () => {
    expect(await outcomeOf(readVault(bad.kept.files, bad.kept.credentials))).toBe('opened')
  })

  it.each(bad.kept.faults)('$name: $code', async ({ file, data, code, credentials = bad.kept.credentials }) => {
    const { [file]: _, ...others } = bad.kept.files
    const files = data === null ? others : { ...others, [file]: data }
    expect(await outcomeOf(readVault(files, credentials))).toBe(code)
  })

  it('are all there', () => {
    expect(bad.kept.faults.map(({ name, code }) => [name, code])).toEqual(
      bad.made.faults.map(({ name, code }) => [name, code]),
    )
    expect(new Set(bad.kept.faults.map(({ name }) => name)).size).toBe(bad.kept.faults.length)
  })
})

describe('states', () => {
  it.each(states.kept)('$name: $withoutMemory without a memory, $withMemory with one', async (vector) => {
    const before = await readVault(vector.before, vector.credentials)
    expect(await outcomeOf(readVault(vector.now, vector.credentials))).toBe(vector.withoutMemory)
    if (vector.withoutMemory !== 'opened') return
    expect(compareWithMemory(before, await readVault(vector.now, vector.credentials))).toBe(vector.withMemory)
  })

  it('are what this version writes, byte for byte', () => {
    expect(states.made).toEqual(states.kept)
  })
})
