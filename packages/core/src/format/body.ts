import { readU32be, writeU32be } from '../bytes.ts'
import { VaultError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'
import { demand, FormatError } from './format-error.ts'
import { MAX_JSON_BYTES, MIN_BODY_BYTES } from './limits.ts'
import type { Compression } from './model.ts'

/** Method, length of the JSON, length of the stored bytes. */
const FRAME_BYTES = 9
const STORED = 0
const DEFLATE = 1

/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019, algorithm 1): rounds a length up so that
 * only its magnitude and few leading bits show; from 256 bytes on it adds less than a sixteenth. Lengths from 2 to 2^30.
 */
export function padme(length: number): number {
  const exponent = 31 - Math.clz32(length)
  const mantissaBits = 32 - Math.clz32(exponent)
  const mask = 2 ** (exponent - mantissaBits) - 1
  return Math.floor((length + mask) / (mask + 1)) * (mask + 1)
}

/** 0 to `max`, evenly as far as 32 random bits go. */
function randomUpTo(runtime: Runtime, max: number): number {
  return Math.floor((readU32be(runtime.randomBytes(4), 0) / 2 ** 32) * (max + 1))
}

function noCompression(): VaultError {
  return new VaultError(
    'ERR_UNSUPPORTED',
    'This vault is compressed: use a newer browser, or a `runtime` with `deflate` and `inflate`.',
  )
}

async function deflate(runtime: Runtime, json: Uint8Array): Promise<Uint8Array> {
  if (runtime.deflate === undefined) throw noCompression()
  return await runtime.deflate(json)
}

async function inflate(runtime: Runtime, stored: Uint8Array, jsonLength: number): Promise<Uint8Array> {
  if (runtime.inflate === undefined) throw noCompression()
  let json: Uint8Array
  try {
    json = await runtime.inflate(stored, jsonLength)
  } catch {
    throw new FormatError('its compressed content is malformed')
  }
  demand(json.length === jsonLength, 'its compressed content has another length than stated')
  return json
}

/**
 * The body that is sealed: a frame that says what is in it, the JSON (stored or deflated), zeros up to a length that tells
 * little. `ERR_TOO_LARGE` beyond 64 MiB, `ERR_UNSUPPORTED` where the platform cannot deflate.
 */
export async function frameBody(
  runtime: Runtime,
  json: Uint8Array,
  compression: Compression,
): Promise<Uint8Array<ArrayBuffer>> {
  if (json.length > MAX_JSON_BYTES) {
    throw new VaultError('ERR_TOO_LARGE', `A file would hold more than ${MAX_JSON_BYTES} bytes of JSON.`)
  }
  const compressed = compression === 'deflate' ? await deflate(runtime, json) : json
  const shrunk = compressed.length < json.length
  const stored = shrunk ? compressed : json
  const length = FRAME_BYTES + stored.length
  // Compression makes the length depend on the content; noise makes guesses by length expensive (docs/threat-model.md).
  const noise = compression === 'deflate' ? randomUpTo(runtime, Math.max(512, Math.floor(length / 8))) : 0
  const body = new Uint8Array(Math.max(MIN_BODY_BYTES, padme(length + noise)))
  body[0] = shrunk ? DEFLATE : STORED
  writeU32be(body, 1, json.length)
  writeU32be(body, 5, stored.length)
  body.set(stored, FRAME_BYTES)
  return body
}

/**
 * The JSON inside a body. Throws a {@link FormatError}; every length is checked before anything is done with it.
 * `ERR_UNSUPPORTED` where the platform cannot inflate.
 */
export async function unframeBody(
  runtime: Runtime,
  body: Uint8Array,
  maxJsonBytes: number = MAX_JSON_BYTES,
): Promise<Uint8Array> {
  demand(body.length >= FRAME_BYTES, 'its content is too short')
  const method = body[0]
  const jsonLength = readU32be(body, 1)
  const storedLength = readU32be(body, 5)
  demand(method === STORED || method === DEFLATE, 'its content is packed by an unknown method')
  demand(jsonLength <= maxJsonBytes, `its content is longer than ${maxJsonBytes} bytes`)
  demand(storedLength <= body.length - FRAME_BYTES, 'its content is shorter than stated')
  const end = FRAME_BYTES + storedLength
  for (let at = end; at < body.length; at++) demand(body[at] === 0, 'its padding is not zero')
  const stored = body.subarray(FRAME_BYTES, end)
  if (method === DEFLATE) return inflate(runtime, stored, jsonLength)
  demand(jsonLength === storedLength, 'its content has another length than stated')
  return stored
}
