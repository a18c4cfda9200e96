import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { Runtime } from '@vaultdb/core'
import { createSeededRandom } from '../seeded-random.ts'

/** A client that waits for time to pass. */
export interface Sleeper {
  readonly client: number
  readonly dueMs: number
  wake(): void
}

/** A runtime of one simulated client. */
export interface ClientRuntime {
  readonly runtime: Runtime
  /** What it waits for, in the order in which it began to. */
  readonly sleepers: ReadonlySet<Sleeper>
}

interface RawKey {
  readonly raw: Uint8Array
}

const TAG_BYTES = 16

function bytesOf(source: BufferSource): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
}

/** AES-GCM as WebCrypto offers it, done at once in this thread: answers come in the same order on every run. */
function synchronousSubtle(): SubtleCrypto {
  const subtle = {
    importKey: async (_format: 'raw', raw: BufferSource): Promise<RawKey> => ({ raw: bytesOf(raw) }),
    encrypt: async (parameters: AesGcmParams, key: RawKey, data: BufferSource): Promise<ArrayBuffer> => {
      const cipher = createCipheriv('aes-256-gcm', key.raw, bytesOf(parameters.iv))
      cipher.setAAD(bytesOf(parameters.additionalData as BufferSource))
      const sealed = Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()])
      return new Uint8Array(sealed).buffer
    },
    decrypt: async (parameters: AesGcmParams, key: RawKey, data: BufferSource): Promise<ArrayBuffer> => {
      const sealed = bytesOf(data)
      const decipher = createDecipheriv('aes-256-gcm', key.raw, bytesOf(parameters.iv))
      decipher.setAAD(bytesOf(parameters.additionalData as BufferSource))
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
      const opened = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
      return new Uint8Array(opened).buffer
    },
  }
  return subtle as unknown as SubtleCrypto
}

/** 2026-01-01T00:00:00Z. */
const EPOCH_MS = 1_767_225_600_000

/**
 * Makes a runtime whose randomness is the client's own and whose time is what the client itself has slept: what a client does
 * then depends on nothing but the answers that it got, so equal histories of answers mean equal clients.
 *
 * With `instant`, sleeping takes no decision: the sleeper goes on at once.
 */
export function createClientRuntime(seed: number, client: number, instant: boolean): ClientRuntime {
  const random = createSeededRandom(Math.imul(seed, 0x9e37_79b1) + Math.imul(client + 1, 0x85eb_ca6b))
  const sleepers = new Set<Sleeper>()
  let nowMs = 0
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const dueMs = nowMs + ms
      const end = (): void => {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', stop)
      }
      const stop = (): void => {
        end()
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        client,
        dueMs,
        wake: () => {
          end()
          nowMs = Math.max(nowMs, dueMs)
          resolve()
        },
      }
      signal?.addEventListener('abort', stop, { once: true })
      sleepers.add(sleeper)
      if (instant) sleeper.wake()
    })
  const runtime: Runtime = {
    now: () => EPOCH_MS + Math.floor(nowMs),
    monotonicMs: () => nowMs,
    randomBytes: (length) => random.bytes(length),
    jitter: () => random.fraction(),
    sleep,
    subtle: synchronousSubtle(),
    sha256: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
  }
  return { runtime, sleepers }
}
