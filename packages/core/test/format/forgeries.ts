import { deflateRawSync } from 'node:zlib'
import { concatBytes, fromUtf8, toBase64Url, u32be, utf8 } from '../../src/bytes.ts'
import { type SealLabel, seal } from '../../src/crypto/seal.ts'
import { rootHeader, shardHeader } from '../../src/format/header.ts'
import type { Slot } from '../../src/format/model.ts'
import { configToJson } from '../../src/format/root-json.ts'
import { shardToJson } from '../../src/format/shard-json.ts'
import { bytesFrom } from './deterministic.ts'
import { flipBit } from './tamper.ts'
import type { MadeVault } from './vector-maker.ts'
import type { VaultFiles, VectorCredentials } from './vector-reader.ts'

/** One fault in one file of a vault, and the code that it has to end in. */
export interface Forgery {
  readonly name: string
  readonly file: string
  /** What the file is replaced by; `null` where it is taken away. */
  readonly data: string | null
  readonly code: string
  /** What to try; the vault's own where absent. */
  readonly credentials?: VectorCredentials
}

type Data = Uint8Array | Promise<Uint8Array> | null
type Fault = readonly [name: string, data: Data, code?: string, credentials?: VectorCredentials]

const SHARD = 'shards/0'
const MIDDLE = `8${'0'.repeat(31)}`
/** Above the routing keys of all items, so that only the neighbour is at fault. */
const END = 'f'.repeat(32)
const RIGHT = toBase64Url(bytesFrom(0x30, 16))

type Replacement = string | ((match: string, ...groups: string[]) => string)

function edit(text: string, from: string | RegExp, to: Replacement): string {
  const edited = typeof to === 'string' ? text.replace(from, to) : text.replace(from, to)
  if (edited === text) throw new Error(`Nothing to replace: ${String(from)}`)
  return edited
}

/** The file with its header's text changed and nothing else. */
function reheaded(data: Uint8Array, from: string | RegExp, to: Replacement): Uint8Array {
  const end = data.indexOf(10) + 1
  return concatBytes(utf8(edit(fromUtf8(data.subarray(0, end)), from, to)), data.subarray(end))
}

/** Faults that need no key. In a root file with another vault id no slot opens, which looks like a wrong password. */
function outsideFaults(data: Uint8Array, vaultIdCode: string): Fault[] {
  const end = data.indexOf(10) + 1
  return [
    ['empty', new Uint8Array(0)],
    ['missing', null],
    ['header only', data.subarray(0, end)],
    ['cut short by one byte', data.subarray(0, -1)],
    ['one byte too many', concatBytes(data, Uint8Array.of(0))],
    ['format', reheaded(data, '"vaultdb"', '"vaultdc"')],
    ['newer version', reheaded(data, '"version":1', '"version":2'), 'ERR_UNSUPPORTED'],
    ['version is text', reheaded(data, '"version":1', '"version":"1"')],
    ['space in the header', reheaded(data, ',"role"', ', "role"')],
    ['members of the header in another order', reheaded(data, /("role":"\w+"),("vault":"[\w-]+")/, '$2,$1')],
    ['member twice in the header', reheaded(data, '"version":1', '"version":1,"version":1')],
    ['carriage return before the line feed', reheaded(data, '}\n', '}\r\n')],
    ['vault id', reheaded(data, /"vault":"./, '"vault":"_'), vaultIdCode],
    ['salt', flipBit(data, 8 * end)],
    ['commitment', flipBit(data, 8 * (end + 32))],
    ['ciphertext', flipBit(data, 8 * (end + 64))],
    ['tag', flipBit(data, 8 * data.length - 1)],
  ]
}

/** Faults of the frame, sealed by somebody who has the key. */
function frameFaults(json: Uint8Array, sealBody: (body: Uint8Array) => Data): Fault[] {
  const deflated = new Uint8Array(deflateRawSync(json, { level: 1 }))
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(1_000_000)))
  const framed = (
    method: number,
    jsonLength: number,
    stored: Uint8Array,
    storedLength: number = stored.length,
  ): Data => {
    const body = concatBytes(Uint8Array.of(method), u32be(jsonLength), u32be(storedLength), stored)
    return sealBody(body)
  }
  return [
    ['no frame', sealBody(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0))],
    ['unknown method', framed(2, json.length, json)],
    ['JSON length of 64 MiB and one', framed(1, 64 * 1024 * 1024 + 1, deflated)],
    ['stored length beyond the body', framed(0, json.length, json, 0xffffffff)],
    ['two lengths for stored JSON', framed(0, json.length - 1, json)],
    ['padding that is not zero', framed(0, json.length - 1, json, json.length - 1)],
    ['deflate that gives more than stated', framed(1, 100, bomb)],
    ['deflate that gives less than stated', framed(1, json.length + 1, deflated)],
    ['bytes behind the deflate stream', framed(1, json.length, concatBytes(deflated, Uint8Array.of(0)))],
    ['deflate cut short', framed(1, json.length, deflated.subarray(0, -1))],
  ]
}

