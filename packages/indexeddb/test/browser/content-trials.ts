import type { StoreCapabilities } from '@vaultdb/core'
import { expectHeard, keptTrials } from '../../../browsers/pages/kept-trials.ts'
import { replacing } from '../../../browsers/pages/replacing.ts'
import { expect, pattern } from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { type AroundTransaction, answerOf, aroundTransactions, deleteDatabase, openRaw, places } from './places.ts'

const { inPlace } = places

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

async function takeForeign(name: string, key: string): Promise<unknown> {
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
  ...keptTrials(places, { put: putForeign, take: takeForeign, clear: deleteDatabase }, FOREIGN),
  {
    name: 'each change is one transaction with strict durability',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        let version = await store.write('vault', pattern(1, 50), null)
        const begun: unknown[] = []
        const around: AroundTransaction = (begin, _files, mode, options) => {
          begun.push([mode, options?.durability])
          return begin()
        }
        await aroundTransactions(around, async () => {
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
    name: 'watchers hear of changes through other stores, and of no posts of other scripts',
    run: () =>
      inPlace(async ({ name, open }) => {
        const stranger = new BroadcastChannel(`vaultdb:${name}`)
        await expectHeard(open(), ['vault', 'shards/last'], async () => {
          const writer = open()
          await writer.write('vault', pattern(1, 50), null)
          for (const post of ['../../vault', 7, null, { key: 'vault' }]) stranger.postMessage(post)
          await writer.write('shards/last', pattern(1, 50), null)
        })
        stranger.close()
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
