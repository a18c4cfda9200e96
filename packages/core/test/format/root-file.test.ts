import { describe, expect, it } from 'vitest'
import { concatBytes, toBase64Url, u32be, utf8 } from '../../src/bytes.ts'
import { deriveKek } from '../../src/crypto/kdf.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { type CryptoContext, seal } from '../../src/crypto/seal.ts'
import { frameBody } from '../../src/format/body.ts'
import { parseRootHeader, rootHeader, slotHeader } from '../../src/format/header.ts'
import type { KeySlot, RootConfig, RootHeader, Slot } from '../../src/format/model.ts'
import { decodeRootFile, encodeRootFile, unwrapSlot, wrapSlot } from '../../src/format/root-file.ts'
import { configToJson } from '../../src/format/root-json.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import { bytesFrom, deterministicRuntime } from './deterministic.ts'
import { flipBit, outcomeOf } from './tamper.ts'

const runtime = deterministicRuntime('root-file')
const context: CryptoContext = { runtime, allowInsecureContext: false }
const rootKey = bytesFrom(3, 32)
const ids = { vault: toBase64Url(bytesFrom(0, 16)), key: toBase64Url(bytesFrom(0, 8)) }
const wrap = toBase64Url(bytesFrom(0, 112))
const salt = toBase64Url(bytesFrom(0, 16))
const slotId = (n: number): string => toBase64Url(bytesFrom(n, 8))

const keySlot: KeySlot = { id: slotId(1), kind: 'key', wrap }
const slots: readonly Slot[] = [
  keySlot,
  { id: slotId(2), kind: 'password', kdf: { name: 'argon2id', m: 65_536, t: 3, p: 4, salt }, wrap },
  { id: slotId(3), kind: 'password', kdf: { name: 'scrypt', N: 131_072, r: 8, p: 1, salt }, wrap },
  { id: slotId(4), kind: 'password', kdf: { name: 'pbkdf2-sha256', c: 600_000, salt }, wrap },
]
const header: RootHeader = { ...ids, slots }

