import { isShortest, readStrictly, type Spelled, spelledValue } from '../../src/fuzz/strict-json.ts'

/**
 * What docs/format.md demands of the JSON in files, written down a second time and independently: a text that the engine
 * takes keeps these rules, and one that it refuses breaks one.
 */

/** The verdict of a reader. */
export type Verdict = 'accepted' | 'ERR_CORRUPT' | 'ERR_UNSUPPORTED'

class Broken extends Error {}

function rule(condition: boolean): asserts condition {
  if (!condition) throw new Broken()
}

export const isB64 = (value: unknown, length: number): value is string =>
  typeof value === 'string' &&
  /^[A-Za-z0-9_-]*$/.test(value) &&
  Buffer.from(value, 'base64url').length === length &&
  Buffer.from(value, 'base64url').toString('base64url') === value

const isInteger = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least && !Object.is(value, -0)

const bytesOf = (text: string): number => Buffer.byteLength(text)

/** The members of an object that has exactly these names in this order. */
function members<const Name extends string>(node: Spelled, names: readonly Name[]): Readonly<Record<Name, Spelled>> {
  rule(node.kind === 'object' && node.members.length === names.length)
  rule(node.members.every(([name], index) => name === JSON.stringify(names[index])))
  return Object.fromEntries(node.members.map(([name, value]) => [JSON.parse(name), value])) as Record<Name, Spelled>
}

function items(node: Spelled, length?: number): readonly Spelled[] {
  rule(node.kind === 'array' && (length === undefined || node.items.length === length))
  return node.items
}

function string(node: Spelled): string {
  rule(node.kind === 'string' && isShortest(node))
  return node.value as string
}

function integer(node: Spelled, least: number): number {
  rule(node.kind === 'number' && isInteger(node.value, least) && isShortest(node))
  return node.value as number
}

/** Without lone surrogates. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

export function isSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\0]/.test(text) && isWellFormed(text)
}

export function isDirectory(path: string): boolean {
  return path === '/' || (path.startsWith('/') && path.endsWith('/') && path.slice(1, -1).split('/').every(isSegment))
}

export function isDocumentPath(path: string): boolean {
  const cut = path.lastIndexOf('/') + 1
  return cut > 0 && isDirectory(path.slice(0, cut)) && isSegment(path.slice(cut)) && bytesOf(path) <= 1024
}

function checkLog(log: Spelled, ids: Spelled, seq: number, mayRemove: boolean): void {
  const entries = items(log)
  const older = string(ids)
  const idBytes = Buffer.from(older, 'base64url').length
  rule(isB64(older, idBytes) && idBytes % 8 === 0)
  const [n, k] = [entries.length, idBytes / 8]
  rule(n >= Math.min(seq, 16) && n + k >= Math.min(seq, 80) && n + k <= seq && n <= 64 && k <= 256)
  for (const [index, entry] of entries.entries()) {
    const [at, id, base, removed, time] = items(entry, 5) as [Spelled, Spelled, Spelled, Spelled, Spelled]
    rule(integer(at, 1) === seq - n + 1 + index && isB64(string(id), 8) && isB64(string(base), 8))
    integer(time, 0)
    if (removed.kind === 'number') {
      rule(removed.text === '0' && mayRemove)
      continue
    }
    const paths = items(removed).map(string)
    rule(paths.length <= (mayRemove ? 64 : 0) && paths.every(isDocumentPath))
    rule(bytesOf(paths.join('')) <= 4096)
  }
}

function checkShard(id: string, node: Spelled): void {
  const body = members(node, ['seq', 'lo', 'hi', 'next', 'log', 'ids', 'items'])
  const seq = integer(body.seq, 1)
  const lo = string(body.lo)
  const hi = body.hi.kind === 'constant' ? body.hi.value : string(body.hi)
  const next = body.next.kind === 'constant' ? body.next.value : string(body.next)
  const isKey = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
  rule(isKey(lo) && (lo === '0'.repeat(32)) === (id === '0'))
  rule(hi === null || (isKey(hi) && lo < (hi as string)))
  rule(next === null ? hi === null : hi !== null && isB64(next, 16) && next !== id)
  checkLog(body.log, body.ids, seq, true)
  const directories = items(body.items).map((group) => {
    const [name, list] = items(group, 2) as [Spelled, Spelled]
    const directory = string(name)
    rule(isDirectory(directory) && items(list).length > 0)
    const names = items(list).map((item) => checkItem(directory, seq, item))
    rule(isDistinct(names))
    return directory
  })
  rule(isDistinct(directories))
}

function checkItem(directory: string, seq: number, node: Spelled): string {
  const parts = items(node)
  rule(parts.length === 2 || parts.length === 3)
  const [nameNode, seqNode, document] = parts as [Spelled, Spelled, Spelled | undefined]
  const name = string(nameNode)
  rule(integer(seqNode, 1) <= seq && bytesOf(directory + name) <= 1024)
  if (document === undefined) rule(name.endsWith('/') && isSegment(name.slice(0, -1)))
  else rule(isSegment(name) && !(document.kind === 'constant' && document.value === null))
  return name
}

/** The verdict on the JSON of shard `id`. */
export function judgeShardJson(id: string, text: string): Verdict {
  return verdict(() => {
    checkShard(id, readStrictly(text, 128))
    return 'accepted'
  })
}

function isFeatureList(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= 64 &&
    isDistinct(value) &&
    value.every((each) => typeof each === 'string' && /^[a-z0-9-]{1,64}$/.test(each))
  )
}

