import { isUtf8 } from 'node:buffer'
import {
  fromBase64Url,
  fromHex,
  fromUtf8,
  isBase64Url,
  toBase64Url,
  toHex,
  utf8,
  utf8Length,
} from '../../../../core/src/bytes.ts'
import { encodePassword } from '../../../../core/src/crypto/kdf.ts'
import { StoredDocument } from '../../../../core/src/format/document.ts'
import { emptyLog } from '../../../../core/src/format/sequence-log.ts'
import {
  depthOf,
  isDirectoryPath,
  isDocumentName,
  joinPath,
  markedDirectories,
  markerOf,
  parentOf,
  parseDirectoryPath,
  parseDocumentPath,
} from '../../../../core/src/path/path.ts'
import { WitnessBook } from '../../../../core/src/vault/witness.ts'
import type { WitnessRecord } from '../../../../core/src/vault/witness-record.ts'
import { mutateBytes, oddText } from '../../../src/fuzz/byte-mutations.ts'
import { readStrictly, spelledValue } from '../../../src/fuzz/strict-json.ts'
import { type FuzzTarget, promise } from '../../../src/fuzz/target.ts'
import type { SeededRandom } from '../../../src/seeded-random.ts'
import { isB64, isDirectory, isDocumentPath, isSegment, isWellFormed } from '../format-rules.ts'
import { exactly } from './exactly.ts'
import { jsonNear, refusal, textFrom } from './files.ts'

/** Any text, lone surrogates included, as UTF-16 bytes. */
const toUtf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'))
const fromUtf16 = (input: Uint8Array): string => Buffer.from(input).toString('utf16le')

const SURROGATES = ['\ud800', '\udc00', '\udbff\udfff', '\ud83e\udd8a', '\udc00\ud800']

function text(random: SeededRandom, examples: readonly string[]): Uint8Array {
  const example = random.pick(examples)
  const at = random.below(example.length + 1)
  const inserted = random.below(4) === 0 ? random.pick(SURROGATES) : oddText(random, 4)
  const changed = toUtf16(example.slice(0, at) + inserted + example.slice(at + random.below(3)))
  return random.below(4) === 0 ? mutateBytes(random, changed, examples.map(toUtf16)) : changed
}

const PATHS = [
  '/',
  '/bob/notes',
  '/bob/pictures/header',
  '/a/../b',
  '/a/./b',
  '/a//b',
  '/%2F/%',
  `/${'x'.repeat(1023)}`,
  `/${'é'.repeat(511)}/`,
  `${'/a'.repeat(512)}`,
  '',
  'a',
]

const isOk = (parse: () => unknown): boolean => {
  try {
    parse()
    return true
  } catch (error) {
    refusal(error, ['ERR_INVALID_PATH'])
    return false
  }
}

function checkDirectory(directory: string): void {
  const above = markedDirectories(directory)
  promise(depthOf(directory) === above.length, 'a directory is counted deeper than it is')
  for (const each of above) {
    const marker = markerOf(each)
    promise(marker.directory + marker.name === each && parentOf(each) === marker.directory, 'a marker is misplaced')
  }
}

function checkJoined(one: string, other: string): void {
  const join = (segment: string): string | null => {
    let path: string | null = null
    isOk(() => {
      path = joinPath('/d/', segment)
    })
    return path
  }
  const [first, second] = [join(one), join(other)]
  promise(first !== null && second !== null, 'a text cannot be made a path')
  promise((first === second) === (one === other), 'two texts become one path, or one text two')
  promise(parseDocumentPath(first).directory === '/d/' && isDocumentPath(first), 'a text leaves its directory')
}

const paths: FuzzTarget = {
  name: 'path',
  weight: 12,
  generate: (random) => text(random, PATHS),
  judge: (input) => {
    const path = fromUtf16(input)
    const isDocument = isOk(() => parseDocumentPath(path))
    promise(isDocument === isDocumentPath(path), `a document path: ${isDocument} here, not so in docs/format.md`)
    const isFolder = isOk(() => parseDirectoryPath(path))
    const shouldBe = isDirectory(path) && utf8Length(path) <= 1024
    promise(isFolder === shouldBe && isFolder === isDirectoryPath(path), 'a directory path is judged wrong')
    const isName = isDocumentName(path)
    promise(isName === (isSegment(path) && utf8Length(path) < 1024), 'a name is judged wrong')
    if (isFolder) checkDirectory(path)
    checkJoined(path, path.slice(1))
    checkJoined(path.slice(0, path.length >> 1), path.slice(path.length >> 1))
    return isDocument ? 'document path' : isFolder ? 'directory path' : 'ERR_INVALID_PATH'
  },
}

