import { argon2idAsync } from '@noble/hashes/argon2.js'
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, fromBase64Url, toBase64Url, utf8 } from '../bytes.ts'
import { VaultError } from '../errors.ts'
import { checkOptions } from '../options.ts'
import type { Argon2idInput, Runtime } from '../runtime.ts'
import { hkdfSha256 } from './hash.ts'
import { checkKdfBounds, KDFS, type KdfParameters } from './kdf-bounds.ts'
import { label } from './label.ts'

/** How a password becomes a key. Unknown names and options are a `TypeError`, values out of bounds a `RangeError`. */
export type KdfOptions =
  | {
      /** Argon2id (RFC 9106), the default. */
      readonly name: 'argon2id'
      /**
       * Memory in KiB, at most 1,048,576. Default 65,536. With the passes at least one of OWASP's settings: 47,104 and 1, 19,456
       * and 2, 12,288 and 3, 9,216 and 4, 7,168 and 5.
       */
      readonly memoryKiB?: number
      /** Default 3. Memory in KiB times passes is at most 4,194,304. */
      readonly passes?: number
      /** Lanes, 1 to 16. Default 4. */
      readonly parallelism?: number
    }
  | {
      /** scrypt (RFC 7914). */
      readonly name: 'scrypt'
      /**
       * Cost, a power of two, at most 2^23. Default 131,072. With `p` at least one of OWASP's settings: 2^17 and 1, 2^16 and 2,
       * 2^15 and 3, 2^14 and 5, 2^13 and 10.
       */
      readonly N?: number
      /** Block size, 8 to 32. Default 8. The memory, `N × r / 8` KiB, is at most 1,048,576. */
      readonly r?: number
      /** Parallelization. Default 1. `N × r × p / 4` is at most 4,194,304. */
      readonly p?: number
    }
  | {
      /** PBKDF2-HMAC-SHA-256 (RFC 8018): the weakest, for platforms where nothing else is allowed. */
      readonly name: 'pbkdf2-sha256'
      /** 600,000, the default, to 10,485,760. */
      readonly iterations?: number
    }

const SALT_BYTES = 16
const KEY_BYTES = 32
const EMPTY = new Uint8Array(0)
/** NFKD makes one password of all its spellings; this bounds the work that a pasted file would cause. */
const MAX_PASSWORD_BYTES = 1_024

/**
 * Parameters for a new password slot, with a salt of their own. `TypeError` for unknown options, `RangeError` for values
 * below what OWASP accepts or above what every reader computes.
 */
export function newKdfParameters(runtime: Runtime, options: KdfOptions = { name: 'argon2id' }): KdfParameters {
  const kdf = KDFS.get(options?.name)
  if (kdf === undefined) throw new TypeError(`kdf must be an object with a name out of ${[...KDFS.keys()].join(', ')}.`)
  checkOptions(options, ['name', ...Object.values(kdf.numbers).map(([option]) => option)], 'kdf')
  const given: Readonly<Record<string, unknown>> = options
  const numbers = Object.entries(kdf.numbers).map(([name, [option, usual]]) => {
    const value = given[option]
    return [name, value === undefined ? usual : value]
  })
  const salt = toBase64Url(runtime.randomBytes(SALT_BYTES))
  const parameters = { name: options.name, ...Object.fromEntries(numbers), salt } as KdfParameters
  const problem = checkKdfBounds([parameters])
  if (problem !== null) throw new RangeError(`kdf: ${problem}`)
  return parameters
}

/** The options that give stored parameters again, but for their salt. */
export function kdfOptionsOf(parameters: KdfParameters): KdfOptions {
  const { name } = parameters
  const members: Readonly<Record<string, unknown>> = parameters
  const { numbers = {} } = KDFS.get(name) ?? {}
  const options = Object.entries(numbers).map(([number, [option]]) => [option, members[number]])
  return { name, ...Object.fromEntries(options) } as KdfOptions
}

/**
 * Refuses stored parameters that are weaker than OWASP accepts, or that together would keep this machine busy for too long.
 * To be called with all slots that will be tried, before the first is: they are not authenticated until one has opened.
 */
export function assertKdfBounds(parameters: readonly KdfParameters[]): void {
  const problem = checkKdfBounds(parameters)
  if (problem === null) return
  throw new VaultError(
    'ERR_CORRUPT',
    `"vault" was tampered with, it asks for a key derivation that is refused: ${problem} Restore it from a backup.`,
  )
}

