// What every store must stand that keeps its files where scripts of the same site, and the person, can get at them.

import { type BlobStore, errorCode, VaultDB, type VaultErrorCode } from '@vaultdb/core'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
} from '../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../core/test/support/trials.ts'
import type { Place, Places } from './places.ts'

const KEY = new Uint8Array(32).fill(7)

/** How a trial gets at what a store keeps, without the store. */
export interface Backdoor {
  /** Puts `value` where file `key` belongs. */
  put(name: string, key: string, value: unknown): void | Promise<void>
  /** Removes what is where file `key` belongs, and answers it. */
  take(name: string, key: string): unknown
  /** Removes all files, as a person may who clears what a site keeps. */
  clear(name: string): void | Promise<void>
}

/** Trials that replace files by values of `foreign`, and take everything away. */
export function keptTrials<Options>(
  { inPlace }: Places<Options>,
  backdoor: Backdoor,
  foreign: readonly unknown[],
): readonly Trial[] {
  return [
    {
      name: "another program's value in a file's place is refused, and left as it is",
      run: () =>
        inPlace(async ({ name, open }) => {
          const store = open()
          const version = await store.write('shards/0', pattern(1, 50), null)
          for (const value of foreign) {
            await backdoor.put(name, 'vault', value)
            await expectCode('ERR_UNSUPPORTED', `Reading ${String(value)}`, () => store.read('vault'))
            await expectCode('ERR_UNSUPPORTED', 'Creating', () => store.write('vault', pattern(1, 50), null))
            await expectCode('ERR_UNSUPPORTED', 'Updating', () => store.write('vault', pattern(1, 50), version))
            await expectCode('ERR_UNSUPPORTED', 'Deleting', () => store.delete('vault', version))
            expect((await listed(store, 'shards/')).size === 1, 'A foreign value disturbs the listing.')
            const left = await backdoor.take(name, 'vault')
            expect(JSON.stringify(left) === JSON.stringify(value), 'The foreign value was changed.')
          }
          await expectContent(store, 'shards/0', pattern(1, 50), version)
          await expectAbsent(store, 'vault')
        }),
    },
    {
      name: 'what is cleared away while open reads as empty, and versions do not come back',
      run: () =>
        inPlace(async ({ name, open }) => {
          const store = open()
          const old = await store.write('vault', pattern(1, 50), null)
          await backdoor.clear(name)
          await expectAbsent(store, 'vault')
          await expectCode('ERR_CONFLICT', 'Updating what is gone', () => store.write('vault', pattern(2, 50), old))
          const created = await store.write('vault', pattern(1, 50), null)
          expect(created !== old, 'A version came back.')
          await expectContent(store, 'vault', pattern(1, 50), created)
          await expectCode('ERR_CONFLICT', 'Updating with a version from before', () =>
            store.write('vault', pattern(2, 50), old),
          )
        }),
    },
    {
      name: 'a vault that is cleared away while open is missed, and not begun anew',
      run: () =>
        inPlace(async ({ name, open }) => {
          const db = await VaultDB.create(open(), { key: KEY })
          await db.put('/a', 1)
          await backdoor.clear(name)
          const read = await db.get('/a').catch(errorCode)
          expect(read === 'ERR_ROLLBACK' || read === 'ERR_CORRUPT', `Reading answers ${String(read)}.`)
          // With the file its log is gone as well, so it cannot be told whether the write was there for a moment.
          const written = await db.put('/a', 2).catch(errorCode)
          expect(written === 'ERR_ROLLBACK' || written === 'ERR_OUTCOME_UNKNOWN', `Writing answers ${String(written)}.`)
          await db.close()
          const opened = await VaultDB.open(open(), { key: KEY }).catch(errorCode)
          expect(opened === 'ERR_MISSING', `Opening answers ${String(opened)}.`)
        }),
    },
  ]
}

/** Fails unless every method of a store of this place fails with `code`. */
export async function expectNothingWorks<Options>(code: VaultErrorCode, { open }: Place<Options>): Promise<void> {
  const store = open()
  await expectCode(code, 'Reading', () => store.read('vault'))
  await expectCode(code, 'Writing', () => store.write('vault', pattern(1, 50), null))
  await expectCode(code, 'Deleting', () => store.delete('vault', '1'))
  await expectCode(code, 'Listing', () => listed(store, ''))
}

/** Fails unless whoever watches `store` hears of these files alone when `work` is done, the last of them last. */
export async function expectHeard(store: BlobStore, keys: readonly string[], work: () => Promise<void>): Promise<void> {
  const heard: string[] = []
  const last = new Promise<void>((resolve) => {
    store.watch?.((key) => {
      heard.push(key)
      if (key === keys.at(-1)) resolve()
    })
  })
  await work()
  await last
  expect(heard.join() === keys.join(), `The watcher heard ${heard.join()}.`)
}