function configAt(seq: number, over: Partial<RootConfig> = {}): RootConfig {
  let log = emptyLog
  for (let at = 1; at <= seq; at++) {
    const writeId = toBase64Url(Uint8Array.from([7, 7, 7, 7, ...u32be(at)]))
    log = appendToLog(log, { seq: at, writeId, base: slotId(0), removed: [], timeMs: at })
  }
  return {
    seq,
    log,
    pending: false,
    routingKey: bytesFrom(9, 32),
    keys: [{ id: slotId(5), key: bytesFrom(1, 32) }],
    map: [
      { lo: FIRST_KEY, shard: '0' },
      { lo: `8${'0'.repeat(31)}`, shard: toBase64Url(bytesFrom(1, 16)) },
    ],
    slotNames: [[slotId(1), 'büro "rechner"']],
    critical: [],
    ignorable: ['hints'],
    shardBytes: 65_536,
    compression: 'none',
    maxDocumentBytes: 1_048_576,
    ...over,
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const codeOf = (data: Uint8Array): Promise<string> => outcomeOf(async () => parseRootHeader(data))
/** The header's text with something replaced. */
const altered = (from: string, to: string): Promise<string> => codeOf(utf8(text(rootHeader(header)).replace(from, to)))

describe('the header of a root file', () => {
  it('is spelled as docs/format.md shows', () => {
    expect(text(rootHeader({ ...ids, slots: slots.slice(0, 2) }))).toBe(
      `{"format":"vaultdb","version":1,"role":"root","vault":"${ids.vault}","file":"vault","key":"${ids.key}","slots":[` +
        `{"id":"${slotId(1)}","kind":"key","wrap":"${wrap}"},` +
        `{"id":"${slotId(2)}","kind":"password","kdf":{"name":"argon2id","m":65536,"t":3,"p":4,"salt":"${salt}"},"wrap":"${wrap}"}]}\n`,
    )
  })

  it('comes back, with its exact bytes', () => {
    const bytes = rootHeader(header)
    const parsed = parseRootHeader(concatBytes(bytes, utf8('what follows\n')))
    expect(parsed.header).toEqual(header)
    expect(text(parsed.headerBytes)).toBe(text(bytes))
  })

  it('keeps slots of kinds and derivations to come, byte for byte', () => {
    const passkey = `{"id":"${slotId(7)}","kind":"passkey","prf":{"a":[1,true,null]}}`
    const balloon = `{"id":"${slotId(8)}","kind":"password","kdf":{"name":"balloon","s":5},"wrap":"x"}`
    const bytes = utf8(text(rootHeader(header)).replace('"slots":[', `"slots":[${passkey},${balloon},`))
    const parsed = parseRootHeader(bytes)
    expect(parsed.header.slots.map(({ kind }) => kind)).toEqual([
      'unknown',
      'unknown',
      'key',
      'password',
      'password',
      'password',
    ])
    expect(text(rootHeader(parsed.header))).toBe(text(bytes))
  })

  it('takes 16 slots and no more', async () => {
    const many = Array.from({ length: 17 }, (_, index): Slot => ({ id: slotId(index), kind: 'key', wrap }))
    expect(await codeOf(rootHeader({ ...ids, slots: many.slice(0, 16) }))).toBe('opened')
    expect(await codeOf(rootHeader({ ...ids, slots: many }))).toBe('ERR_CORRUPT')
    expect(await codeOf(rootHeader({ ...ids, slots: [] }))).toBe('ERR_CORRUPT')
    const full = { ...ids, slots: many.slice(0, 16) }
    expect(await codeOf(await encodeRootFile(context, full, rootKey, configAt(1)))).toBe('opened')
    for (const slots of [many, []]) {
      await expect(encodeRootFile(context, { ...ids, slots }, rootKey, configAt(1))).rejects.toThrow(RangeError)
    }
  })

  it('may take 32 KiB', async () => {
    const unknown = (bytes: number): Slot => {
      const json = `{"id":"${slotId(1)}","kind":"x","x":""}`
      return { id: slotId(1), kind: 'unknown', json: json.replace('""', `"${'x'.repeat(bytes - json.length)}"`) }
    }
    const room = 32 * 1024 - rootHeader({ ...ids, slots: [unknown(100)] }).length + 100
    const encode = (bytes: number) => encodeRootFile(context, { ...ids, slots: [unknown(bytes)] }, rootKey, configAt(1))
    const { header } = await decodeRootFile(context, await encode(room), rootKey)
    expect(rootHeader(header).length).toBe(32 * 1024)
    await expect(encode(room + 1)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
  })

  it('of another version is left to newer software, whatever else it holds', async () => {
    expect(await codeOf(utf8('{"format":"vaultdb","version":2}\n'))).toBe('ERR_UNSUPPORTED')
    expect(await altered('"version":1', '"version":3')).toBe('ERR_UNSUPPORTED')
  })

  it.each([
    ['"version":1', '"version":1.0'],
    ['"version":1', '"version":"1"'],
    ['"version":1', '"version":0'],
    ['"format":"vaultdb"', '"format":"other"'],
    ['"role":"root"', '"role":"shard"'],
    ['"file":"vault"', '"file":"0"'],
    ['"format":"vaultdb","version":1', '"version":1,"format":"vaultdb"'],
    [',"slots"', ', "slots"'],
    [',"slots"', ',"extra":1,"slots"'],
    ['"version":1', '"version":1,"version":1'],
    [`"vault":"${ids.vault}"`, `"vault":"${ids.vault}="`],
    [`"vault":"${ids.vault}"`, `"vault":"${ids.vault.slice(0, -1)}x"`],
    [`"key":"${ids.key}"`, '"key":5'],
    ['"slots":[', '"slots":[null,'],
    ['"slots":[', '"slots":[5,'],
    ['"slots":[', '"slots":[{},'],
    ['"kind":"key"', '"kind":5'],
    ['"kind":"key"', '"kind":"key","extra":1'],
    [`"id":"${slotId(1)}"`, `"id":"${slotId(2)}"`],
    [`"id":"${slotId(1)}"`, '"id":"short"'],
    [`"wrap":"${wrap}"`, '"wrap":"AAAA"'],
    ['"m":65536', '"m":6.5536e4'],
    ['"m":65536', '"m":-1'],
    ['"m":65536', '"m":"65536"'],
    ['"m":65536,"t":3', '"t":3,"m":65536'],
    ['"p":4,', '"p":4,"x":1,'],
    ['"kdf":{', '"kdf":[{'],
    ['"kdf":{', '"kdf":null,"kdf2":{'],
    ['"kdf":{', '"kdf2":{'],
    [`"salt":"${salt}"`, '"salt":"AAAA"'],
    ['"name":"argon2id"', '"name":5'],
    ['}\n', '}'],
    ['}\n', '} \n'],
    ['{', '[{'],
  ])('is refused with %j replaced by %j', async (from, to) => {
    expect(text(rootHeader(header))).toContain(from)
    expect(await altered(from, to)).toBe('ERR_CORRUPT')
  })

  it('is refused when it is too long, too deep or not text', async () => {
    const deep = `{"format":"vaultdb","version":1,"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`
    const long = `{"format":"vaultdb","version":1,"x":"${'x'.repeat(40_000)}"}\n`
    const texts = [
      '',
      '\n',
      'null\n',
      '5\n',
      deep,
      long,
      '{"format":"other","version":2}\n',
      '{"format":"vaultdb","version":2}',
    ]
    for (const data of [...texts.map(utf8), Uint8Array.of(0xff, 10)]) expect(await codeOf(data)).toBe('ERR_CORRUPT')
  })
})

describe('a slot', () => {
  const kek = deriveKek(bytesFrom(0, 32), 'key')
  const secret = bytesFrom(0x60, 32)
  const { wrap: _, ...bare } = keySlot

  it('is sealed beside a header as docs/format.md shows', () => {
    expect(text(slotHeader(ids, bare))).toBe(
      `{"format":"vaultdb","version":1,"role":"slot","vault":"${ids.vault}","file":"vault","key":"${ids.key}",` +
        `"slot":{"id":"${slotId(1)}","kind":"key"}}\n`,
    )
  })

  it('gives its secret to its key and to no other', async () => {
    const made = { ...bare, wrap: await wrapSlot(context, ids, bare, kek, secret) }
    expect(made.wrap.length).toBe(150)
    expect(await unwrapSlot(context, ids, made, kek)).toEqual(secret)
    expect(await unwrapSlot(context, ids, made, deriveKek(bytesFrom(1, 32), 'key'))).toBeNull()
    expect(await unwrapSlot(context, ids, made, deriveKek(bytesFrom(0, 32), 'password'))).toBeNull()
  })

  it('opens in no other vault, under no other root key and with nothing of it changed', async () => {
    const made = { ...bare, wrap: await wrapSlot(context, ids, bare, kek, secret) }
    expect(await unwrapSlot(context, { ...ids, vault: toBase64Url(bytesFrom(1, 16)) }, made, kek)).toBeNull()
    expect(await unwrapSlot(context, { ...ids, key: slotId(9) }, made, kek)).toBeNull()
    expect(await unwrapSlot(context, ids, { ...made, id: slotId(9) }, kek)).toBeNull()
  })

  it('is corrupt when its secret is damaged behind a good commitment', async () => {
    const sealed = Buffer.from(await wrapSlot(context, ids, bare, kek, secret), 'base64url')
    const damaged = toBase64Url(flipBit(sealed, 8 * 64))
    expect(await outcomeOf(unwrapSlot(context, ids, { ...bare, wrap: damaged }, kek))).toBe('ERR_CORRUPT')
  })

  it('is corrupt when it holds too little, or no secret of the right length', async () => {
    const wrapped = { ...bare, wrap: await wrapSlot(context, ids, bare, kek, secret.subarray(1)) }
    expect(await outcomeOf(unwrapSlot(context, ids, wrapped, kek))).toBe('ERR_CORRUPT')
    expect(await outcomeOf(unwrapSlot(context, ids, { ...bare, wrap: 'AAAA' }, kek))).toBe('ERR_CORRUPT')
  })

  it('of an unknown kind does not open', async () => {
    expect(await unwrapSlot(context, ids, { id: slotId(1), kind: 'unknown', json: '{}' }, kek)).toBeNull()
  })
})

/** What somebody who holds the key, or a faulty program, may have sealed. */
async function decodeBody(json: string): Promise<RootConfig> {
  const data = await seal(context, rootKey, 'root', rootHeader(header), await frameBody(runtime, utf8(json), 'none'))
  return (await decodeRootFile(context, data, rootKey)).config
}

describe('a root file', () => {
  it.each([1, 2, 20, 100])('comes back as it was, at write %i', async (seq) => {
    const config = configAt(seq, { compression: seq === 2 ? 'deflate' : 'none', pending: seq === 1 })
    const data = await encodeRootFile(context, header, rootKey, config)
    expect(await decodeRootFile(context, data, rootKey)).toEqual({ header, config })
  })

  it('is spelled as docs/format.md shows', () => {
    expect(configToJson(configAt(1, { map: [{ lo: FIRST_KEY, shard: '0' }], slotNames: [] }))).toBe(
      '{"seq":1,"log":[[1,"BwcHBwAAAAE","AAECAwQFBgc",[],1]],"ids":"","pending":false,' +
        `"routingKey":"${toBase64Url(bytesFrom(9, 32))}","keys":[["BQYHCAkKCww","${toBase64Url(bytesFrom(1, 32))}"]],` +
        `"map":[["${FIRST_KEY}","0"]],"slotNames":[],"critical":[],"ignorable":["hints"],` +
        '"shardBytes":65536,"compression":"none","maxDocumentBytes":1048576}',
    )
  })

  it('is not looked at beyond 96 MiB', async () => {
    const problemOf = (bytes: number) => decodeRootFile(context, new Uint8Array(bytes), rootKey)
    await expect(problemOf(96 * 1024 * 1024)).rejects.toThrow('does not begin with a header')
    await expect(problemOf(96 * 1024 * 1024 + 1)).rejects.toThrow('longer than')
  })

  it('does not open with another key', async () => {
    const data = await encodeRootFile(context, header, rootKey, configAt(1))
    expect(await outcomeOf(decodeRootFile(context, data, bytesFrom(4, 32)))).toBe('ERR_CORRUPT')
  })

  it('never opens, whichever bit is flipped', async () => {
    const data = await encodeRootFile(context, { ...ids, slots: [keySlot] }, rootKey, configAt(1))
    const headBits = 8 * (data.indexOf(10) + 1 + 80)
    const outcomes = new Set<string>()
    for (let bit = 0; bit < 8 * data.length; bit += bit < headBits ? 1 : 61) {
      outcomes.add(await outcomeOf(decodeRootFile(context, flipBit(data, bit), rootKey)))
    }
    // A flipped bit of the version's digit may spell another version.
    expect([...outcomes].sort()).toEqual(['ERR_CORRUPT', 'ERR_UNSUPPORTED'])
  })

  it('with an unknown critical feature is left to newer software, however the rest looks', async () => {
    const json = configToJson(configAt(1))
      .replace('"critical":[]', '"critical":["sharding-2"]')
      .replace('"none"', '"zstd"')
    expect(await outcomeOf(decodeBody(json))).toBe('ERR_UNSUPPORTED')
  })

  const good = (): string => configToJson(configAt(2))
  it('keeps unknown features that may be ignored', async () => {
    expect((await decodeBody(good())).ignorable).toEqual(['hints'])
  })

  it.each([
    ['"pending":false', '"pending":true'], // pending is valid with the first write only
    ['"pending":false', '"pending":0'],
    ['"seq":2', '"seq":3'],
    ['"seq":2', '"seq":"2"'],
    [',[],1]', ',["/a"],1]'],
    [',[],1]', ',0,1]'],
    ['"routingKey":"', '"routingKey":"A'],
    ['"keys":[[', '"keys":[["a","b"],['],
    ['"keys":[[', `"keys":[["a","${toBase64Url(bytesFrom(0, 32))}"],[`],
    ['"keys":[[', `"keys":[["${slotId(9)}","AAAA"],[`],
    ['"keys":[[', `"keys":[["${slotId(5)}","${toBase64Url(bytesFrom(0, 32))}"],[`],
    ['"keys":[[', '"keys":[null,['],
    ['"keys":[[', '"keys":[[5,""],['],
    ['"keys":[[', '"keys":[["",5],['],
    ['"keys":[', '"keys":{},"keys2":['],
    ['"80000000', '"G0000000'],
    ['"80000000', '"8000000'],
    ['"log":[[', '"log":[["'],
    ['"pending":false', '"pending":null'],
    ['"shardBytes":65536', '"shardBytes":65536.5'],
    ['"maxDocumentBytes":1048576', '"maxDocumentBytes":1048576.5'],
    ['"critical":[]', '"critical":[5]'],
    ['"ignorable":["hints"]', '"ignorable":[5]'],
    ['"ignorable":["hints"]', '"ignorable":["hints "]'],
    ['"ignorable":["hints"]', '"ignorable":[" hints"]'],
    [`[["${slotId(1)}"`, `[["${slotId(1)}",""],["${slotId(1)}"`],
    [`[["${slotId(1)}","büro`, `[["short","büro`],
    [`[["${slotId(1)}","büro`, `[["${slotId(2)}",["büro"]],["${slotId(1)}","büro`],
    [`"${slotId(5)}"`, `"${slotId(5)}",""`],
    [`"${FIRST_KEY}","0"`, `"${FIRST_KEY}","AAECAwQFBgcICQoLDA0ODw"`],
    [`"${FIRST_KEY}"`, `"${'0'.repeat(31)}1"`],
    ['"80000000', '"00000000'],
    ['"AQIDBAUGBwgJCgsMDQ4PEA"', '"0"'],
    ['"AQIDBAUGBwgJCgsMDQ4PEA"', '"../../etc/passwd"'],
    ['"slotNames":[[', '"slotNames":[["x","y"],['],
    ['"critical":[]', '"critical":{}'],
    ['"ignorable":["hints"]', '"ignorable":["hints","hints"]'],
    ['"ignorable":["hints"]', '"ignorable":["Hints!"]'],
    ['"shardBytes":65536', '"shardBytes":1'],
    ['"maxDocumentBytes":1048576', '"maxDocumentBytes":1e12'],
    ['"compression":"none"', '"compression":"zstd"'],
    ['"compression":"none"', '"extra":1,"compression":"none"'],
    [',"compression":"none"', ''],
    ['{"seq"', '{ "seq"'],
  ])('is refused with %j replaced by %j', async (from, to) => {
    expect(good()).toContain(from)
    expect(await outcomeOf(decodeBody(good().replace(from, to)))).toBe('ERR_CORRUPT')
  })

  it.each([
    ['"keys":[[', '"keys":[5,[', 'keys'],
    ['"map":[[', '"map":[5,[', 'map'],
    ['"slotNames":[[', '"slotNames":[5,[', 'slotNames'],
  ])('is refused with a word on what is wrong, with %j replaced by %j', async (from, to, what) => {
    await expect(decodeBody(good().replace(from, to))).rejects.toThrow(`its "${what}" is malformed`)
  })

  it.each(['null', '5', '[]', '""'])('is refused where there is %j', async (json) => {
    expect(await outcomeOf(decodeBody(json))).toBe('ERR_CORRUPT')
  })

  const keysOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: toBase64Url(Uint8Array.of(0, 0, 0, 0, ...u32be(index))),
      key: bytesFrom(index, 32),
    }))
  const features = (count: number) => Array.from({ length: count }, (_, index) => `f${index}`)
  const names = (count: number): RootConfig['slotNames'] =>
    Array.from({ length: count }, (_, index) => [slotId(index), 'n'] as const)

  it.each<[Partial<RootConfig>, Partial<RootConfig>]>([
    [{ keys: keysOf(256) }, { keys: keysOf(257) }],
    [{ ignorable: features(64) }, { ignorable: features(65) }],
    [{ ignorable: ['f'.repeat(64)] }, { ignorable: ['f'.repeat(65)] }],
    [{ ignorable: ['f'] }, { ignorable: [''] }],
    [{ slotNames: names(16) }, { slotNames: names(17) }],
    [{ slotNames: [[slotId(1), 'n'.repeat(256)]] }, { slotNames: [[slotId(1), 'n'.repeat(257)]] }],
    [{ shardBytes: 1_024 }, { shardBytes: 1_023 }],
    [{ shardBytes: 16 * 1024 * 1024 }, { shardBytes: 16 * 1024 * 1024 + 1 }],
    [{ maxDocumentBytes: 1_024 }, { maxDocumentBytes: 1_023 }],
    [{ maxDocumentBytes: 32 * 1024 * 1024 }, { maxDocumentBytes: 32 * 1024 * 1024 + 1 }],
  ])('has bounds (%#)', async (allowed, refused) => {
    const read = async (over: Partial<RootConfig>) =>
      (await decodeRootFile(context, await encodeRootFile(context, header, rootKey, configAt(1, over)), rootKey)).config
    expect(await read(allowed)).toEqual(configAt(1, allowed))
    expect(await outcomeOf(read(refused))).toBe('ERR_CORRUPT')
  })

  it('is not written when no reader would take it', async () => {
    const refused = [
      { map: [] },
      { pending: true, seq: 2 },
      { keys: [] },
      { shardBytes: 5 },
      { routingKey: new Uint8Array(5) },
    ]
    for (const over of refused)
      expect(await outcomeOf(encodeRootFile(context, header, rootKey, configAt(1, over)))).toBe('ERR_CORRUPT')
  })
})