/**
 * The bytes of a password: NFKD (Unicode Standard Annex 15), then UTF-8; nothing trimmed. `TypeError` unless it is a string,
 * `RangeError` when it is empty, has lone surrogates or is longer than 1,024 bytes.
 */
export function encodePassword(password: unknown): Uint8Array {
  if (typeof password !== 'string') throw new TypeError('The password must be a string.')
  const bytes = utf8(password.normalize('NFKD'))
  if (bytes.length === 0 || bytes.length > MAX_PASSWORD_BYTES || /\p{Surrogate}/u.test(password)) {
    throw new RangeError(`The password must be 1 to ${MAX_PASSWORD_BYTES} bytes of text, without lone surrogates.`)
  }
  return bytes
}

/** A cheap input whose result is known (from the reference implementation's tests): two lanes, 256 KiB, 2 passes. */
const ARGON2ID_PROBE: Argon2idInput = {
  password: utf8('password'),
  salt: utf8('somesalt'),
  memoryKiB: 256,
  passes: 2,
  parallelism: 2,
  length: 32,
}
const ARGON2ID_PROBE_RESULT = fromBase64Url('bQk8UB_VmZZF4Oo79iDXuL5_0ttZwg2f_5U52iv1cDc')

/** Functions that computed the known answer; each is asked once. */
const provenArgon2id = new WeakSet<object>()

type Argon2id = NonNullable<Runtime['argon2id']>

function wrongArgon2id(cause?: unknown): VaultError {
  return new VaultError(
    'ERR_UNSUPPORTED',
    'The argon2id of the runtime failed a known-answer test, or its key has the wrong length: mend it or leave it out.',
    { cause },
  )
}

async function proveArgon2id(argon2id: Argon2id): Promise<void> {
  if (provenArgon2id.has(argon2id)) return
  let result: unknown
  try {
    result = await argon2id(ARGON2ID_PROBE)
  } catch (error) {
    throw wrongArgon2id(error)
  }
  if (!(result instanceof Uint8Array && equalBytes(result, ARGON2ID_PROBE_RESULT))) throw wrongArgon2id()
  provenArgon2id.add(argon2id)
}

async function argon2id(runtime: Runtime, input: Argon2idInput): Promise<Uint8Array> {
  const { argon2id: native } = runtime
  if (native === undefined) {
    const { password, salt, memoryKiB: m, passes: t, parallelism: p, length: dkLen } = input
    return argon2idAsync(password, salt, { m, t, p, dkLen, version: 0x13, maxmem: 2 ** 31 })
  }
  await proveArgon2id(native)
  const key = await native(input)
  if (key.length === input.length) return key
  throw wrongArgon2id()
}

async function pbkdf2(
  runtime: Runtime,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const { subtle } = runtime
  if (subtle === undefined) return pbkdf2Async(sha256, password, salt, { c: iterations, dkLen: KEY_BYTES })
  const secret = await subtle.importKey('raw', concatBytes(password), 'PBKDF2', false, ['deriveBits'])
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: concatBytes(salt), iterations }
  return new Uint8Array(await subtle.deriveBits(algorithm, secret, 8 * KEY_BYTES))
}

/** The 32-byte secret of a password slot. The parameters must have passed {@link assertKdfBounds}. */
export async function derivePasswordKey(
  runtime: Runtime,
  password: Uint8Array,
  parameters: KdfParameters,
): Promise<Uint8Array> {
  const salt = fromBase64Url(parameters.salt, SALT_BYTES)
  switch (parameters.name) {
    case 'argon2id': {
      const { m: memoryKiB, t: passes, p: parallelism } = parameters
      return argon2id(runtime, { password, salt, memoryKiB, passes, parallelism, length: KEY_BYTES })
    }
    case 'scrypt': {
      const { N, r, p } = parameters
      return scryptAsync(password, salt, { N, r, p, dkLen: KEY_BYTES, maxmem: 2 ** 31 })
    }
    case 'pbkdf2-sha256':
      return pbkdf2(runtime, password, salt, parameters.c)
  }
}

/** The key that wraps the root secret in a slot of this kind. */
export function deriveKek(secret: Uint8Array, kind: 'password' | 'key'): Uint8Array {
  return hkdfSha256(secret, EMPTY, concatBytes(label('kek'), utf8(kind)), KEY_BYTES)
}

/** The key that the root file is sealed under, from the root secret that the slots wrap. */
export function deriveRootKey(rootSecret: Uint8Array): Uint8Array {
  return hkdfSha256(rootSecret, EMPTY, label('root'), KEY_BYTES)
}