const ENCODED = [
  '',
  'AA',
  'AQ',
  'AAA',
  'AAE',
  'AAAA',
  '-_-_',
  'AAECAwQFBgc',
  'AAECAwQFBgcICQoLDA0ODw',
  '00ff',
  'deadbeef',
]

const codecs: FuzzTarget = {
  name: 'codecs',
  weight: 12,
  generate: (random) => (random.below(4) === 0 ? random.bytes(random.below(24)) : text(random, ENCODED)),
  judge: (input) => {
    const coded = fromUtf16(input)
    const bytes = new Uint8Array(Buffer.from(coded, 'base64url'))
    const isCanonical = isB64(coded, bytes.length)
    promise(isBase64Url(coded, bytes.length) === isCanonical, 'base64url is judged wrong')
    promise(!isBase64Url(coded, bytes.length + 1), 'base64url of another length is taken')
    promise(
      refusesOnly(RangeError, () => fromBase64Url(coded)) === isCanonical,
      'base64url is taken or refused wrongly',
    )
    if (isCanonical) promise(toHex(fromBase64Url(coded)) === toHex(bytes), 'base64url is decoded wrong')
    const isHex = refusesOnly(RangeError, () => fromHex(coded))
    promise(isHex === /^([0-9a-f][0-9a-f])*$/.test(coded), 'hexadecimal digits are judged wrong')
    if (isHex) promise(toHex(fromHex(coded)) === coded, 'hexadecimal digits do not come back')
    promise(utf8Length(coded) === Buffer.byteLength(coded), 'the length in UTF-8 is counted wrong')
    promise(toHex(fromBase64Url(toBase64Url(input), input.length)) === toHex(input), 'bytes do not come back')
    const isText = refusesOnly(TypeError, () => fromUtf8(input))
    promise(isText === isUtf8(input), 'UTF-8 is judged wrong')
    if (isText) promise(toHex(utf8(fromUtf8(input))) === toHex(input), 'text in UTF-8 does not come back')
    return `${isCanonical ? 'base64url' : 'no base64url'}, ${isText ? 'UTF-8' : 'no UTF-8'}`
  },
}

/** Whether it succeeds; whatever else than `type` it throws goes on. */
function refusesOnly(type: new () => Error, decode: () => unknown): boolean {
  try {
    decode()
    return true
  } catch (error) {
    if (!(error instanceof type)) throw error
    return false
  }
}

const passwords: FuzzTarget = {
  name: 'password',
  weight: 4,
  generate: (random) => text(random, ['', 'correct horse', 'ﬁ', 'é', 'x'.repeat(1024), '\ufdfa'.repeat(57)]),
  judge: (input) => {
    const password = fromUtf16(input)
    const canonical = Buffer.from(password.normalize('NFKD'))
    const isFit = password !== '' && isWellFormed(password) && canonical.length <= 1024
    let bytes: Uint8Array | null = null
    const isTaken = refusesOnly(RangeError, () => {
      bytes = encodePassword(password)
    })
    promise(isTaken === isFit, 'a password is judged wrong')
    promise(bytes === null || canonical.equals(bytes), 'a password is encoded wrong')
    return isTaken ? 'accepted' : 'refused'
  },
}

const MAX_DOCUMENT_BYTES = 2_000

/** Things that JSON cannot hold, by the name of a text that stands for each of them. */
const UNSTORABLE: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['undefined', () => undefined],
  ['NaN', () => Number.NaN],
  ['bigint', () => 1n],
  ['symbol', () => Symbol('s')],
  ['function', () => () => 1],
  ['Date', () => new Date(0)],
  ['Map', () => new Map()],
  ['bytes', () => new Uint8Array(2)],
  ['hole', () => new Array(1)],
  ['cycle', cycle],
])

function cycle(): unknown {
  const array: unknown[] = []
  array.push([array])
  return array
}

const DOCUMENTS = [
  '{"user":"bob","password":"correct horse","n":[1,-0,0.5,null,true]}',
  '["undefined",{"a":"undefined"},"NaN"]',
  '{"a":"cycle","b":["hole"],"c":{"d":"bigint"}}',
  `"${'é'.repeat(990)}"`,
  `${'['.repeat(99)}1${']'.repeat(99)}`,
]

