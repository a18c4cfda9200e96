import { concatBytes, toBase64Url, utf8, writeU32be } from '../../../../core/src/bytes.ts'
import { assertKdfBounds } from '../../../../core/src/crypto/kdf.ts'
import { seal } from '../../../../core/src/crypto/seal.ts'
import { errorCode } from '../../../../core/src/errors.ts'
import { UnknownKeyError } from '../../../../core/src/format/format-error.ts'
import { parseRootHeader, rootHeader, shardHeader } from '../../../../core/src/format/header.ts'
import { decodeRootFile, encodeRootFile } from '../../../../core/src/format/root-file.ts'
import { configToJson } from '../../../../core/src/format/root-json.ts'
import { decodeShardFile, encodeShardFile } from '../../../../core/src/format/shard-file.ts'
import { itemsByteLength, shardToJson } from '../../../../core/src/format/shard-json.ts'
import { mutateBytes } from '../../../src/fuzz/byte-mutations.ts'
import { mutateTree, randomTree, textOf, treeOf } from '../../../src/fuzz/json-tree.ts'
import { type FuzzTarget, promise } from '../../../src/fuzz/target.ts'
import type { SeededRandom } from '../../../src/seeded-random.ts'
import { judgeRootHeader, judgeRootJson, judgeShardJson } from '../format-rules.ts'
import type { Materials } from '../materials.ts'

/** Codes that a file may be refused with. */
const REFUSALS = ['ERR_CORRUPT', 'ERR_UNSUPPORTED']

/** The code of a refusal; anything else that was thrown goes on. */
export function refusal(error: unknown, codes: readonly string[] = REFUSALS): string {
  const code = errorCode(error)
  if (code === undefined || !codes.includes(code)) throw error
  return code
}

