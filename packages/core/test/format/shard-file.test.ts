import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url, u32be, utf8 } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { seal } from '../../src/crypto/seal.ts'
import { frameBody } from '../../src/format/body.ts'
import { StoredDocument } from '../../src/format/document.ts'
import { shardHeader } from '../../src/format/header.ts'
import type { Item, SequenceLog, ShardState } from '../../src/format/model.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import {
  decodeShardFile,
  encodeShardFile,
  itemByteLength,
  itemsByteLength,
  type ShardFileContext,
  UnknownKeyError,
} from '../../src/format/shard-file.ts'
import { isRoutingKey, shardToJson } from '../../src/format/shard-json.ts'
import { bytesFrom, deterministicRuntime } from './deterministic.ts'
import { flipBit, outcomeOf } from './tamper.ts'

const runtime = deterministicRuntime('shard-file')
const oldKey = { id: toBase64Url(bytesFrom(1, 8)), key: bytesFrom(7, 32) }
const newKey = { id: toBase64Url(bytesFrom(2, 8)), key: bytesFrom(8, 32) }
const context: ShardFileContext = {
  crypto: { runtime, allowInsecureContext: false },
  vault: toBase64Url(bytesFrom(0, 16)),
  keys: [oldKey, newKey],
  compression: 'none',
}
const otherId = toBase64Url(bytesFrom(9, 16))
const rightId = toBase64Url(bytesFrom(5, 16))
const MIDDLE = `8${'0'.repeat(31)}`

function logAt(seq: number): SequenceLog {
  let log = emptyLog
  for (let at = 1; at <= seq; at++) {
    const writeId = toBase64Url(Uint8Array.from([9, 9, 9, 9, ...u32be(at)]))
    log = appendToLog(log, {
      seq: at,
      writeId,
      base: toBase64Url(new Uint8Array(8)),
      removed: [`/gone/${at}`],
      timeMs: at,
    })
  }
  return log
}

const document = (value: unknown): StoredDocument => StoredDocument.fromValue(value, 1_000_000)

function shard(groups: Record<string, Record<string, unknown>>, over: Partial<ShardState> = {}): ShardState {
  const directories = new Map(
    Object.entries(groups).map(([directory, values]) => {
      const items = Object.entries(values).map(([name, value]): [string, Item] => {
        return [name, { name, seq: 1, document: name.endsWith('/') ? null : document(value) }]
      })
      return [directory, new Map(items)]
    }),
  )
  return { seq: 1, lo: FIRST_KEY, hi: null, next: null, log: logAt(1), directories, ...over }
}

const segment = fc
  .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
  .filter((text) => !/[/\0]|^\.\.?$/.test(text) && !/\p{Surrogate}/u.test(text))
