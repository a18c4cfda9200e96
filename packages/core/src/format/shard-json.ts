import { utf8Length } from '../bytes.ts'
import { FIRST_KEY } from '../crypto/router.ts'
import { isDirectoryPath, isDocumentName, MAX_PATH_BYTES } from '../path/path.ts'
import { StoredDocument } from './document.ts'
import { demand } from './format-error.ts'
import type { ParsedJson } from './json.ts'
import { checkLog, LOG_SHAPES, type LogJson, logFromJson, logToJson } from './log-json.ts'
import type { DirectoryItems, Item, ShardState } from './model.ts'
import { base64, count, demandMembers, type Shape } from './shape.ts'

/** Nesting at which a body has its items, whose third element is the document. */
export const DOCUMENT_HOLDER_DEPTH = 5

const SHARD_ID_BYTES = 16
/** Id of the first shard; all others are drawn at random. */
export const FIRST_SHARD = '0'
/** Names that need no closer look: most do not. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@:%-]*$/
const ROUTING_KEY = /^[0-9a-f]{32}$/

const isRandomId = base64(SHARD_ID_BYTES)

/** Whether `id` is the first shard's or one that was drawn at random. */
export function isShardId(id: unknown): id is string {
  return id === FIRST_SHARD || isRandomId(id)
}

/** Whether `key` is a routing key: 32 lower-case hexadecimal digits. */
export function isRoutingKey(key: unknown): key is string {
  return typeof key === 'string' && ROUTING_KEY.test(key)
}

/** The body as it is parsed, its items apart. */
type HeadJson = LogJson & Pick<ShardState, 'seq' | 'lo' | 'hi' | 'next'>

/** The members in the order of the format; behind them come the items. */
const SHAPES: { readonly [Name in keyof HeadJson]: Shape<HeadJson[Name]> } = {
  seq: count(1),
  lo: isRoutingKey,
  hi: (value) => value === null || isRoutingKey(value),
  next: (value) => value === null || isRandomId(value),
  ...LOG_SHAPES,
}

const isCount = count(1)

function itemJson({ name, seq, document }: Item): string {
  return `[${JSON.stringify(name)},${seq}${document === null ? '' : `,${document.text}`}]`
}

function itemsJson(directories: ShardState['directories']): string {
  let text = '['
  for (const [directory, items] of directories) {
    if (items.size === 0) throw new RangeError('A shard holds no directory without items.')
    text += `${text === '[' ? '' : ','}[${JSON.stringify(directory)},[`
    let separator = ''
    for (const item of items.values()) {
      text += separator + itemJson(item)
      separator = ','
    }
    text += ']]'
  }
  return `${text}]`
}

function bodyJson(state: ShardState): string {
  const head = JSON.stringify({ ...state, ...logToJson(state.log) }, Object.keys(SHAPES))
  return `${head.slice(0, -1)},"items":${itemsJson(state.directories)}}`
}

/** What must hold of a shard beside its items, both before it is written and when it is read. */
function checkShard(id: string, { seq, lo, hi, next, log }: ShardState): void {
  const isFirst = (id === FIRST_SHARD) === (lo === FIRST_KEY)
  const hasEnd = hi === null ? next === null : lo < hi && next !== null && next !== id
  demand(isFirst && hasEnd, 'its range is malformed')
  checkLog(seq, log)
}

/** The body of a shard's file. */
export function shardToJson(id: string, state: ShardState): string {
  checkShard(id, state)
  return bodyJson(state)
}

/** Hands out the texts of the documents in the order in which they stand in the body. */
function createDocumentReader({ text, thirds }: ParsedJson): (value: unknown) => StoredDocument {
  let next = 0
  return (value) => {
    demand(value !== null, 'a document in it is null')
    // A slice shares the memory of the body's text, so that a shard costs little more than its own length.
    const document = StoredDocument.fromText(text.slice(thirds[next], thirds[next + 1]))
    next += 2
    return document
  }
}

function toDirectory(
  value: unknown,
  seq: number,
  readDocument: (value: unknown) => StoredDocument,
): [string, DirectoryItems] {
  const [directory, list]: readonly unknown[] = Array.isArray(value) ? value : []
  demand(
    typeof directory === 'string' && isDirectoryPath(directory) && Array.isArray(list) && list.length > 0,
    'a directory in it is malformed',
  )
  const maxNameBytes = MAX_PATH_BYTES - utf8Length(directory)
  const items = new Map<string, Item>()
  for (const entry of list as readonly unknown[]) {
    demand(Array.isArray(entry) && (entry.length === 2 || entry.length === 3), 'an item in it is malformed')
    const [name, itemSeq, document] = entry as readonly unknown[]
    const isMarker = entry.length === 2
    demand(
      typeof name === 'string' && name.endsWith('/') === isMarker && !items.has(name),
      'an item in it is malformed',
    )
    const segment = isMarker ? name.slice(0, -1) : name
    const isShort = 3 * name.length <= maxNameBytes || utf8Length(name) <= maxNameBytes
    demand(isShort && (PLAIN_NAME.test(segment) || isDocumentName(segment)), 'a name in it is malformed')
    demand(isCount(itemSeq) && itemSeq <= seq, 'an item in it is newer than the file')
    items.set(name, { name, seq: itemSeq, document: isMarker ? null : readDocument(document) })
  }
  return [directory, items]
}

/** The state in the body of shard `id`. Throws a `FormatError`. */
export function shardFromJson(id: string, parsed: ParsedJson): ShardState {
  const { value, text } = parsed
  const { seq, lo, hi, next, log, ids } = demandMembers(value, SHAPES)
  const { items } = value as { readonly items?: unknown }
  demand(Array.isArray(items), 'its content is malformed')
  const readDocument = createDocumentReader(parsed)
  const directories = new Map(items.map((group: unknown) => toDirectory(group, seq, readDocument)))
  const state: ShardState = { seq, lo, hi, next, log: logFromJson({ log, ids }), directories }
  checkShard(id, state)
  // One spelling only: known members in their order, no directory twice, numbers and text as this code would write them.
  demand(bodyJson(state) === text, 'its content is not spelled as the format demands')
  return state
}

/** UTF-8 bytes of an item's JSON. */
export function itemByteLength({ name, seq, document }: Item): number {
  const value = document === null ? 0 : 1 + document.byteLength
  return utf8Length(JSON.stringify(name)) + String(seq).length + value + '[,]'.length
}

const directoryLengths = new WeakMap<DirectoryItems, number>()

/** UTF-8 bytes of a directory's items, with the commas between them; kept, because most directories outlive many states. */
function directoryByteLength(items: DirectoryItems): number {
  const known = directoryLengths.get(items)
  if (known !== undefined) return known
  let length = items.size - 1
  for (const item of items.values()) length += itemByteLength(item)
  directoryLengths.set(items, length)
  return length
}

/** UTF-8 bytes of a shard's items as they stand in its body, brackets included. */
export function itemsByteLength(state: Pick<ShardState, 'directories'>): number {
  const { directories } = state
  let length = '[]'.length + Math.max(0, directories.size - 1)
  for (const [directory, items] of directories) {
    length += utf8Length(JSON.stringify(directory)) + '[,[]]'.length + directoryByteLength(items)
  }
  return length
}
