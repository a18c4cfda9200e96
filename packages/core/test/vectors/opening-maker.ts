import { toBase64Url } from '../../src/bytes.ts'
import { encodeRootFile } from '../../src/format/root-file.ts'
import { encodeShardFile } from '../../src/format/shard-file.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { type MadeVault, makeVault, type VaultPlan } from '../format/vector-maker.ts'
import type { VaultFiles, VectorCredentials } from '../format/vector-reader.ts'

/** What a database says to a store's files, which crashes, replays and mix-ups may have brought about. */
export interface OpeningVector {
  readonly name: string
  readonly credentials: VectorCredentials
  /** What a reader with a memory has read before. */
  readonly before: VaultFiles
  readonly now: VaultFiles
  /** What opening `now` and reading everything comes to, without a memory: `opened`, or a code. */
  readonly withoutMemory: string
  readonly withMemory: string
  /** JSON of every document found, by path; `null` where nothing is opened without a memory. */
  readonly documents: Readonly<Record<string, string>> | null
}

type Outcomes = Pick<OpeningVector, 'withoutMemory' | 'withMemory' | 'documents'>

const credentials: VectorCredentials = { key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' }
const few = { '/notes': '"hello"', '/bob/mail': '{"user":"bob"}' }
const many = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [`/d${index % 5}/n${index}`, `{"n":${index}}`]),
)

function opened(documents: Readonly<Record<string, string>>, withMemory: string): Outcomes {
  return { withoutMemory: 'opened', withMemory, documents }
}

function refused(withoutMemory: string, withMemory: string = withoutMemory): Outcomes {
  return { withoutMemory, withMemory, documents: null }
}

function vector(name: string, before: VaultFiles, now: VaultFiles, outcomes: Outcomes): OpeningVector {
  return { name, credentials, before, now, ...outcomes }
}

function without(files: VaultFiles, ...names: readonly string[]): VaultFiles {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)))
}

/** The root file of the vault as it was before its creation was through. */
async function pendingRoot({ context, header, rootKey, config }: MadeVault): Promise<string> {
  return toBase64Url(await encodeRootFile(context, header, rootKey, { ...config, pending: true }))
}

/** The vault's first shard, sealed under a key that the configuration does not hold. */
async function underUnknownKey({ context, header, config, shards }: MadeVault): Promise<string> {
  const key = { id: toBase64Url(bytesFrom(0x40, 8)), key: bytesFrom(0x50, 32) }
  const shardContext = { crypto: context, vault: header.vault, keys: [key], compression: config.compression }
  const state = shards.get('0')
  if (state === undefined) throw new Error('The vault has no first shard.')
  return toBase64Url(await encodeShardFile(shardContext, '0', state))
}

/** A creator that crashed after each of its steps: the root file marked pending, the first shard, the mark removed. */
async function creations(): Promise<OpeningVector[]> {
  const plan: VaultPlan = { seed: 'creation', credentials: [credentials], documents: {} }
  const made = await makeVault(plan)
  const other = await makeVault({ ...plan, seed: 'another creation' })
  const vault = await pendingRoot(made)
  const shard = made.files['shards/0'] as string
  const foreign = other.files['shards/0'] as string
  return [
    vector('creation: nothing yet', {}, {}, refused('ERR_MISSING')),
    vector('creation: after the root file', {}, { vault }, opened({}, 'opened')),
    vector('creation: after the first shard', {}, { vault, 'shards/0': shard }, opened({}, 'opened')),
    vector('creation: done', {}, made.files, opened({}, 'opened')),
    vector('creation: a first shard of its own without a root file', {}, { 'shards/0': shard }, refused('ERR_MISSING')),
    vector(
      "creation: another vault's first shard is there",
      {},
      { vault, 'shards/0': foreign },
      refused('ERR_CORRUPT'),
    ),
    vector('creation: finished by its reader, then as before', { vault }, { vault }, opened({}, 'ERR_ROLLBACK')),
  ]
}

/** One or all files of an older state, put back. */
async function replays(): Promise<OpeningVector[]> {
  const plan: VaultPlan = { seed: 'replay', credentials: [credentials], documents: few }
  const old = await makeVault(plan)
  const { files: later } = await makeVault({ ...plan, documents: { ...few, '/later': '1' }, writes: 20 })
  const now = { ...few, '/later': '1' }
  const pending = await pendingRoot(old)
  const replay = (name: string, files: VaultFiles, documents: Readonly<Record<string, string>>): OpeningVector =>
    vector(`replay: ${name}`, later, { ...later, ...files }, opened(documents, 'ERR_ROLLBACK'))
  return [
    vector('replay: none', later, later, opened(now, 'opened')),
    vector('replay: none, and twenty writes later', old.files, later, opened(now, 'opened')),
    replay('the root file', { vault: old.files.vault as string }, now),
    replay('the pending root file', { vault: pending }, now),
    replay('an old shard under the new root file', { 'shards/0': old.files['shards/0'] as string }, few),
    replay('everything', old.files, few),
    replay('everything, pending', { ...old.files, vault: pending }, few),
  ]
}

