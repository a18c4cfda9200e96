import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { FIRST_KEY } from '../crypto/router.ts'
import { demand, unsupportedFile } from './format-error.ts'
import { ROOT_FILE } from './header.ts'
import type { ParsedJson } from './json.ts'
import { DOCUMENT_BYTES, MAX_SLOTS, SHARD_BYTES } from './limits.ts'
import { checkLog, LOG_SHAPES, type LogJson, logFromJson, logToJson } from './log-json.ts'
import type { RootConfig } from './model.ts'
import { base64, count, demandMembers, listOf, oneOf, pairOf, type Shape } from './shape.ts'
import { FIRST_SHARD, isRoutingKey, isShardId } from './shard-json.ts'

const KEY_BYTES = 32
const ID_BYTES = 8
/** Shard keys that a vault holds at most. */
const MAX_KEYS = 256
const MAX_FEATURES = 64
const FEATURE = /^[a-z0-9-]{1,64}$/
const MAX_SLOT_NAME_LENGTH = 256

type Pair = readonly [string, string]

/** The body as it is parsed. */
interface ConfigJson extends LogJson, Omit<RootConfig, 'log' | 'routingKey' | 'keys' | 'map'> {
  readonly routingKey: string
  readonly keys: readonly Pair[]
  readonly map: readonly Pair[]
}

const isFeature = (value: unknown): value is string => typeof value === 'string' && FEATURE.test(value)
const isSlotName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_SLOT_NAME_LENGTH
const isFeatures = listOf(isFeature, MAX_FEATURES, (feature) => feature)

/** The members in the order of the format. */
const SHAPES: { readonly [Name in keyof ConfigJson]: Shape<ConfigJson[Name]> } = {
  seq: count(1),
  ...LOG_SHAPES,
  pending: oneOf([true, false]),
  routingKey: base64(KEY_BYTES),
  keys: listOf(pairOf(base64(ID_BYTES), base64(KEY_BYTES)), MAX_KEYS, ([id]) => id),
  map: listOf(pairOf(isRoutingKey, isShardId), Number.POSITIVE_INFINITY, ([, shard]) => shard),
  slotNames: listOf(pairOf(base64(ID_BYTES), isSlotName), MAX_SLOTS, ([id]) => id),
  critical: isFeatures,
  ignorable: isFeatures,
  shardBytes: count(SHARD_BYTES.min, SHARD_BYTES.max),
  compression: oneOf(['none', 'deflate']),
  maxDocumentBytes: count(DOCUMENT_BYTES.min, DOCUMENT_BYTES.max),
}

function bodyJson(config: RootConfig): string {
  const members: ConfigJson = {
    ...config,
    ...logToJson(config.log),
    routingKey: toBase64Url(config.routingKey),
    keys: config.keys.map(({ id, key }) => [id, toBase64Url(key)]),
    map: config.map.map(({ lo, shard }) => [lo, shard]),
  }
  return JSON.stringify(members, Object.keys(SHAPES))
}

function toConfig(value: unknown): RootConfig {
  // First of all: what such a feature changes would look malformed below.
  const [unknown] = demandMembers(value, { critical: isFeatures }).critical
  if (unknown !== undefined) throw unsupportedFile(ROOT_FILE, `it needs the feature "${unknown}"`)
  const { log: entries, ids, routingKey, keys, map, ...members } = demandMembers(value, SHAPES)
  const { seq, pending } = members
  const log = logFromJson({ log: entries, ids })
  checkLog(seq, log)
  demand(
    log.entries.every(({ removed }) => removed?.length === 0),
    'its log names removed documents',
  )
  demand(!pending || seq === 1, 'it is marked as not yet created though it was changed since')
  demand(keys.length > 0 && map.length > 0, 'it has no shard')
  demand(
    map.every(([lo, shard], at) =>
      at === 0 ? lo === FIRST_KEY && shard === FIRST_SHARD : lo > (map[at - 1] as Pair)[0],
    ),
    'its shard map is not in order',
  )
  return {
    ...members,
    log,
    routingKey: fromBase64Url(routingKey),
    keys: keys.map(([id, key]) => ({ id, key: fromBase64Url(key) })),
    map: map.map(([lo, shard]) => ({ lo, shard })),
  }
}

/** The body of the root file. */
export function configToJson(config: RootConfig): string {
  const text = bodyJson(config)
  toConfig(JSON.parse(text)) // nothing is written that no reader takes
  return text
}

/** The configuration in the body of a root file. Throws a `FormatError`; `ERR_UNSUPPORTED` for an unknown critical feature. */
export function configFromJson({ value, text }: ParsedJson): RootConfig {
  const config = toConfig(value)
  // One spelling only: known members in their order, numbers and text as this code would write them.
  demand(bodyJson(config) === text, 'its content is not spelled as the format demands')
  return config
}
