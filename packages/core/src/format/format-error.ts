import { SealError } from '../crypto/seal.ts'
import { VaultError } from '../errors.ts'

/** Bytes that are not as the format demands. Internal: who knows the file's name turns it into `ERR_CORRUPT`. */
export class FormatError extends Error {
  override readonly name: string = 'FormatError'
}

/** A shard file sealed under a key that the configuration at hand does not hold: read the root file again first. */
export class UnknownKeyError extends Error {
  override readonly name: string = 'UnknownKeyError'
  /** Id of the missing key, base64url. */
  readonly keyId: string

  constructor(keyId: string) {
    super('The shard is sealed under a key that is not in the configuration at hand.')
    this.keyId = keyId
  }
}

/** Fails the check of a file unless `condition` holds. */
export function demand(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new FormatError(problem)
}

/** The error for a file that cannot be trusted. */
export function corruptFile(file: string, problem: string, cause?: unknown): VaultError {
  return new VaultError(
    'ERR_CORRUPT',
    `"${file}" is damaged or was tampered with: ${problem}. If files are being copied right now, try again later; else ` +
      'restore this file from a backup.',
    { cause },
  )
}

/** The error for a file that only a newer version of this software understands. */
export function unsupportedFile(file: string, feature: string): VaultError {
  return new VaultError(
    'ERR_UNSUPPORTED',
    `"${file}" needs a newer version of VaultDB: ${feature}. Update this program.`,
  )
}

/** What {@link corruption} tells of a file that did not open. */
const SEAL_PROBLEMS: Readonly<Record<SealError['reason'], string>> = {
  short: 'it is too short',
  commitment: 'it is not sealed by this vault',
  tag: 'its content does not authenticate',
}

/** The error of decoding `file`: `ERR_CORRUPT` for what is wrong with the bytes, any other as it is. */
export function corruption(file: string, error: unknown): unknown {
  if (error instanceof FormatError) return corruptFile(file, error.message, error)
  return error instanceof SealError ? corruptFile(file, SEAL_PROBLEMS[error.reason], error) : error
}

/** Runs a decoder of `file` and turns what it finds wrong into `ERR_CORRUPT`. */
export async function decoding<T>(file: string, decode: () => Promise<T> | T): Promise<T> {
  try {
    return await decode()
  } catch (error) {
    throw corruption(file, error)
  }
}