/** Shards that were split, with one of their files old, missing or cut off. */
async function splits(): Promise<OpeningVector[]> {
  const plan: VaultPlan = { seed: 'split', credentials: [credentials], documents: many, writes: 10 }
  const split = await makeVault({ ...plan, shards: 4 })
  const whole = await makeVault({ ...plan, writes: 9 })
  const { files } = split
  const [, mapped, unmapped] = [...split.shards.keys()]
  return [
    vector('split: two shards are not in the map yet', files, files, opened(many, 'opened')),
    vector(
      'split: the first shard as it was before',
      files,
      { ...files, 'shards/0': whole.files['shards/0'] as string },
      opened(many, 'ERR_ROLLBACK'),
    ),
    vector('split: the first shard is missing', files, without(files, 'shards/0'), refused('ERR_CORRUPT')),
    vector('split: a shard of the map is missing', files, without(files, `shards/${mapped}`), refused('ERR_CORRUPT')),
    vector(
      'split: a shard that only its neighbour names is missing',
      files,
      without(files, `shards/${unmapped}`),
      refused('ERR_CORRUPT'),
    ),
    vector('split: the root file is missing', files, without(files, 'vault'), refused('ERR_MISSING', 'ERR_ROLLBACK')),
    vector('split: everything is missing', files, {}, refused('ERR_MISSING', 'ERR_ROLLBACK')),
    vector(
      'split: two shards in each other\u2019s place',
      files,
      {
        ...files,
        [`shards/${mapped}`]: files[`shards/${unmapped}`] as string,
        [`shards/${unmapped}`]: files[`shards/${mapped}`] as string,
      },
      refused('ERR_CORRUPT'),
    ),
    vector(
      'split: the root file of before the second key, under which a shard is sealed',
      files,
      { ...files, vault: (await makeVault({ ...plan, shards: 4, writes: 1 })).files.vault as string },
      refused('ERR_CORRUPT', 'ERR_ROLLBACK'),
    ),
  ]
}

/** Files of other vaults, other histories and other keys. */
async function strangers(): Promise<OpeningVector[]> {
  const plan: VaultPlan = { seed: 'stranger', credentials: [credentials], documents: few }
  const made = await makeVault(plan)
  const { files } = made
  const { files: other } = await makeVault({ ...plan, seed: 'other', documents: { '/other': '1' } })
  const { files: fork } = await makeVault({ ...plan, documents: { '/forked': '1' } })
  const { files: forkLater } = await makeVault({ ...plan, documents: { '/forked': '1' }, writes: 10 })
  const shard = (from: VaultFiles): VaultFiles => ({ ...files, 'shards/0': from['shards/0'] as string })
  const root = (from: VaultFiles): VaultFiles => ({ ...files, vault: from.vault as string })
  return [
    vector('stranger: another vault', files, other, opened({ '/other': '1' }, 'ERR_ROLLBACK')),
    vector("stranger: another vault's root file", files, root(other), refused('ERR_CORRUPT', 'ERR_ROLLBACK')),
    vector("stranger: another vault's shard", files, shard(other), refused('ERR_CORRUPT')),
    vector('stranger: the same write with other content', files, shard(fork), opened({ '/forked': '1' }, 'ERR_FORK')),
    vector('stranger: a later write of another history', files, forkLater, opened({ '/forked': '1' }, 'ERR_FORK')),
    vector(
      'stranger: a shard under an unknown key',
      files,
      { ...files, 'shards/0': await underUnknownKey(made) },
      refused('ERR_CORRUPT'),
    ),
  ]
}

/** The vectors as they are kept: each content once, files by its index. */
export interface KeptOpenings {
  readonly contents: readonly string[]
  readonly vectors: readonly (Omit<OpeningVector, 'before' | 'now'> & {
    readonly before: Readonly<Record<string, number>>
    readonly now: Readonly<Record<string, number>>
  })[]
}

/** All vectors; the same ones each time. */
export async function makeOpenings(): Promise<KeptOpenings> {
  const made = [...(await creations()), ...(await replays()), ...(await splits()), ...(await strangers())]
  const contents = [...new Set(made.flatMap(({ before, now }) => [...Object.values(before), ...Object.values(now)]))]
  const index = (files: VaultFiles): Record<string, number> =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, contents.indexOf(content)]))
  return { contents, vectors: made.map((each) => ({ ...each, before: index(each.before), now: index(each.now) })) }
}

/** Kept vectors with their files. */
export function readOpenings({ contents, vectors }: KeptOpenings): OpeningVector[] {
  const files = (indices: Readonly<Record<string, number>>): VaultFiles =>
    Object.fromEntries(Object.entries(indices).map(([name, at]) => [name, contents[at] as string]))
  return vectors.map((each) => ({ ...each, before: files(each.before), now: files(each.now) }))
}
