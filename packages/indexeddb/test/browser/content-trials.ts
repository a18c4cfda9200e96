import { errorCode, type StoreCapabilities, VaultDB } from '@vaultdb/core'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
  readBlob,
} from '../../../core/src/testing/conformance/expect.ts'
import { answerOf, deleteDatabase, inPlace, openRaw, replacing, type Trial } from './places.ts'

const KEY = new Uint8Array(32).fill(7)
const FOREIGN: readonly unknown[] = ['text', 7, null, [], { version: '1' }, { version: 1, data: new Uint8Array(1) }]

/** Puts `value` where file `key` belongs, as another script of the site might. */
async function putForeign(name: string, key: string, value: unknown): Promise<void> {
  const database = await openRaw(name)
  const [files] = database.objectStoreNames
  await answerOf(
    database
      .transaction(files as string, 'readwrite')
      .objectStore(files as string)
      .put(value, key),
  )
  database.close()
}

async function removeForeign(name: string, key: string): Promise<unknown> {
  const database = await openRaw(name)
  const [files] = database.objectStoreNames
  const store = database.transaction(files as string, 'readwrite').objectStore(files as string)
  const value: unknown = await answerOf(store.get(key))
  await answerOf(store.delete(key))
  database.close()
  return value
}

/** What is stored, by whom, and what others hear of it. */
export const contentTrials: readonly Trial[] = [
  {
    name: "another program's value in a file's place is refused, and left as it is",
    run: () =>
      inPlace(async ({ name, open }) => {
        const store = open()
        const version = await store.write('shards/0', pattern(1, 50), null)
        for (const value of FOREIGN) {
          await putForeign(name, 'vault', value)
          await expectCode('ERR_UNSUPPORTED', 'Reading', () => store.read('vault'))
          await expectCode('ERR_UNSUPPORTED', 'Creating', () => store.write('vault', pattern(1, 50), null))
          await expectCode('ERR_UNSUPPORTED', 'Updating', () => store.write('vault', pattern(1, 50), version))
          await expectCode('ERR_UNSUPPORTED', 'Deleting', () => store.delete('vault', version))
          expect((await listed(store, 'shards/')).size === 1, 'A foreign value disturbs the listing.')
          const left = await removeForeign(name, 'vault')
          expect(JSON.stringify(left) === JSON.stringify(value), 'The foreign value was changed.')
        }
        await expectContent(store, 'shards/0', pattern(1, 50), version)
        await expectAbsent(store, 'vault')
      }),
  },
  {
    name: 'each change is one transaction with strict durability',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        let version = await store.write('vault', pattern(1, 50), null)
        const begun: unknown[] = []
        const original = IDBDatabase.prototype.transaction
        const transaction = function (this: IDBDatabase, ...args: Parameters<typeof original>): IDBTransaction {
          begun.push([args[1], args[2]?.durability])
          return Reflect.apply(original, this, args)
        }
        await replacing(IDBDatabase.prototype, 'transaction', { value: transaction }, async () => {
          version = await store.write('vault', pattern(2, 50), version)
          await store.delete('vault', version)
        })
        const expected = JSON.stringify([
          ['readwrite', 'strict'],
          ['readwrite', 'strict'],
        ])
        expect(JSON.stringify(begun) === expected, `Two changes began ${JSON.stringify(begun)}.`)
      }),
  },
  {
    name: 'versions do not come back after the database was deleted',
    run: () =>
      inPlace(async ({ name, open }) => {
        const store = open()
        const old = await store.write('vault', pattern(1, 50), null)
        await deleteDatabase(name)
        await expectAbsent(store, 'vault')
        await expectCode('ERR_CONFLICT', 'Updating what is gone', () => store.write('vault', pattern(2, 50), old))
        const created = await store.write('vault', pattern(1, 50), null)
        expect(created !== old, 'A version came back.')
        await readBlob(store, 'vault')
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
        await deleteDatabase(name)
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
  {
    name: 'watchers hear of changes through other stores, and of no posts of other scripts',
    run: () =>
      inPlace(async ({ name, open }) => {
        const heard: string[] = []
        const last = new Promise<void>((resolve) => {
          open().watch?.((key) => {
            heard.push(key)
            if (key === 'shards/last') resolve()
          })
        })
        const writer = open()
        await writer.write('vault', pattern(1, 50), null)
        const stranger = new BroadcastChannel(`vaultdb:${name}`)
        for (const post of ['../../vault', 7, null, { key: 'vault' }]) stranger.postMessage(post)
        await writer.write('shards/last', pattern(1, 50), null)
        await last
        stranger.close()
        expect(heard.join() === 'vault,shards/last', `The watcher heard ${heard.join()}.`)
      }),
  },
  {
    name: 'the browser is asked once to keep the data, at the first write, and its answer is told',
    run: async () => {
      for (const granted of [true, false]) {
        const answers: (() => void)[] = []
        const persist = (): Promise<boolean> => new Promise((resolve) => answers.push(() => resolve(granted)))
        const expectAsked = (times: number, when: string): void =>
          expect(answers.length === times, `It was asked ${answers.length} times ${when}.`)
        await replacing(navigator, 'storage', { value: { persist } }, () =>
          inPlace(async ({ open }) => {
            const store = open()
            const told: StoreCapabilities['persistent'][] = []
            await store.read('vault')
            expectAsked(0, 'after a read')
            let version = await store.write('vault', pattern(1, 50), null) // does not wait for the answer
            told.push(store.capabilities.persistent)
            version = await store.write('vault', pattern(2, 50), version)
            expectAsked(1, 'after two writes')
            answers[0]?.()
            await store.read('vault')
            told.push(store.capabilities.persistent)
            await open({ persist: false }).write('vault', pattern(3, 50), version)
            expectAsked(1, 'in spite of `persist: false`')
            expect(told.join() === `unknown,${granted ? 'granted' : 'denied'}`, `The answers told are ${told.join()}.`)
          }),
        )
      }
    },
  },
  {
    name: 'a worker, which cannot ask, tells what a page was promised',
    run: () =>
      replacing(navigator, 'storage', { value: { persisted: async () => true } }, () =>
        inPlace(async ({ open }) => {
          const store = open()
          await store.write('vault', pattern(1, 50), null)
          expect(store.capabilities.persistent === 'granted', `It tells ${store.capabilities.persistent}.`)
        }),
      ),
  },
]