/** Faults of the JSON that both kinds of file can have. */
function jsonFaults(json: string, sealJson: (json: string | Uint8Array) => Data): Fault[] {
  return [
    ['not UTF-8', sealJson(concatBytes(utf8(json), Uint8Array.of(0xff)))],
    ['byte order mark', sealJson(`\ufeff${json}`)],
    ['white space', sealJson(edit(json, ',"log"', ', "log"'))],
    ['something behind the JSON', sealJson(`${json}0`)],
    ['nested 129 deep', sealJson(edit(json, /}$/, `,"x":${'['.repeat(128)}${']'.repeat(128)}}`))],
    ['unknown member', sealJson(edit(json, ',"log"', ',"extra":0,"log"'))],
    ['member twice', sealJson(edit(json, '"seq":1', '"seq":1,"seq":1'))],
    ['number with a fraction', sealJson(edit(json, '"seq":1', '"seq":1.0'))],
    ['seq of zero', sealJson(edit(json, '"seq":1', '"seq":0'))],
    ['seq without its log', sealJson(edit(json, '"seq":1', '"seq":2'))],
    ['empty log', sealJson(edit(json, /"log":\[\[.*?\]\],"ids"/, '"log":[],"ids"'))],
    ['write id that is not canonical', sealJson(edit(json, /"log":\[\[1,"(.{10})./, '"log":[[1,"$1B'))],
    ['ids of writes that never were', sealJson(edit(json, '"ids":""', '"ids":"AAAAAAAAAAA"'))],
  ]
}

function shardFaults(json: string, sealJson: (json: string) => Data): Fault[] {
  const items = (text: string): Data => sealJson(edit(json, /"items":.*$/, () => `"items":${text}}`))
  return [
    ['lo elsewhere', sealJson(edit(json, /"lo":"0/, '"lo":"8'))],
    ['hi without next', sealJson(edit(json, '"hi":null', `"hi":"${END}"`))],
    ['next without hi', sealJson(edit(json, '"next":null', `"next":"${RIGHT}"`))],
    ['next that is missing', sealJson(edit(json, '"hi":null,"next":null', `"hi":"${END}","next":"${RIGHT}"`))],
    ['next is itself', sealJson(edit(json, '"hi":null,"next":null', `"hi":"${END}","next":"0"`))],
    ['directory without its slash', items('[["/a",[["b",1,0]]]]')],
    ['directory with an empty segment', items('[["//",[["b",1,0]]]]')],
    ['directory twice', items('[["/",[["a",1,0]]],["/",[["b",1,0]]]]')],
    ['directory without items', items('[["/",[]]]')],
    ['name twice', items('[["/",[["a",1,0],["a",1,1]]]]')],
    ['name with a slash', items('[["/",[["a/b",1,0]]]]')],
    ['name ".."', items('[["/",[["..",1,0]]]]')],
    ['name with NUL', items('[["/",[["a\\u0000",1,0]]]]')],
    ['name spelled with an escape', items('[["/",[["\\u0061",1,0]]]]')],
    ['path of 1,025 bytes', items(`[["/",[["${'n'.repeat(1_024)}",1,0]]]]`)],
    ['document that is null', items('[["/",[["a",1,null]]]]')],
    ['document without a value', items('[["/",[["a",1]]]]')],
    ['marker with a value', items('[["/",[["a/",1,0]]]]')],
    ['item newer than its shard', items('[["/",[["a",2,0]]]]')],
    ['name twice in a document', items('[["/",[["a",1,{"b":1,"\\u0062":2}]]]]')],
    ['white space in a document', items('[["/",[["a",1,[1, 2]]]]]')],
    ['65 removed paths', sealJson(edit(json, ',[],', `,${JSON.stringify(Array(65).fill('/a'))},`))],
  ]
}

function rootFaults(json: string, sealJson: (json: string) => Data): Fault[] {
  return [
    ['unknown critical feature', sealJson(edit(json, '"critical":[]', '"critical":["x"]')), 'ERR_UNSUPPORTED'],
    ['pending is no boolean', sealJson(edit(json, '"pending":false', '"pending":0'))],
    ['removed documents in the log of the root', sealJson(edit(json, ',[],', ',["/a"],'))],
    ['routing key of 31 bytes', sealJson(edit(json, /"routingKey":"./, '"routingKey":"'))],
    ['no shard keys', sealJson(edit(json, /"keys":\[\[.*?\]\]/, '"keys":[]'))],
    ['empty map', sealJson(edit(json, /"map":\[\[.*?\]\]/, '"map":[]'))],
    ['map that begins elsewhere', sealJson(edit(json, /"map":\[\["0/, '"map":[["8'))],
    ['map that leaves its folder', sealJson(edit(json, /("map":\[\[.*?\])\]/, `$1,["${MIDDLE}","../vault"]]`))],
    ['unknown compression', sealJson(edit(json, '"none"', '"zstd"'))],
    ['shardBytes out of bounds', sealJson(edit(json, '"shardBytes":65536', '"shardBytes":1'))],
  ]
}

/** Derivations that no reader may start. */
const beyondReason: readonly (readonly [name: string, kdf: string])[] = [
  ['too weak: Argon2id', '{"name":"argon2id","m":7168,"t":4,"p":1}'],
  ['too weak: scrypt', '{"name":"scrypt","N":65536,"r":8,"p":1}'],
  ['too weak: PBKDF2', '{"name":"pbkdf2-sha256","c":599999}'],
  ['too costly: Argon2id memory', '{"name":"argon2id","m":2147483648,"t":3,"p":4}'],
  ['too costly: Argon2id passes', '{"name":"argon2id","m":65536,"t":2147483648,"p":4}'],
  ['too costly: scrypt', '{"name":"scrypt","N":1048576,"r":8,"p":3}'],
  ['too costly: PBKDF2', '{"name":"pbkdf2-sha256","c":10485761}'],
]

function slotFaults(vault: MadeVault, data: Uint8Array, sealRoot: (header: string) => Data): Fault[] {
  const header = fromUtf8(rootHeader(vault.header))
  const slot = vault.header.slots[0] as Extract<Slot, { kind: 'key' }>
  const slotJson = JSON.stringify(slot)
  const password = (kdf: string): string => edit(slotJson, '"kind":"key"', `"kind":"password","kdf":${kdf}`)
  const salt = toBase64Url(bytesFrom(0, 16))
  const otherId = edit(slotJson, slot.id, toBase64Url(bytesFrom(0, 8)))
  return [
    ['no slots', sealRoot(edit(header, slotJson, ''))],
    ['17 slots', sealRoot(edit(header, slotJson, Array(17).fill(slotJson).join(',')))],
    ['two slots with one id', sealRoot(edit(header, slotJson, `${slotJson},${slotJson}`))],
    ['slot under another id', sealRoot(edit(header, slotJson, otherId)), 'ERR_CREDENTIALS'],
    [
      'no slot of this kind',
      sealRoot(edit(header, slotJson, password(`{"name":"pbkdf2-sha256","c":600000,"salt":"${salt}"}`))),
      'ERR_CREDENTIALS',
    ],
    ...beyondReason.map(([name, kdf]): Fault => {
      const data = sealRoot(edit(header, slotJson, password(edit(kdf, '}', `,"salt":"${salt}"}`))))
      return [`derivation ${name}`, data, 'ERR_CORRUPT', { password: 'password' }]
    }),
    [
      'salt of a derivation too short',
      sealRoot(edit(header, slotJson, password('{"name":"pbkdf2-sha256","c":600000,"salt":"AAAA"}'))),
    ],
    [
      'slot with an unknown member',
      sealRoot(edit(header, slotJson, edit(slotJson, '"kind":"key"', '"kind":"key","extra":0'))),
    ],
    ['wrap damaged behind its commitment', reheaded(data, /"wrap":"([\w-]{90})./, '"wrap":"$1_')],
  ]
}

/** A body without padding: readers take any, and a hundred files stay small. */
function bareFrame(json: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0), u32be(json.length), u32be(json.length), json)
}

/** The files without a fault, and one forged file for each fault, of a vault with one key slot and one shard at its first write. */
export async function makeForgeries(vault: MadeVault): Promise<{ files: VaultFiles; faults: Forgery[] }> {
  const { context, header, config, rootKey } = vault
  const shard = vault.shards.get('0')
  const key = config.keys[0]
  if (shard === undefined || key === undefined) throw new Error('The vault to forge has a shard and a key.')
  const sealAs = (name: SealLabel, secret: Uint8Array, head: Uint8Array) => (body: Uint8Array) =>
    seal(context, secret, name, head, body)
  const inFrame = (sealBody: (body: Uint8Array) => Promise<Uint8Array>) => (json: string | Uint8Array) =>
    sealBody(bareFrame(typeof json === 'string' ? utf8(json) : json))

  const shardHead = shardHeader(header.vault, '0', key.id)
  const sealShard = sealAs('shard', key.key, shardHead)
  const sealRoot = sealAs('root', rootKey, rootHeader(header))
  const shardJson = shardToJson('0', shard)
  const rootJson = configToJson(config)
  const reslotted = (text: string): Data => inFrame(sealAs('root', rootKey, utf8(text)))(rootJson)
  const rootData = await inFrame(sealRoot)(rootJson)
  const shardData = await inFrame(sealShard)(shardJson)
  const files = { vault: toBase64Url(rootData), [SHARD]: toBase64Url(shardData) }
  const faults: readonly (readonly [file: string, faults: readonly Fault[]])[] = [
    ['vault', outsideFaults(rootData, 'ERR_CREDENTIALS')],
    ['vault', frameFaults(utf8(rootJson), sealRoot)],
    ['vault', jsonFaults(rootJson, inFrame(sealRoot))],
    ['vault', rootFaults(rootJson, inFrame(sealRoot))],
    ['vault', slotFaults(vault, rootData, reslotted)],
    [SHARD, outsideFaults(shardData, 'ERR_CORRUPT')],
    [SHARD, [['sealed under the label of the root', inFrame(sealAs('root', key.key, shardHead))(shardJson)]]],
    [SHARD, [['the root file in its place', rootData]]],
    [SHARD, [['unknown key id', reheaded(shardData, /"key":"./, '"key":"_')]]],
    [SHARD, frameFaults(utf8(shardJson), sealShard)],
    [SHARD, jsonFaults(shardJson, inFrame(sealShard))],
    [SHARD, shardFaults(shardJson, inFrame(sealShard))],
  ]
  const forgeries: Forgery[] = []
  for (const [file, list] of faults) {
    for (const [name, made, code = 'ERR_CORRUPT', credentials] of list) {
      const data = await made
      const forged = { name: `${file}: ${name}`, file, data: data === null ? null : toBase64Url(data), code }
      forgeries.push(credentials === undefined ? forged : { ...forged, credentials })
    }
  }
  return { files, faults: forgeries }
}
