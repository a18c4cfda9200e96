import { fromBase64Url, isBase64Url, toBase64Url } from '../bytes.ts'
import { FIRST_KEY } from '../crypto/router.ts'
import { demand, unsupportedFile } from './format-error.ts'
import { ROOT_FILE } from './header.ts'
import { isMembers, type ParsedJson } from './json.ts'
import { DOCUMENT_BYTES, MAX_SLOTS, SHARD_BYTES } from './limits.ts'
import { checkLog, isCount, logFromJson, logToJson } from './log-json.ts'
import type { RootConfig, ShardKey } from './model.ts'
import { isRoutingKey, isShardId } from './shard-json.ts'

const KEY_BYTES = 32
const ID_BYTES = 8
/** Shard keys that a vault holds at most. */
const MAX_KEYS = 256
const MAX_FEATURES = 64
const FEATURE = /^[a-z0-9-]{1,64}$/
const MAX_SLOT_NAME_LENGTH = 256

/** Critical features that this version knows: none yet. */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set()

function bodyJson(config: RootConfig): string {
  const keys = config.keys.map(({ id, key }) => [id, toBase64Url(key)])
  const map = config.map.map(({ lo, shard }) => [lo, shard])
  const rest = JSON.stringify({
    pending: config.pending,
    routingKey: toBase64Url(config.routingKey),
    keys,
    map,
    slotNames: config.slotNames,
    critical: config.critical,
    ignorable: config.ignorable,
    shardBytes: config.shardBytes,
    compression: config.compression,
    maxDocumentBytes: config.maxDocumentBytes,
  })
  return `{"seq":${config.seq},${logToJson(config.log)},${rest.slice(1)}`
}

function isUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

/** What must hold of a configuration, both before it is written and when it is read. */
function checkConfig(config: RootConfig): void {
  const { seq, log, keys, map, shardBytes, maxDocumentBytes } = config
  checkLog(seq, log)
  demand(
    log.entries.every(({ removed }) => removed !== null && removed.length === 0),
    'its log names removed documents',
  )
  demand(!config.pending || seq === 1, 'it is marked as not yet created though it was changed since')
  demand(config.routingKey.length === KEY_BYTES, 'its routing key is malformed')
  demand(
    keys.length > 0 && keys.length <= MAX_KEYS && isUnique(keys.map(({ id }) => id)),
    'its shard keys are malformed',
  )
  demand(map[0]?.lo === FIRST_KEY && map[0].shard === '0', 'its shard map does not begin with shard 0')
  demand(
    map.every(({ lo }, index) => lo > (map[index - 1]?.lo ?? '')),
    'its shard map is not in order',
  )
  demand(isUnique(map.map(({ shard }) => shard)), 'its shard map names a shard twice')
  demand(shardBytes >= SHARD_BYTES.min && shardBytes <= SHARD_BYTES.max, 'its shardBytes is out of bounds')
  demand(
    maxDocumentBytes >= DOCUMENT_BYTES.min && maxDocumentBytes <= DOCUMENT_BYTES.max,
    'its maxDocumentBytes is out of bounds',
  )
}

/** The body of the root file. */
export function configToJson(config: RootConfig): string {
  checkConfig(config)
  return bodyJson(config)
}

/** An array of pairs of strings. */
function toPairs(value: unknown, what: string): (readonly [string, string])[] {
  demand(Array.isArray(value), `its ${what} are malformed`)
  return value.map((pair: unknown) => {
    demand(Array.isArray(pair), `its ${what} are malformed`)
    const [first, second] = pair as readonly unknown[]
    demand(typeof first === 'string' && typeof second === 'string', `its ${what} are malformed`)
    return [first, second] as const
  })
}

function toKey([id, key]: readonly [string, string]): ShardKey {
  demand(isBase64Url(id, ID_BYTES) && isBase64Url(key, KEY_BYTES), 'its shard keys are malformed')
  return { id, key: fromBase64Url(key, KEY_BYTES) }
}

function toMapEntry([lo, shard]: readonly [string, string]): RootConfig['map'][number] {
  demand(isRoutingKey(lo) && isShardId(shard), 'its shard map is malformed')
  return { lo, shard }
}

function toSlotNames(value: unknown): RootConfig['slotNames'] {
  const names = toPairs(value, 'slot names')
  demand(names.length <= MAX_SLOTS && isUnique(names.map(([id]) => id)), 'its slot names are malformed')
  for (const [id, name] of names) {
    demand(isBase64Url(id, ID_BYTES) && name.length <= MAX_SLOT_NAME_LENGTH, 'its slot names are malformed')
  }
  return names
}

function toFeatures(value: unknown): readonly string[] {
  demand(Array.isArray(value) && value.length <= MAX_FEATURES && isUnique(value), 'its features are malformed')
  return value.map((feature: unknown) => {
    demand(typeof feature === 'string' && FEATURE.test(feature), 'its features are malformed')
    return feature
  })
}

/** The configuration in the body of a root file. Throws a `FormatError`; `ERR_UNSUPPORTED` for an unknown critical feature. */
export function configFromJson({ value, text }: ParsedJson): RootConfig {
  demand(isMembers(value), 'its content is malformed')
  // First of all: what such a feature changes would look malformed below.
  const critical = toFeatures(value.critical)
  const unknown = critical.find((feature) => !KNOWN_CRITICAL.has(feature))
  if (unknown !== undefined) throw unsupportedFile(ROOT_FILE, `it needs the feature "${unknown}"`)
  const { seq, log, ids, pending, routingKey, keys, map, compression, shardBytes, maxDocumentBytes } = value
  demand(isCount(seq, 1) && isCount(shardBytes, 1) && isCount(maxDocumentBytes, 1), 'a number in it is malformed')
  demand(typeof pending === 'boolean', 'its content is malformed')
  demand(compression === 'none' || compression === 'deflate', 'its compression is malformed')
  demand(isBase64Url(routingKey, KEY_BYTES), 'its routing key is malformed')
  const config: RootConfig = {
    seq,
    log: logFromJson(log, ids),
    pending,
    routingKey: fromBase64Url(routingKey, KEY_BYTES),
    keys: toPairs(keys, 'shard keys').map(toKey),
    map: toPairs(map, 'map entries').map(toMapEntry),
    slotNames: toSlotNames(value.slotNames),
    critical,
    ignorable: toFeatures(value.ignorable),
    shardBytes,
    compression,
    maxDocumentBytes,
  }
  checkConfig(config)
  // One spelling only: known members in their order, numbers and text as this code would write them.
  demand(bodyJson(config) === text, 'its content is not spelled as the format demands')
  return config
}
