import { DOCUMENT_BYTES, SHARD_BYTES } from '../format/limits.ts'
import { booleanOption, checkOptions, choiceOption, integerOption } from '../options.ts'
import { createRuntime, type Runtime } from '../runtime.ts'
import type { BlobStore } from '../store/contract.ts'
import { checkSecret, type Secret } from '../vault/credentials.ts'
import type { RetryPolicy } from '../vault/requests.ts'
import type { VaultParameters } from '../vault/root.ts'
import type { Witness } from '../vault/witness.ts'
import type { CreateOptions, Credentials, LongOperationOptions, OpenOptions, Progress, RetryOptions } from './types.ts'

/** Defaults of the options of `create` and `open`, with their reasons. */
export const DEFAULTS: {
  readonly shardBytes: number
  readonly maxDocumentBytes: number
  readonly compression: 'none'
  readonly maxAgeMs: number
  readonly retry: RetryPolicy
} = {
  /** One shard holds some 130 credentials: an update moves about 50 KB, and 1,000 documents are read with 10 requests. */
  shardBytes: 64 * 1024,
  /** Documents are small; one far larger than a shard makes every neighbour in its shard expensive. */
  maxDocumentBytes: 1024 * 1024,
  /** File sizes must not depend on content unless somebody decides so; see the threat model. */
  compression: 'none',
  /** Every read asks the store: linearizable. */
  maxAgeMs: 0,
  retry: {
    /** A request that failed five times over some seconds will hardly succeed the sixth time. */
    requestAttempts: 5,
    /** With growing pauses, enough for some tens of clients that write the same document at once. */
    conflictAttempts: 30,
    /** Longer pauses look like a hang to a person. */
    maxDelayMs: 10_000,
  },
}

const OPEN_KEYS = [
  'password',
  'key',
  'witness',
  'maxAgeMs',
  'retry',
  'runtime',
  'allowInsecureContext',
  'signal',
  'onProgress',
] as const
const CREATE_KEYS = [...OPEN_KEYS, 'kdf', 'compression', 'shardBytes', 'maxDocumentBytes'] as const

/** The options of `open`, checked and complete. */
export interface OpenSettings {
  readonly secret: Secret
  readonly runtime: Runtime
  readonly allowInsecureContext: boolean
  readonly witness: Witness | null
  readonly maxAgeMs: number
  readonly retry: RetryPolicy
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** The options of `create`, checked and complete. */
export interface CreateSettings extends OpenSettings {
  readonly kdf: CreateOptions['kdf']
  readonly parameters: VaultParameters
}

function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  checkOptions(options, ['requestAttempts', 'conflictAttempts', 'maxDelayMs'], '`retry`')
  const { retry } = DEFAULTS
  return {
    requestAttempts: integerOption('requestAttempts', options.requestAttempts, 1, 100, retry.requestAttempts),
    conflictAttempts: integerOption('conflictAttempts', options.conflictAttempts, 1, 1000, retry.conflictAttempts),
    maxDelayMs: integerOption('maxDelayMs', options.maxDelayMs, 1, 600_000, retry.maxDelayMs),
  }
}

/** Throws a `TypeError` unless `store` looks like a blob store. */
export function checkStore(store: BlobStore): void {
  for (const method of ['read', 'write', 'delete', 'list'] as const) {
    if (typeof store?.[method] !== 'function') throw new TypeError('The first argument must be a blob store.')
  }
}

/** Throws a `TypeError` unless `options` has no other keys than `allowed`, and a signal and a callback that are such. */
export function checkOperationOptions(
  options: LongOperationOptions | undefined,
  allowed: readonly string[],
  where: string,
): void {
  checkOptions(options, allowed, where)
  const { signal, onProgress } = options ?? {}
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError(`The \`signal\` of ${where} must be an AbortSignal.`)
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`The \`onProgress\` of ${where} must be a function.`)
  }
}

/** Checks and completes the options of `open`. `TypeError`, `RangeError`. */
export function openSettings(options: OpenOptions & Credentials, extraKeys: readonly string[] = []): OpenSettings {
  if (options === undefined) throw new TypeError('Give a "password" or a "key".')
  checkOperationOptions(options, [...OPEN_KEYS, ...extraKeys], extraKeys.length > 0 ? 'create()' : 'open()')
  return {
    secret: checkSecret(options),
    runtime: options.runtime ?? createRuntime(),
    allowInsecureContext: booleanOption('allowInsecureContext', options.allowInsecureContext, false),
    witness: options.witness ?? null,
    maxAgeMs: checkMaxAge(options.maxAgeMs, DEFAULTS.maxAgeMs),
    retry: retryPolicy(options.retry),
    signal: options.signal,
    onProgress: options.onProgress,
  }
}

/** Checks and completes the options of `create`. `TypeError`, `RangeError`. */
export function createSettings(options: CreateOptions & Credentials): CreateSettings {
  const settings = openSettings(options, CREATE_KEYS)
  const { kdf, shardBytes, maxDocumentBytes, compression } = options
  return {
    ...settings,
    kdf,
    parameters: {
      shardBytes: integerOption('shardBytes', shardBytes, SHARD_BYTES.min, SHARD_BYTES.max, DEFAULTS.shardBytes),
      maxDocumentBytes: integerOption(
        'maxDocumentBytes',
        maxDocumentBytes,
        DOCUMENT_BYTES.min,
        DOCUMENT_BYTES.max,
        DEFAULTS.maxDocumentBytes,
      ),
      compression: choiceOption('compression', compression, ['none', 'deflate'], DEFAULTS.compression),
    },
  }
}

/** A `maxAgeMs`, or `fallback` where none is given. `TypeError` unless a number from 0. */
export function checkMaxAge(maxAgeMs: unknown, fallback: number): number {
  if (maxAgeMs === undefined) return fallback
  if (typeof maxAgeMs !== 'number' || !(maxAgeMs >= 0))
    throw new TypeError('`maxAgeMs` must be a number of milliseconds, from 0.')
  return maxAgeMs
}
