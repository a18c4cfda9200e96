import { fromBase64Url, fromHex, fromUtf8 } from '../../../core/src/bytes.ts'
import { deriveKek, deriveRootKey } from '../../../core/src/crypto/kdf.ts'
import { type CryptoContext, unseal } from '../../../core/src/crypto/seal.ts'
import { unframeBody } from '../../../core/src/format/body.ts'
import { parseRootHeader } from '../../../core/src/format/header.ts'
import type { RootConfig, RootHeader } from '../../../core/src/format/model.ts'
import { decodeRootFile, unwrapSlot } from '../../../core/src/format/root-file.ts'
import type { ShardFileContext } from '../../../core/src/format/shard-file.ts'
import { deterministicRuntime } from '../../../core/test/format/deterministic.ts'
import bad from '../../../core/vectors/bad.json' with { type: 'json' }
import good from '../../../core/vectors/good.json' with { type: 'json' }

/** Files, and what is in them, for inputs to begin with: the vectors, good and bad. */
export interface Materials {
  readonly context: CryptoContext
  /** Of the vault whose files are to be opened: the one that the bad vectors are made from. */
  readonly header: RootHeader
  readonly rootKey: Uint8Array
  readonly config: RootConfig
  readonly shardContext: ShardFileContext
  /** Raw files, the whole one first. */
  readonly rootFiles: readonly Uint8Array[]
  readonly shardFiles: readonly Uint8Array[]
  /** Bodies as they are sealed: frames. */
  readonly bodies: readonly Uint8Array[]
  readonly rootJson: readonly string[]
  readonly shardJson: readonly string[]
  /** A vault of four shards, as what is sealed in each of its files. */
  readonly manyShards: OpenedVault
}

/** A vault taken apart. */
export interface OpenedVault {
  readonly header: RootHeader
  readonly rootKey: Uint8Array
  readonly config: RootConfig
  readonly rootJson: string
  /** By shard id. */
  readonly shardJson: Readonly<Record<string, string>>
}

/** The raw key that opens most of the vectors, in hexadecimal digits. */
export const PLAIN_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

type Files = Readonly<Record<string, string | undefined>>

interface Opened {
  readonly header: RootHeader
  readonly rootKey: Uint8Array
  readonly config: RootConfig
}

async function openVault(context: CryptoContext, files: Files): Promise<Opened> {
  const data = fromBase64Url(files.vault ?? '')
  const { header } = parseRootHeader(data)
  for (const slot of header.slots.filter(({ kind }) => kind === 'key')) {
    const secret = await unwrapSlot(context, header, slot, deriveKek(fromHex(PLAIN_KEY), 'key'))
    if (secret === null) continue
    const rootKey = deriveRootKey(secret)
    return { ...(await decodeRootFile(context, data, rootKey)), rootKey }
  }
  throw new Error('No slot takes the key of the vectors.')
}

/** The body of a file as it was sealed; `null` where it does not open under any of the keys. */
async function bodyOf(
  context: CryptoContext,
  keys: readonly Uint8Array[],
  label: 'root' | 'shard',
  file: Uint8Array,
): Promise<Uint8Array | null> {
  const end = file.indexOf(10) + 1
  for (const key of keys) {
    try {
      return await unseal(context, key, label, file.subarray(0, end), file.subarray(end))
    } catch {
      // Many of the bad vectors are damaged here.
    }
  }
  return null
}

async function jsonOf(context: CryptoContext, body: Uint8Array): Promise<string[]> {
  try {
    return [fromUtf8(await unframeBody(context.runtime, body))]
  } catch {
    return []
  }
}

async function takeApart(context: CryptoContext, opened: Opened, files: Files): Promise<OpenedVault> {
  const keys = opened.config.keys.map(({ key }) => key)
  const read = async (label: 'root' | 'shard', name: string): Promise<string> => {
    const file = fromBase64Url(files[name] ?? '')
    const body = await bodyOf(context, label === 'root' ? [opened.rootKey] : keys, label, file)
    return body === null ? '' : (await jsonOf(context, body)).join()
  }
  const shardJson: Record<string, string> = {}
  for (const name of Object.keys(files).filter((each) => each.startsWith('shards/'))) {
    shardJson[name.slice('shards/'.length)] = await read('shard', name)
  }
  return { ...opened, rootJson: await read('root', 'vault'), shardJson }
}

/** Opens the vectors, and what is sealed in them as far as it can be opened. */
export async function prepareMaterials(): Promise<Materials> {
  const context: CryptoContext = { runtime: deterministicRuntime('fuzz'), allowInsecureContext: false }
  const vault = await openVault(context, bad.files)
  const { header, config, rootKey } = vault
  const faulty = (file: string): Uint8Array[] =>
    bad.faults.flatMap((fault) => (fault.file === file && fault.data !== null ? [fromBase64Url(fault.data)] : []))
  const rootFiles = [fromBase64Url(bad.files.vault), ...faulty('vault')]
  const shardFiles = [fromBase64Url(bad.files['shards/0']), ...faulty('shards/0')]
  const bodies: Uint8Array[] = []
  const rootJson: string[] = []
  const shardJson: string[] = []
  const look = async (label: 'root' | 'shard', opened: Opened, file: Uint8Array): Promise<void> => {
    const keys = label === 'root' ? [opened.rootKey] : opened.config.keys.map(({ key }) => key)
    const body = await bodyOf(context, keys, label, file)
    if (body === null) return
    bodies.push(body)
    const texts = label === 'root' ? rootJson : shardJson
    texts.push(...(await jsonOf(context, body)))
  }
  let manyShards: OpenedVault | undefined
  for (const { files } of good as readonly { files: Files }[]) {
    const opened = await openVault(context, files)
    if (Object.keys(files).length > 4) manyShards = await takeApart(context, opened, files)
    for (const [name, data] of Object.entries(files)) {
      const file = fromBase64Url(data ?? '')
      await look(name === 'vault' ? 'root' : 'shard', opened, file)
      if (name === 'vault') rootFiles.push(file)
      else shardFiles.push(file)
    }
  }
  for (const file of rootFiles) await look('root', vault, file)
  for (const file of shardFiles) await look('shard', vault, file)
  if (manyShards === undefined) throw new Error('No good vector has several shards.')
  const shardContext = { crypto: context, vault: header.vault, keys: config.keys, compression: config.compression }
  return {
    context,
    header,
    rootKey,
    config,
    shardContext,
    rootFiles,
    shardFiles,
    bodies,
    rootJson,
    shardJson,
    manyShards,
  }
}
