import { concatBytes } from './bytes.ts'

/**
 * Everything that the engine takes from its surroundings: clock, randomness, timers and the platform's own fast
 * implementations. One object, chosen once per database and handed down; nothing else reads an ambient one.
 */
export interface Runtime {
  /** Wall clock, milliseconds since 1970. Goes into logs for people; nothing depends on it. */
  now(): number
  /** A clock that never goes back, in milliseconds from any origin. Ages, latencies and time limits. */
  monotonicMs(): number
  /** Cryptographically secure random bytes. */
  randomBytes(length: number): Uint8Array<ArrayBuffer>
  /** A number in [0, 1) for jitter; need not be secure. */
  jitter(): number
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** WebCrypto, where the platform has it (secure contexts only). */
  readonly subtle?: SubtleCrypto
  /**
   * AES-256-GCM (SP 800-38D) with a 16-byte tag behind the ciphertext, where the platform has a synchronous one: for files of
   * some 50 KB the way to WebCrypto and back takes longer than the work. `decrypt` throws unless the tag verifies.
   */
  aes256Gcm?(
    direction: 'encrypt' | 'decrypt',
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    input: Uint8Array,
  ): Uint8Array
  /** SHA-256 faster than JavaScript's, where the platform has a synchronous one. */
  sha256?(data: Uint8Array): Uint8Array<ArrayBuffer>
  /** Raw deflate (RFC 1951), level 1. Needed only with `compression: 'deflate'`. */
  deflate?(data: Uint8Array): Promise<Uint8Array> | Uint8Array
  /**
   * Raw inflate. Must stop and throw once the output would exceed `maxBytes`, and throw unless the input is consumed exactly.
   */
  inflate?(data: Uint8Array, maxBytes: number): Promise<Uint8Array> | Uint8Array
  /** Argon2id (RFC 9106, version 0x13) faster than JavaScript's. Used only after it passed a known-answer test. */
  argon2id?(input: Argon2idInput): Promise<Uint8Array> | Uint8Array
}

/** Input of {@link Runtime.argon2id}. */
export interface Argon2idInput {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  /** KiB. */
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
  /** Bytes to derive. */
  readonly length: number
}

interface NodeZlib {
  deflateRawSync(data: Uint8Array, options: { level: number }): Uint8Array
  inflateRawSync(
    data: Uint8Array,
    options: { maxOutputLength: number; info: true },
  ): { buffer: Uint8Array; engine: { bytesWritten: number } }
}
interface NodeCipher {
  setAAD(data: Uint8Array): void
  update(data: Uint8Array): Uint8Array
  final(): Uint8Array
}
interface NodeCrypto {
  createCipheriv(
    name: 'aes-256-gcm',
    key: Uint8Array,
    nonce: Uint8Array,
    options: { authTagLength: number },
  ): NodeCipher & { getAuthTag(): Uint8Array }
  createDecipheriv(
    name: 'aes-256-gcm',
    key: Uint8Array,
    nonce: Uint8Array,
    options: { authTagLength: number },
  ): NodeCipher & { setAuthTag(tag: Uint8Array): void }
  createHash(name: 'sha256'): { update(data: Uint8Array): { digest(): Uint8Array<ArrayBuffer> } }
  argon2?(
    algorithm: 'argon2id',
    parameters: Record<string, unknown>,
    done: (error: Error | null, key: Uint8Array) => void,
  ): void
}

/** A Node built-in, found without an import that a bundler would follow; `undefined` elsewhere. */
function nodeBuiltin(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  return process?.getBuiltinModule?.(name)
}

/** Pipes `data` through a web stream and gives up as soon as the output exceeds `maxBytes`. */
async function throughStream(
  stream: { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<BufferSource> },
  data: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter()
  const written = writer.write(data as Uint8Array<ArrayBuffer>).then(() => writer.close())
  written.catch(() => undefined) // reported by the reader below, or of no interest once it has given up
  const reader = stream.readable.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > maxBytes) {
      await reader.cancel()
      throw new RangeError('The inflated data is longer than stated.')
    }
    chunks.push(value)
  }
  await written
  return concatBytes(...chunks)
}

function nativeCompression(): Pick<Runtime, 'deflate' | 'inflate'> {
  const zlib = nodeBuiltin('node:zlib') as NodeZlib | undefined
  if (zlib !== undefined) {
    return {
      deflate: (data) => zlib.deflateRawSync(data, { level: 1 }),
      inflate: (data, maxBytes) => {
        const { buffer, engine } = zlib.inflateRawSync(data, { maxOutputLength: Math.max(1, maxBytes), info: true })
        if (engine.bytesWritten !== data.length) throw new RangeError('Data follows the end of the deflate stream.')
        return buffer
      },
    }
  }
  if (typeof CompressionStream === 'undefined') return {}
  return {
    deflate: (data) => throughStream(new CompressionStream('deflate-raw'), data, Number.POSITIVE_INFINITY),
    // A DecompressionStream errors on trailing data and on a truncated stream (Compression Streams, section 5.2).
    inflate: (data, maxBytes) => throughStream(new DecompressionStream('deflate-raw'), data, maxBytes),
  }
}

const TAG_BYTES = 16

function nativeAes256Gcm(crypto: NodeCrypto | undefined): Pick<Runtime, 'aes256Gcm'> {
  if (crypto === undefined) return {}
  const options = { authTagLength: TAG_BYTES }
  return {
    aes256Gcm: (direction, key, nonce, additionalData, input) => {
      if (direction === 'encrypt') {
        const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, options)
        cipher.setAAD(additionalData)
        return concatBytes(cipher.update(input), cipher.final(), cipher.getAuthTag())
      }
      const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, options)
      decipher.setAAD(additionalData)
      decipher.setAuthTag(input.subarray(input.length - TAG_BYTES))
      return concatBytes(decipher.update(input.subarray(0, input.length - TAG_BYTES)), decipher.final())
    },
  }
}

function nativeArgon2id(crypto: NodeCrypto | undefined): Pick<Runtime, 'argon2id'> {
  const argon2 = crypto?.argon2 // Node 24.7 and later
  if (argon2 === undefined) return {}
  return {
    argon2id: ({ password, salt, memoryKiB, passes, parallelism, length }) =>
      new Promise((resolve, reject) => {
        const parameters = { message: password, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength: length }
        argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(new Uint8Array(key))))
      }),
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** The platform's own runtime: Node, browsers, workers, Deno, Bun. */
export function createRuntime(): Runtime {
  const nodeCrypto = nodeBuiltin('node:crypto') as NodeCrypto | undefined
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
    jitter: () => Math.random(),
    sleep,
    ...(subtle === undefined ? {} : { subtle }),
    ...(nodeCrypto === undefined ? {} : { sha256: (data) => nodeCrypto.createHash('sha256').update(data).digest() }),
    ...nativeAes256Gcm(nodeCrypto),
    ...nativeCompression(),
    ...nativeArgon2id(nodeCrypto),
  }
}

/** Tells whether the device has a network. */
export interface Connectivity {
  /** `false` only if no request can succeed. */
  isOnline(): boolean
  /** Calls back when the network may have come back, until the result is called. */
  onOnline(callback: () => void): () => void
}

/** What the browser says, in pages and workers (HTML, "Browser state"); where nothing is said the device is taken to be online. */
export function platformConnectivity(): Connectivity {
  return {
    // Node and Deno have a navigator without this property.
    isOnline: () => (globalThis.navigator as Navigator | undefined)?.onLine !== false,
    onOnline(callback) {
      globalThis.addEventListener?.('online', callback)
      return () => globalThis.removeEventListener?.('online', callback)
    },
  }
}