const documents: FuzzTarget = {
  name: 'document',
  weight: 12,
  generate: (random) => jsonNear(random, DOCUMENTS, DOCUMENTS.map(utf8)),
  judge: (input) => {
    let isStorable = true
    let value: unknown = textFrom(input) ?? 'bytes'
    try {
      value = JSON.parse(value as string, (_name, part: unknown) => {
        const make = typeof part === 'string' ? UNSTORABLE.get(part) : undefined
        if (make === undefined) return part
        isStorable = false
        // A reviver's undefined would take the member away.
        return make() ?? part
      })
    } catch {
      // Any text is a document, too.
    }
    let document: StoredDocument
    try {
      document = StoredDocument.fromValue(value, MAX_DOCUMENT_BYTES)
    } catch (error) {
      if (!(error instanceof TypeError)) return refusal(error, ['ERR_TOO_LARGE'])
      promise(error.message.startsWith('A document '), `a TypeError that is not about the document: ${error.message}`)
      promise(!isStorable || !isJson(value, 100), 'a document is refused that can be stored')
      return 'TypeError'
    }
    promise(exactly(document.toValue()) === exactly(value), 'a document does not come back')
    const spelled = readStrictly(document.text, 100)
    promise(exactly(spelledValue(spelled)) === exactly(value), 'a document is written down as another')
    promise(document.byteLength === Buffer.byteLength(document.text), 'the length of a document is counted wrong')
    promise(document.byteLength <= MAX_DOCUMENT_BYTES, 'a document is larger than allowed')
    promise(StoredDocument.fromValue(document.toValue(), MAX_DOCUMENT_BYTES).equals(document), 'a document changes')
    return 'accepted'
  },
}

/** Whether a value from `JSON.parse` is a document: not null, every number finite, not too deep. */
function isJson(value: unknown, depth: number, isInside = false): boolean {
  if (value === null) return isInside
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return true
  return depth > 0 && Object.values(value).every((part) => isJson(part, depth - 1, true))
}

const HASH = 'A'.repeat(43)
const WITNESSES = [
  `{"vault":"AAECAwQFBgcICQoLDA0ODw","files":{"vault":{"seq":3,"hash":"${HASH}"},"shards/0":{"seq":1,"hash":"${HASH}"}}}`,
  `{"vault":"AAECAwQFBgcICQoLDA0ODw","files":{"vault":{"seq":4,"hash":"${'B'.repeat(42)}A"}}}`,
  '{"vault":"AAECAwQFBgcICQoLDA0ODw","files":{}}',
  'null',
]

function isRecord(value: unknown): value is WitnessRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { vault, files } = value as { vault?: unknown; files?: unknown }
  if (!isB64(vault, 16) || typeof files !== 'object' || files === null || Array.isArray(files)) return false
  return Object.values(files).every((seen: unknown) => {
    const { seq, hash } = (seen ?? {}) as { seq?: unknown; hash?: unknown }
    return Number.isSafeInteger(seq) && (seq as number) >= 1 && isB64(hash, 32)
  })
}

const witnesses: FuzzTarget = {
  name: 'witness',
  weight: 8,
  generate: (random) => jsonNear(random, WITNESSES, WITNESSES.map(utf8)),
  judge: async (input) => {
    let record: unknown
    try {
      record = JSON.parse(textFrom(input) ?? '')
    } catch {
      return 'no JSON'
    }
    let book: WitnessBook
    try {
      book = await WitnessBook.load({ load: async () => record as WitnessRecord, save: async () => undefined })
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      promise(error.message.includes('witness'), `a TypeError that is not about the witness: ${error.message}`)
      promise(record !== null && !isRecord(record), 'a witness record is refused that is one')
      return 'TypeError'
    }
    promise(record === null || isRecord(record), 'a witness record is taken that is none')
    promise(book.hasSeen === (record !== null), 'what was seen is forgotten')
    const entry = { seq: 4, writeId: 'AAAAAAAAAAA', base: 'AAAAAAAAAAA', removed: [], timeMs: 0 }
    const sighting = { seq: 4, hash: new Uint8Array(32), log: { ...emptyLog, entries: [entry] } }
    try {
      book.pin('AAECAwQFBgcICQoLDA0ODw')
      for (const file of ['vault', '__proto__']) book.judge(file, sighting, book.recall(file))
    } catch (error) {
      return refusal(error, ['ERR_ROLLBACK', 'ERR_FORK'])
    }
    return 'accepted'
  },
}

/** Everything that a program hands to the core as text or values. */
export function textTargets(): FuzzTarget[] {
  return [paths, codecs, passwords, documents, witnesses]
}
