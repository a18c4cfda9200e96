import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { Runtime } from '@vaultdb/core'

import { createSeededRandom } from '../seeded-random.ts'
import { cheapArgon2id } from './cheap-argon2id.ts'

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
  /** The first moment, as `tick` counted it, at which its clock showed `ms` or more. */
  momentOf(ms: number): number
}

const TAG_BYTES = 16

/** AES-256-GCM done at once: answers come in the same order on every run. */
function aes256Gcm(
  direction: 'encrypt' | 'decrypt',
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  input: Uint8Array,
): Uint8Array {
  if (direction === 'encrypt') {
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    cipher.setAAD(additionalData)
    return Buffer.concat([cipher.update(input), cipher.final(), cipher.getAuthTag()])
  }
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(input.subarray(input.length - TAG_BYTES))
  return Buffer.concat([decipher.update(input.subarray(0, -TAG_BYTES)), decipher.final()])
}

/** 2026-01-01T00:00:00Z. */
const EPOCH_MS = 1_767_225_600_000

/**
 * Makes a runtime whose randomness is the client's own and whose time is what the client itself has slept: what a client does
 * then depends on nothing but the answers that it got, so equal histories of answers mean equal clients.
 *
 * With `instant`, sleeping takes no decision: the sleeper goes on at once. `tick` counts the moments of the history.
 */
export function createClientRuntime(
  seed: number,
  client: number,
  { instant, tick }: { readonly instant: boolean; readonly tick: () => number },
): ClientRuntime {
  const random = createSeededRandom(Math.imul(seed, 0x9e37_79b1) + Math.imul(client + 1, 0x85eb_ca6b))
  const sleepers = new Set<Sleeper>()
  let nowMs = 0
  const advances = [{ toMs: 0, moment: tick() }]
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
          if (dueMs > nowMs) advances.push({ toMs: dueMs, moment: tick() })
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
    aes256Gcm,
    argon2id: cheapArgon2id,
    sha256: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
  }
  const momentOf = (ms: number): number => advances.find(({ toMs }) => toMs >= ms)?.moment ?? tick()
  return { runtime, sleepers, momentOf }
}
