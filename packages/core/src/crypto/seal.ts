import { gcm } from '@noble/ciphers/aes.js'
import { concatBytes, equalBytes } from '../bytes.ts'
import { VaultError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'
import { hkdfSha256, hmacSha256, sha256 } from './hash.ts'
import { label } from './label.ts'

/** What sealing takes from its surroundings. */
export interface CryptoContext {
  readonly runtime: Runtime
  /** Encrypt in JavaScript where the platform offers no WebCrypto. */
  readonly allowInsecureContext: boolean
}

/** What is sealed; a file sealed as one never opens as another. */
export type SealLabel = 'shard' | 'root' | 'slot'

/**
 * Why something sealed did not open: too short; sealed under another key or beside another header (the commitment
 * differs); damaged behind that.
 */
export type SealFailure = 'short' | 'commitment' | 'tag'

/** Thrown by {@link unseal}; the callers know which file it was and say so. */
export class SealError extends Error {
  override readonly name: string = 'SealError'
  readonly reason: SealFailure

  constructor(reason: SealFailure, cause?: unknown) {
    super(`Not sealed under this key: ${reason}.`, { cause })
    this.reason = reason
  }
}

const SALT_BYTES = 32
const COMMITMENT_BYTES = 32
const TAG_BYTES = 16

/** Bytes that sealing adds to header and body. */
export const SEAL_OVERHEAD_BYTES: number = SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES

const EMPTY = new Uint8Array(0)
// Every sealed file has a key of its own, so the nonce (SP 800-38D, section 8.2) may be a constant.
const NONCE = new Uint8Array(12)
const HEDGE = label('hedge')

/** The key of one sealed file, and the commitment to it. */
function deriveFileKey(key: Uint8Array, salt: Uint8Array, labelName: SealLabel, headerHash: Uint8Array): Uint8Array[] {
  const output = hkdfSha256(key, salt, concatBytes(label(labelName), headerHash), 32 + COMMITMENT_BYTES)
  return [output.subarray(0, 32), output.subarray(32)]
}

function requireSubtle(context: CryptoContext): SubtleCrypto | undefined {
  const { subtle, aes256Gcm } = context.runtime
  if (subtle === undefined && aes256Gcm === undefined && !context.allowInsecureContext) {
    throw new VaultError(
      'ERR_UNSUPPORTED',
      'This page has no WebCrypto: serve it over https, or, knowing that whoever can alter it can read everything, set ' +
        '`allowInsecureContext: true`.',
    )
  }
  return subtle
}

async function aesGcm(
  context: CryptoContext,
  direction: 'encrypt' | 'decrypt',
  key: Uint8Array,
  additionalData: Uint8Array,
  input: Uint8Array,
): Promise<Uint8Array> {
  const native = context.runtime.aes256Gcm
  if (native !== undefined) return native(direction, key, NONCE, additionalData, input)
  const subtle = requireSubtle(context)
  if (subtle === undefined) return gcm(key, NONCE, additionalData)[direction](input)
  const source = (bytes: Uint8Array): BufferSource => bytes as Uint8Array<ArrayBuffer>
  const cryptoKey = await subtle.importKey('raw', source(key), 'AES-GCM', false, [direction])
  const algorithm = { name: 'AES-GCM', iv: NONCE, additionalData: source(additionalData), tagLength: 8 * TAG_BYTES }
  return new Uint8Array(await subtle[direction](algorithm, cryptoKey, source(input)))
}

/**
 * Encrypts and authenticates `body`, and authenticates `header` with it: header, salt, commitment, ciphertext with its tag.
 * The salt is derived from fresh randomness *and* the content, so that a random generator that repeats itself (a cloned
 * machine) never leads to one key for two contents.
 */
export async function seal(
  context: CryptoContext,
  key: Uint8Array,
  labelName: SealLabel,
  header: Uint8Array,
  body: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const { runtime } = context
  const headerHash = sha256(runtime, header)
  const hedge = hkdfSha256(key, EMPTY, HEDGE, 32)
  const salt = hmacSha256(hedge, runtime.randomBytes(32), headerHash, sha256(runtime, body))
  const [fileKey, commitment] = deriveFileKey(key, salt, labelName, headerHash) as [Uint8Array, Uint8Array]
  const clear = concatBytes(header, salt, commitment)
  return concatBytes(clear, await aesGcm(context, 'encrypt', fileKey, clear, body))
}

/**
 * The body of what {@link seal} made; `sealed` is what follows the header there, `header` what the reader expects.
 * Throws a {@link SealError}.
 */
export async function unseal(
  context: CryptoContext,
  key: Uint8Array,
  labelName: SealLabel,
  header: Uint8Array,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  if (sealed.length < SEAL_OVERHEAD_BYTES) throw new SealError('short')
  requireSubtle(context)
  const salt = sealed.subarray(0, SALT_BYTES)
  const found = sealed.subarray(SALT_BYTES, SALT_BYTES + COMMITMENT_BYTES)
  const headerHash = sha256(context.runtime, header)
  const [fileKey, commitment] = deriveFileKey(key, salt, labelName, headerHash) as [Uint8Array, Uint8Array]
  if (!equalBytes(found, commitment)) throw new SealError('commitment')
  try {
    const ciphertext = sealed.subarray(SALT_BYTES + COMMITMENT_BYTES)
    return await aesGcm(context, 'decrypt', fileKey, concatBytes(header, salt, commitment), ciphertext)
  } catch (cause) {
    throw new SealError('tag', cause)
  }
}