/** UTF-8 text; `null` where the bytes are none. */
export function textFrom(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** JSON near one of `examples`, most of the time; else anything, or damaged as text. */
export function jsonNear(
  random: SeededRandom,
  examples: readonly string[],
  encoded: readonly Uint8Array[],
): Uint8Array {
  const example = random.below(examples.length)
  switch (random.below(8)) {
    case 0:
      return utf8(textOf(randomTree(random, 4)))
    case 1:
      return mutateBytes(random, encoded[example] as Uint8Array, encoded)
    default:
      return utf8(textOf(mutateTree(random, treeOf(parsed(examples[example] as string)))))
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function whole(inputs: readonly Uint8Array[]): ReadonlySet<string> {
  return new Set(inputs.map(toBase64Url))
}

/** A whole file from outside: what opens is one of those that were made with the key. */
function sealedFile(
  name: string,
  files: readonly Uint8Array[],
  open: (file: Uint8Array) => Promise<unknown>,
): FuzzTarget {
  const genuine = whole(files)
  return {
    name,
    weight: 8,
    generate: (random) => {
      if (random.below(32) === 0) return random.bytes(random.below(600))
      // Half of all begin with the whole file of the right vault, so that the header matches and the seal is what fails.
      return mutateBytes(random, (random.below(2) === 0 ? files[0] : random.pick(files)) as Uint8Array, files)
    },
    judge: async (input) => {
      try {
        await open(input)
      } catch (error) {
        if (error instanceof UnknownKeyError) return 'unknown key'
        return refusal(error)
      }
      promise(genuine.has(toBase64Url(input)), 'a file opened that nobody with the key has made')
      return 'accepted'
    },
  }
}

/** A body that holds `json` as it is: what somebody who has the key may seal. */
export function storedBody(json: Uint8Array): Uint8Array {
  const head = new Uint8Array(9)
  writeU32be(head, 1, json.length)
  writeU32be(head, 5, json.length)
  return concatBytes(head, json)
}

function sealedShardJson({ context, header, config, shardContext, shardJson }: Materials): FuzzTarget {
  const encoded = shardJson.map(utf8)
  const key = config.keys[0] as (typeof config.keys)[number]
  const decode = async (id: string, json: Uint8Array) => {
    const clear = shardHeader(header.vault, id, key.id)
    return decodeShardFile(shardContext, id, await seal(context, key.key, 'shard', clear, storedBody(json)))
  }
  return {
    name: 'shard-json',
    weight: 16,
    generate: (random) => jsonNear(random, shardJson, encoded),
    judge: async (input) => {
      const text = textFrom(input)
      // Shard 0 and any other differ in where they may begin.
      const id = text?.includes(`"lo":"${'0'.repeat(32)}"`) ? '0' : 'AAECAwQFBgcICQoLDA0ODw'
      const expected = text === null ? 'ERR_CORRUPT' : judgeShardJson(id, text)
      const state = await decode(id, input).catch((error: unknown) => refusal(error))
      const found = typeof state === 'string' ? state : 'accepted'
      promise(found === expected, `the reader says ${found}, docs/format.md ${expected}`)
      if (typeof state === 'string' || text === null) return found
      promise(shardToJson(id, state) === text, 'a shard is not written as it was read')
      const list = text.slice(text.lastIndexOf('"items":', text.indexOf('"items":')) + 8, -1)
      promise(itemsByteLength(state) === utf8(list).length, 'the length of the items is counted wrong')
      await decodeShardFile(shardContext, id, await encodeShardFile(shardContext, id, state))
      return found
    },
  }
}

function sealedRootJson({ context, header, rootKey, rootJson: found, manyShards }: Materials): FuzzTarget {
  // The vectors' maps are short: one with every shard has an order to be wrong in.
  const map = Object.entries(manyShards.shardJson)
    .map(([id, json]): [lo: string, id: string] => [(JSON.parse(json) as { lo: string }).lo, id])
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const whole = manyShards.rootJson.replace(/"map":\[\[.*?\]\]/, `"map":${JSON.stringify(map)}`)
  const rootJson = [...found, ...Array.from({ length: found.length >> 2 }, () => whole)]
  const encoded = rootJson.map(utf8)
  return {
    name: 'root-json',
    weight: 16,
    generate: (random) => jsonNear(random, rootJson, encoded),
    judge: async (input) => {
      const text = textFrom(input)
      const expected = text === null ? 'ERR_CORRUPT' : judgeRootJson(text)
      const file = await seal(context, rootKey, 'root', rootHeader(header), storedBody(input))
      const opened = await decodeRootFile(context, file, rootKey).catch((error: unknown) => refusal(error))
      const found = typeof opened === 'string' ? opened : 'accepted'
      promise(found === expected, `the reader says ${found}, docs/format.md ${expected}`)
      if (typeof opened === 'string') return found
      promise(configToJson(opened.config) === text, 'a configuration is not written as it was read')
      await decodeRootFile(context, await encodeRootFile(context, header, rootKey, opened.config), rootKey)
      return found
    },
  }
}

/** Slots of every kind, those to come included. */
const SLOTS_TO_COME = [
  '{"id":"AAAAAAAAAAA","kind":"passkey","rp":{"id":"example.org"},"credential":"AA"}',
  '{"id":"AAAAAAAAAAA","kind":"password","kdf":{"name":"balloon","s":[1,2]},"wrap":"AA"}',
  '{"id":"AAAAAAAAAAA","kind":"__proto__","constructor":{"prototype":null}}',
]

function rootHeaders({ rootFiles }: Materials): FuzzTarget {
  const headers = rootFiles.flatMap((file) => {
    const end = file.indexOf(10)
    return end > 0 ? [textFrom(file.subarray(0, end)) ?? ''] : []
  })
  const first = headers[0] as string
  headers.push(...SLOTS_TO_COME.map((slot) => first.replace(/"slots":\[.*\]/, `"slots":[${slot}]`)))
  const encoded = headers.map(utf8)
  return {
    name: 'root-header',
    weight: 12,
    generate: (random) => concatBytes(jsonNear(random, headers, encoded), utf8(random.below(32) === 0 ? '' : '\n')),
    judge: (input) => {
      const end = input.indexOf(10)
      const text = end === -1 || end >= 32_768 ? null : textFrom(input.subarray(0, end))
      const expected = text === null ? 'ERR_CORRUPT' : judgeRootHeader(text)
      let found = 'accepted'
      try {
        const { header, headerBytes } = parseRootHeader(input)
        promise(toBase64Url(rootHeader(header)) === toBase64Url(headerBytes), 'a header is not written as it was read')
        const kdfs = header.slots.flatMap((slot) => (slot.kind === 'password' ? [slot.kdf] : []))
        const outcome = boundsOf(() => assertKdfBounds(kdfs))
        if (kdfs.length > 0) return `${expected}, parameters ${outcome}`
      } catch (error) {
        found = refusal(error)
      }
      promise(found === expected, `the reader says ${found}, docs/format.md ${expected}`)
      return found
    },
  }
}

function boundsOf(check: () => void): string {
  try {
    check()
    return 'accepted'
  } catch (error) {
    return refusal(error, ['ERR_CORRUPT'])
  }
}

/** Everything that is read from a store. */
export function fileTargets(materials: Materials): FuzzTarget[] {
  const { context, rootKey, shardContext, rootFiles, shardFiles } = materials
  return [
    sealedFile('root-file', rootFiles, (file) => decodeRootFile(context, file, rootKey)),
    sealedFile('shard-file', shardFiles, (file) => decodeShardFile(shardContext, '0', file)),
    rootHeaders(materials),
    sealedRootJson(materials),
    sealedShardJson(materials),
  ]
}
