import type { Runtime } from '@vaultdb/core'
import { createDropboxStore, type DropboxStoreOptions } from '@vaultdb/dropbox'
import { type DropboxEmulator, type DropboxEmulatorOptions, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { onTestFinished } from 'vitest'

/** An emulator that ends with the test. */
export async function startDropbox(options: DropboxEmulatorOptions = {}): Promise<DropboxEmulator> {
  const dropbox = await startDropboxEmulator(options)
  onTestFinished(() => dropbox.close())
  return dropbox
}

/** A store of the emulator's, by default with a refresh token; it ends with the test. */
export function openStore(
  dropbox: DropboxEmulator,
  options: Partial<DropboxStoreOptions> = { clientId: 'emulated-app', refreshToken: dropbox.issueRefreshToken() },
): ReturnType<typeof createDropboxStore> {
  const store = createDropboxStore({ fetch: dropbox.fetch, ...options })
  onTestFinished(() => store.close?.())
  return store
}

/** A clock that a test sets, and pauses that it ends. */
export interface TestClock extends Pick<Runtime, 'now' | 'monotonicMs' | 'jitter' | 'sleep'> {
  nowMs: number
  /** All pauses so far, in milliseconds. */
  readonly pausesMs: readonly number[]
  /** Ends the pause that there is, or the next one as soon as it begins. */
  endPause(): Promise<void>
}

export function createTestClock(): TestClock {
  const pausesMs: number[] = []
  const sleeping: (() => void)[] = []
  let began = (): void => undefined
  return {
    nowMs: 0,
    now(): number {
      return this.nowMs
    },
    monotonicMs(): number {
      return this.nowMs
    },
    jitter: () => 1,
    pausesMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        signal?.addEventListener('abort', () => reject(signal.reason))
        pausesMs.push(ms)
        sleeping.push(resolve)
        began()
      }),
    async endPause() {
      while (sleeping.length === 0) {
        await new Promise<void>((resolve) => {
          began = resolve
        })
      }
      sleeping.shift()?.()
    },
  }
}

/** `length` bytes that differ for each `seed`. */
export function content(seed: number, length: number = 100): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7) % 256)
}