const groups = fc.dictionary(
  fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.map((each) => `${each}/`).join('')}`),
  fc.dictionary(
    fc.oneof(
      segment,
      segment.map((name) => `${name}/`),
    ),
    fc.jsonValue().filter((value) => value !== null),
    { minKeys: 1, maxKeys: 5 },
  ),
  { maxKeys: 5 },
)

describe('a shard file', () => {
  it('comes back as it was, and its items have the length that is said', async () => {
    await fc.assert(
      fc.asyncProperty(
        groups,
        fc.constantFrom('none' as const, 'deflate' as const),
        fc.boolean(),
        async (made, compression, isFirst) => {
          const range = isFirst ? { hi: MIDDLE, next: rightId } : { lo: MIDDLE }
          const state = shard(made, { ...range, seq: 30, log: logAt(30) })
          const id = isFirst ? '0' : otherId
          const data = await encodeShardFile({ ...context, compression }, id, state)
          const back = await decodeShardFile(context, id, data)
          expect(back).toEqual(state)
          const json = shardToJson(id, state)
          const items = json.slice(json.indexOf('"items":') + '"items":'.length, -1)
          expect(itemsByteLength(state)).toBe(utf8(items).length)
          expect(itemsByteLength(back)).toBe(itemsByteLength(state))
        },
      ),
    )
  })

  it('begins with a header as docs/format.md shows', async () => {
    const data = await encodeShardFile(context, '0', shard({}))
    expect(new TextDecoder().decode(data.subarray(0, data.indexOf(10) + 1))).toBe(
      `{"format":"vaultdb","version":1,"role":"shard","vault":"${context.vault}","file":"0","key":"${newKey.id}"}\n`,
    )
  })

  it('says how long one item is', () => {
    const item = shard({ '/': { ü: { a: 'é' } } })
      .directories.get('/')
      ?.get('ü') as Item
    expect(itemByteLength(item)).toBe(utf8('["ü",1,{"a":"é"}]').length)
    expect(itemByteLength({ name: 'a/', seq: 12, document: null })).toBe('["a/",12]'.length)
  })

  it('is sealed under the newest key and opened under any', async () => {
    const state = shard({ '/': { a: 1 } })
    const old = await encodeShardFile({ ...context, keys: [oldKey] }, '0', state)
    expect(await decodeShardFile(context, '0', old)).toEqual(state)
    const young = await encodeShardFile(context, '0', state)
    const read = decodeShardFile({ ...context, keys: [oldKey] }, '0', young)
    await expect(read).rejects.toThrow(UnknownKeyError)
    await expect(read).rejects.toMatchObject({ name: 'UnknownKeyError', keyId: newKey.id })
  })

  it.each(['', 'AAAAAAAAAA', 'AAAAAAAAAAAA', 'AAAAAAAAAA*', 'AAAAAAAAAAB'])('names no key: %j', async (keyId) => {
    const data = await encodeShardFile({ ...context, keys: [{ ...newKey, id: keyId }] }, '0', shard({}))
    expect(await outcomeOf(decodeShardFile(context, '0', data))).toBe('ERR_CORRUPT')
  })

  it('is not looked at beyond 96 MiB', async () => {
    const problemOf = (bytes: number) => decodeShardFile(context, '0', new Uint8Array(bytes))
    await expect(problemOf(96 * 1024 * 1024)).rejects.toThrow('does not begin with a header')
    await expect(problemOf(96 * 1024 * 1024 + 1)).rejects.toThrow('longer than')
  })

  it('opens in no other place, vault or role', async () => {
    const data = await encodeShardFile(context, otherId, shard({ '/': { a: 1 } }, { lo: MIDDLE }))
    expect(await outcomeOf(decodeShardFile(context, otherId, data))).toBe('opened')
    expect(await outcomeOf(decodeShardFile(context, rightId, data))).toBe('ERR_CORRUPT')
    const elsewhere = { ...context, vault: toBase64Url(bytesFrom(1, 16)) }
    expect(await outcomeOf(decodeShardFile(elsewhere, otherId, data))).toBe('ERR_CORRUPT')
    const asRoot = await seal(
      context.crypto,
      newKey.key,
      'root',
      data.subarray(0, data.indexOf(10) + 1),
      bytesFrom(0, 100),
    )
    expect(await outcomeOf(decodeShardFile(context, otherId, asRoot))).toBe('ERR_CORRUPT')
  })

  it('names the file and what to do when it is damaged', async () => {
    const error: unknown = await decodeShardFile(context, '0', utf8('hello')).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(/"shards\/0" is damaged .* restore this file/)
    expect(error).toMatchObject({ cause: { name: 'FormatError' } })
    const data = await encodeShardFile(context, '0', shard({}))
    for (const [damaged, problem] of [
      [flipBit(data, 8 * data.length - 1), 'does not authenticate'],
      [flipBit(data, 8 * (data.indexOf(10) + 1)), 'not sealed by this vault'],
      [data.subarray(0, data.indexOf(10) + 80), 'too short'],
    ] as const) {
      const read = decodeShardFile(context, '0', damaged)
      await expect(read).rejects.toMatchObject({ code: 'ERR_CORRUPT', cause: { name: 'SealError' } })
      await expect(read).rejects.toThrow(problem)
    }
  })

  it('of a newer version is left to newer software', async () => {
    const newer = utf8(`{"format":"vaultdb","version":2,"anything":[{"at":"all"}]}\n...`)
    expect(await outcomeOf(decodeShardFile(context, '0', newer))).toBe('ERR_UNSUPPORTED')
  })
})

describe('a tampered shard file', () => {
  it('never opens, whichever bit is flipped', async () => {
    const data = await encodeShardFile(context, '0', shard({ '/bob/': { notes: 'x'.repeat(50) } }))
    const outcomes = new Map<string, number>()
    const headBits = 8 * (data.indexOf(10) + 1 + 80)
    for (let bit = 0; bit < 8 * data.length; bit += bit < headBits ? 1 : 61) {
      const outcome = await outcomeOf(decodeShardFile(context, '0', flipBit(data, bit)))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    // A flipped letter of the key id may spell another key, a flipped digit of the version another version.
    expect([...outcomes.keys()].sort()).toEqual(['ERR_CORRUPT', 'ERR_UNSUPPORTED', 'unknown-key'])
    expect(outcomes.get('ERR_UNSUPPORTED')).toBeLessThan(8)
    expect(outcomes.get('unknown-key')).toBeLessThan(88)
  })

  it('never opens when it is cut or has something added', async () => {
    const data = await encodeShardFile(context, '0', shard({ '/bob/': { notes: 'x' } }))
    for (let length = 0; length < data.length; length += 37) {
      expect(await outcomeOf(decodeShardFile(context, '0', data.subarray(0, length)))).toBe('ERR_CORRUPT')
    }
    expect(await outcomeOf(decodeShardFile(context, '0', Uint8Array.of(...data, 0)))).toBe('ERR_CORRUPT')
    expect(await outcomeOf(decodeShardFile(context, '0', Uint8Array.of(0, ...data)))).toBe('ERR_CORRUPT')
  })
})

/** What somebody who holds the key, or a faulty program, may have sealed. */
async function decodeBody(json: string | Uint8Array, id = '0'): Promise<ShardState> {
  const body = await frameBody(runtime, typeof json === 'string' ? utf8(json) : json, 'none')
  const data = await seal(context.crypto, newKey.key, 'shard', shardHeader(context.vault, id, newKey.id), body)
  return decodeShardFile(context, id, data)
}

const LOG = '"log":[[1,"CQkJCQAAAAE","AAAAAAAAAAA",[],1]],"ids":""'
const RANGE = `"lo":"${FIRST_KEY}","hi":null,"next":null`
const bodyWith = (items: string): string => `{"seq":1,${RANGE},${LOG},"items":${items}}`
const documentOf = (json: string): string => bodyWith(`[["/",[["a",1,${json}]]]]`)

describe('the content of a shard', () => {
  it('is taken when it is exactly as the format has it', async () => {
    const state = await decodeBody(bodyWith('[["/",[["a",1,{"b":[1,"]"]}],["d/",1]]],["/d/",[["x",1,"\\"],["]]]]'))
    expect(state.directories.get('/')?.get('a')?.document?.toValue()).toEqual({ b: [1, ']'] })
    expect(state.directories.get('/')?.get('d/')?.document).toBeNull()
    expect(state.directories.get('/d/')?.get('x')?.document?.text).toBe('"\\"],["')
  })

  it('keeps documents as they were spelled: -0, long numbers, __proto__, escapes', async () => {
    for (const json of [
      '-0',
      '[-0,0]',
      '1e999',
      '0.1000',
      '{"__proto__":{"a":1}}',
      '"\\ud800"',
      '{"2":1,"1":2}',
      '"\\u0061"',
    ]) {
      const state = await decodeBody(documentOf(json))
      expect(state.directories.get('/')?.get('a')?.document?.text).toBe(json)
      expect(await decodeShardFile(context, '0', await encodeShardFile(context, '0', state))).toEqual(state)
    }
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })

  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

  it('may be nested 128 deep', async () => {
    expect(await outcomeOf(decodeBody(documentOf(deep(123))))).toBe('opened')
    expect(await outcomeOf(decodeBody(documentOf(deep(124))))).toBe('ERR_CORRUPT')
    expect(await outcomeOf(decodeBody(documentOf(deep(1_000_000))))).toBe('ERR_CORRUPT')
  })

  const good = bodyWith('[["/",[["a",1,5]]]]')
  it('may name the paths of removed documents', async () => {
    expect(await outcomeOf(decodeBody(good.replace('[],1]]', '["/b","/c/é"],1]]')))).toBe('opened')
  })

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no object', 'null'],
    ['an array', '[]'],
    ['an empty object', '{}'],
    ['not UTF-8', Uint8Array.of(...utf8(good.slice(0, -1)), 0xff)],
    ['a byte order mark', `\ufeff${good}`],
    ['white space outside', `${good} `],
    ['white space inside', good.replace('[["/"', '[ ["/"')],
    ['white space in a document', documentOf('[1, 2]')],
    ['something behind', `${good}1`],
    ['a string without end', '{"seq":1,"lo":"'],
    ['another order', `{${RANGE},"seq":1,${LOG},"items":[]}`],
    ['an unknown member', good.replace('"items"', '"extra":1,"items"')],
    ['a missing member', good.replace('"ids":"",', '')],
    ['a member twice', good.replace('"seq":1', '"seq":1,"seq":1')],
    ['a name twice in a document', documentOf('{"a":1,"a":2}')],
    ['a name twice, spelled differently', documentOf('{"a":1,"\\u0061":2}')],
    ['__proto__ twice', documentOf('{"__proto__":1,"__proto__":2}')],
    ['another spelling of a number', good.replace('"seq":1', '"seq":1.0')],
    ['another spelling of a name', good.replace('"a"', '"\\u0061"')],
    ['a counter of zero', good.replace('"seq":1', '"seq":0')],
    ['a counter beyond safe integers', good.replace('"seq":1', '"seq":9007199254740993')],
    ['a counter that is text', good.replace('"seq":1', '"seq":"1"')],
    ['a log of another write', good.replace('"seq":1', '"seq":2')],
    ['a range without end that has a neighbour', good.replace('"next":null', `"next":"${rightId}"`)],
    ['a range with an end and no neighbour', good.replace('"hi":null', `"hi":"${MIDDLE}"`)],
    ['its own neighbour', good.replace('"hi":null,"next":null', `"hi":"${MIDDLE}","next":"0"`)],
    ['an empty range', good.replace('"hi":null,"next":null', `"hi":"${FIRST_KEY}","next":"${rightId}"`)],
    ['a range that begins elsewhere', good.replace(FIRST_KEY, MIDDLE)],
    ['a range in upper case', good.replace('"hi":null,"next":null', `"hi":"${'F'.repeat(32)}","next":"${rightId}"`)],
    ['a neighbour that is none', good.replace('"hi":null,"next":null', `"hi":"${MIDDLE}","next":"short"`)],
    ['items that are no array', bodyWith('{}')],
    ['a directory that is no array', bodyWith('[null]')],
    ['a directory that is a number', bodyWith('[[5,[["a",1,5]]]]')],
    ['a directory that is none', bodyWith('[["/a",[["a",1,5]]]]')],
    ['a directory with an empty segment', bodyWith('[["//",[["a",1,5]]]]')],
    ['a directory twice', bodyWith('[["/",[["a",1,5]]],["/",[["b",1,5]]]]')],
    ['a directory without items', bodyWith('[["/",[]]]')],
    ['a directory with more', bodyWith('[["/",[["a",1,5]],1]]')],
    ['an item twice', bodyWith('[["/",[["a",1,5],["a",1,6]]]]')],
    ['an item that is null', bodyWith('[["/",[null]]]')],
    ['an item whose name is a number', bodyWith('[["/",[[5,1,5]]]]')],
    ['an item that is an object', bodyWith('[["/",[{"0":"a","1":1,"2":5}]]]')],
    ['an item with less', bodyWith('[["/",[["a"]]]]')],
    ['a document without a value', bodyWith('[["/",[["ab",1]]]]')],
    ['a document that is null', documentOf('null')],
    ['a marker with a value', bodyWith('[["/",[["a/",1,5]]]]')],
    ['an empty name', bodyWith('[["/",[["",1,5]]]]')],
    ['a marker without a name', bodyWith('[["/",[["/",1]]]]')],
    ['a name with a slash', bodyWith('[["/",[["a/b",1,5]]]]')],
    ['a name with NUL', bodyWith('[["/",[["a\\u0000",1,5]]]]')],
    ['a name that is ".."', bodyWith('[["/",[["..",1,5]]]]')],
    ['a name with a lone surrogate', bodyWith('[["/",[["\\ud800",1,5]]]]')],
    ['a path that is too long', bodyWith(`[["/${'d'.repeat(600)}/",[["${'n'.repeat(500)}",1,5]]]]`)],
    ['an item newer than the file', bodyWith('[["/",[["a",2,5]]]]')],
    ['an item of write zero', bodyWith('[["/",[["a",0,5]]]]')],
    ...['', 'a', '/', '/a/', '/a//b', '/../a', '/\\u0000', '/\\ud800', `/${'x'.repeat(1024)}`].map(
      (path): [string, string] => [
        `a removed "${path.slice(0, 9)}", no path`,
        good.replace('[],1]]', `["${path}"],1]]`),
      ],
    ),
    ['a log entry with more', good.replace('[],1]]', '[],1,1]]')],
    ['a log entry nested like items', good.replace('[],1]]', '[[["a",1,5]]],1]]')],
  ])('is refused: %s', async (_name, json) => {
    expect(await outcomeOf(decodeBody(json))).toBe('ERR_CORRUPT')
  })

  it('is refused with an item that has more, before anything is made of it', async () => {
    const read = decodeBody(bodyWith('[["/",[["a",1,5,6]]]]'))
    await expect(read).rejects.toMatchObject({ code: 'ERR_CORRUPT', message: expect.stringContaining('an item in it') })
  })

  it('may hold a path of 1,024 bytes, of one byte each or of more', async () => {
    for (const name of ['n'.repeat(1_023), 'é'.repeat(511)]) {
      const state = await decodeBody(bodyWith(`[["/",[["${name}",1,5]]]]`))
      expect(state.directories.get('/')?.has(name)).toBe(true)
    }
    expect(await outcomeOf(decodeBody(bodyWith(`[["/",[["${'é'.repeat(512)}",1,5]]]]`)))).toBe('ERR_CORRUPT')
  })

  it('is refused when a shard other than the first is its own neighbour', async () => {
    const inTheMiddle = (next: string): string => {
      const range = `"lo":"${MIDDLE}","hi":"${'f'.repeat(32)}","next":"${next}"`
      return good.replace(RANGE, range)
    }
    expect(await outcomeOf(decodeBody(inTheMiddle(rightId), otherId))).toBe('opened')
    expect(await outcomeOf(decodeBody(inTheMiddle(otherId), otherId))).toBe('ERR_CORRUPT')
  })

  it('is refused in the place of a shard that begins elsewhere', async () => {
    expect(await outcomeOf(decodeBody(good, otherId))).toBe('ERR_CORRUPT')
  })

  it('does not show in the error', async () => {
    const error: unknown = await decodeBody(bodyWith('[["/s3cret/",[["s3cret",1,s3cret]]]]')).catch(
      (thrown: unknown) => thrown,
    )
    for (let at = error; at instanceof Error; at = at.cause) expect(String(at)).not.toContain('s3cret')
    expect(await outcomeOf(Promise.reject(error))).toBe('ERR_CORRUPT')
  })
})

describe('a routing key', () => {
  it('is 32 hexadecimal digits, and no array of them', () => {
    expect(isRoutingKey(MIDDLE)).toBe(true)
    for (const other of [`${MIDDLE}0`, `x${MIDDLE}`, [MIDDLE], null]) expect(isRoutingKey(other)).toBe(false)
  })
})

describe('the writer', () => {
  it.each<[string, Partial<ShardState>]>([
    ['a counter that the log does not reach', { seq: 2 }],
    ['a range without a neighbour', { hi: MIDDLE }],
    ['a directory without items', { directories: new Map([['/a/', new Map()]]) }],
  ])('refuses to write what no reader would take: %s', async (_name, over) => {
    await expect(encodeShardFile(context, '0', shard({}, over))).rejects.toThrow()
  })

  it('needs a key', async () => {
    await expect(encodeShardFile({ ...context, keys: [] }, '0', shard({}))).rejects.toThrow(RangeError)
  })
})
