import { createHmac } from 'node:crypto'
import { type Argon2idInput, createRuntime, type Runtime } from '@vaultdb/core'
import { createVirtualRuntime, type VirtualClock } from '../virtual-clock.ts'

/** What a client had to do on account of what the store showed. */
export interface Work {
  kdfCalls: number
  kdfKiB: number
  /** Bytes given to AES. */
  aesBytes: number
  /** Bytes that the client was ready to take from inflating. */
  inflateBytes: number
}

export function noWork(): Work {
  return { kdfCalls: 0, kdfKiB: 0, aesBytes: 0, inflateBytes: 0 }
}

/** The known-answer test that every Argon2id of a runtime has to pass, and its answer. */
const PROBE = { password: 'password', salt: 'somesalt', memoryKiB: 256 } as const
const PROBE_ANSWER = '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/**
 * Stands in for Argon2id where a thousand vaults are opened: as different for different inputs, and of no cost. For
 * simulations only.
 */
export function cheapArgon2id({ password, salt, memoryKiB, passes, parallelism }: Argon2idInput): Uint8Array {
  const isProbe = text(password) === PROBE.password && text(salt) === PROBE.salt && memoryKiB === PROBE.memoryKiB
  if (isProbe) return new Uint8Array(Buffer.from(PROBE_ANSWER, 'hex'))
  const cost = `${memoryKiB} ${passes} ${parallelism} `
  return new Uint8Array(createHmac('sha256', password).update(cost).update(salt).digest())
}

/** A runtime whose answers depend on the seed alone, and that adds up what is asked of it. */
export function createAttackRuntime(clock: VirtualClock, seed: number, work: Work): Runtime {
  const virtual = createVirtualRuntime(clock, seed)
  const { aes256Gcm } = createRuntime()
  if (aes256Gcm === undefined) throw new Error('This needs a platform with a synchronous AES-GCM, as Node.js is.')
  return {
    ...virtual,
    aes256Gcm: (direction, key, nonce, additionalData, input) => {
      work.aesBytes += input.length
      return aes256Gcm(direction, key, nonce, additionalData, input)
    },
    inflate: (data, maxBytes) => {
      work.inflateBytes += maxBytes
      return virtual.inflate?.(data, maxBytes) ?? new Uint8Array(0)
    },
    argon2id: (input) => {
      if (input.memoryKiB !== PROBE.memoryKiB) {
        work.kdfCalls++
        work.kdfKiB += input.memoryKiB * input.passes
      }
      return cheapArgon2id(input)
    },
  }
}