const ROOT_MEMBERS = [
  'seq',
  'log',
  'ids',
  'pending',
  'routingKey',
  'keys',
  'map',
  'slotNames',
  'critical',
  'ignorable',
  'shardBytes',
  'compression',
  'maxDocumentBytes',
] as const

function checkRoot(node: Spelled): void {
  const body = members(node, ROOT_MEMBERS)
  const pairs = (list: Spelled): [string, string][] =>
    items(list).map((pair) => items(pair, 2).map(string) as [string, string])
  const seq = integer(body.seq, 1)
  checkLog(body.log, body.ids, seq, false)
  rule(body.pending.kind === 'constant' && (body.pending.value === false || (body.pending.value === true && seq === 1)))
  rule(isB64(string(body.routingKey), 32))
  const keys = pairs(body.keys)
  rule(keys.length >= 1 && keys.length <= 256 && keys.every(([id, key]) => isB64(id, 8) && isB64(key, 32)))
  rule(isDistinct(keys.map(([id]) => id)))
  const map = pairs(body.map)
  rule(map[0]?.[0] === '0'.repeat(32) && map[0][1] === '0' && isDistinct(map.map(([, shard]) => shard)))
  rule(map.every(([lo, shard]) => /^[0-9a-f]{32}$/.test(lo) && (shard === '0' || isB64(shard, 16))))
  rule(map.every(([lo], index) => index === 0 || lo > (map[index - 1] as [string, string])[0]))
  const names = pairs(body.slotNames)
  rule(names.length <= 16 && isDistinct(names.map(([id]) => id)))
  rule(names.every(([id, name]) => isB64(id, 8) && name.length <= 256))
  rule(isFeatureList(spelledValue(body.ignorable)) && isShortest(body.ignorable) && isShortest(body.critical))
  const [shardBytes, maxDocumentBytes] = [integer(body.shardBytes, 1024), integer(body.maxDocumentBytes, 1024)]
  rule(shardBytes <= 16_777_216 && maxDocumentBytes <= 33_554_432)
  rule(['none', 'deflate'].includes(string(body.compression)))
}

/** The verdict on the JSON of a root file. */
export function judgeRootJson(text: string): Verdict {
  return verdict(() => {
    const node = readStrictly(text, 128)
    rule(node.kind === 'object')
    const named = node.members.find(([name]) => JSON.parse(name) === 'critical')?.[1]
    const critical = named === undefined ? undefined : spelledValue(named)
    rule(isFeatureList(critical))
    if (critical.length > 0) return 'ERR_UNSUPPORTED'
    checkRoot(node)
    return 'accepted'
  })
}

const KDF_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  argon2id: ['m', 't', 'p'],
  scrypt: ['N', 'r', 'p'],
  'pbkdf2-sha256': ['c'],
}

/** The id of a slot, after checking it. */
function checkSlot(node: Spelled): string {
  rule(node.kind === 'object')
  const slot = spelledValue(node) as Readonly<Record<string, unknown>>
  const kdf = slot.kdf as Readonly<Record<string, unknown>> | undefined
  const isKnown = slot.kind === 'key' || (slot.kind === 'password' && Object.hasOwn(KDF_NUMBERS, String(kdf?.name)))
  if (!isKnown) {
    rule(typeof slot.kind === 'string' && isB64(slot.id, 8))
    rule(slot.kind !== 'password' || (typeof kdf === 'object' && typeof kdf?.name === 'string'))
    // Kept byte for byte: a reader that writes it again must find the same spelling.
    rule(JSON.stringify(slot) === spelling(node))
    return slot.id
  }
  const known = slot.kind === 'key' ? (['id', 'kind', 'wrap'] as const) : (['id', 'kind', 'kdf', 'wrap'] as const)
  const parts = members(node, known) as Readonly<Record<string, Spelled>>
  rule(isB64(slot.id, 8) && isB64(slot.wrap, 112) && isShortest(node))
  if (slot.kind === 'password') {
    const numbers = KDF_NUMBERS[String(kdf?.name)] as readonly string[]
    members(parts.kdf as Spelled, ['name', ...numbers, 'salt'])
    rule(numbers.every((name) => isInteger(kdf?.[name], 1)) && isB64(kdf?.salt, 16))
  }
  return slot.id
}

function spelling(node: Spelled): string {
  if (node.kind === 'array') return `[${node.items.map(spelling).join(',')}]`
  if (node.kind === 'object') return `{${node.members.map(([name, value]) => `${name}:${spelling(value)}`).join(',')}}`
  return node.text
}

/** The verdict on the header of a root file, as JSON without the line feed at its end. */
export function judgeRootHeader(text: string): Verdict {
  return verdict(() => {
    const node = readStrictly(text, 8)
    rule(node.kind === 'object')
    const { format, version } = spelledValue(node) as Readonly<Record<string, unknown>>
    rule(format === 'vaultdb' && isInteger(version, 1))
    if (version !== 1) return 'ERR_UNSUPPORTED'
    const header = members(node, ['format', 'version', 'role', 'vault', 'file', 'key', 'slots'])
    rule(integer(header.version, 1) === 1 && string(header.format) === 'vaultdb' && string(header.role) === 'root')
    rule(isB64(string(header.vault), 16) && string(header.file) === 'vault' && isB64(string(header.key), 8))
    const ids = items(header.slots).map(checkSlot)
    rule(ids.length >= 1 && ids.length <= 16 && isDistinct(ids))
    return 'accepted'
  })
}

function verdict(check: () => Verdict): Verdict {
  try {
    return check()
  } catch (error) {
    if (error instanceof Broken || (error instanceof Error && error.name === 'SpellingError')) return 'ERR_CORRUPT'
    throw error
  }
}
