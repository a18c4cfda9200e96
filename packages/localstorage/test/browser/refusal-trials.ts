import { errorCode, VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { expectNothingWorks } from '../../../browsers/pages/kept-trials.ts'
import { replacing } from '../../../browsers/pages/replacing.ts'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
} from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { fill, places, unfill } from './places.ts'

const { inPlace } = places

const KEY = new Uint8Array(32).fill(7)

/** Puts documents until there is no room; resolves to how many were acknowledged. */
async function putUntilFull(db: VaultDB, from: number): Promise<number> {
  for (let index = from; ; index++) {
    try {
      await db.put(`/documents/${index}`, { index, text: 'x'.repeat(500) })
    } catch (error) {
      expect(errorCode(error) === 'ERR_QUOTA', `Document ${index} failed with ${String(error)}.`)
      return index
    }
  }
}

/**
 * First of all trials: WebKit's compiler takes no notice when the property of a page is replaced that it has seen read often.
 */
export const absenceTrials: readonly Trial[] = [
  {
    name: 'a page without localStorage, or one that may not use it, is told so',
    run: () =>
      inPlace(async (place) => {
        for (const absent of [undefined, null]) {
          const missing = { get: () => absent }
          await replacing(globalThis, 'localStorage', missing, () => expectNothingWorks('ERR_UNSUPPORTED', place))
        }
        const barred = {
          get: () => {
            throw new DOMException('Refused.', 'SecurityError')
          },
        }
        await replacing(globalThis, 'localStorage', barred, () => expectNothingWorks('ERR_UNSUPPORTED', place))
      }),
  },
]

/** Browsers that do not let a page keep as much, or not as safely. */
export const refusalTrials: readonly Trial[] = [
  {
    name: 'without Web Locks nothing is written, but what is there is read',
    run: () =>
      inPlace(async ({ open }) => {
        const version = await open().write('vault', pattern(1, 50), null)
        await replacing(navigator, 'locks', { value: undefined }, async () => {
          const store = open()
          await expectContent(store, 'vault', pattern(1, 50), version)
          expect((await listed(store, '')).size === 1, 'The listing is not right.')
          await expectCode('ERR_UNSUPPORTED', 'Creating', () => store.write('shards/0', pattern(1, 50), null))
          await expectCode('ERR_UNSUPPORTED', 'Updating', () => store.write('vault', pattern(2, 50), version))
          await expectCode('ERR_UNSUPPORTED', 'Deleting', () => store.delete('vault', version))
          await expectContent(store, 'vault', pattern(1, 50), version)
          await expectAbsent(store, 'shards/0')
        })
      }),
  },
  {
    name: 'a full storage refuses what is longer, and keeps what it had',
    run: () =>
      inPlace(async ({ open }) => {
        const first = open()
        fill()
        await expectCode('ERR_QUOTA', 'Creating the first file', () => first.write('vault', pattern(1, 50), null))
        await expectAbsent(first, 'vault')
        unfill()
        const version = await first.write('vault', pattern(1, 5000), null)
        fill()
        await expectCode('ERR_QUOTA', 'Updating', () => first.write('vault', pattern(2, 6000), version))
        await expectCode('ERR_QUOTA', 'Creating', () => first.write('shards/0', pattern(2, 50), null))
        await expectContent(first, 'vault', pattern(1, 5000), version)
        await expectAbsent(first, 'shards/0')
        const shorter = await first.write('vault', pattern(3, 4000), version)
        await expectContent(first, 'vault', pattern(3, 4000), shorter)
        await first.delete('vault', shorter)
      }),
  },
  {
    name: 'a vault that runs out of room in the middle of splits has lost nothing, and goes on when there is room',
    run: () =>
      inPlace(async ({ open }) => {
        const db = await VaultDB.create(open(), { key: KEY, shardBytes: 4096 })
        fill(100_000)
        const acknowledged = await putUntilFull(db, 0)
        expect(acknowledged > 20, `Only ${acknowledged} documents were put.`)
        await db.close()
        const again = await VaultDB.open(open(), { key: KEY })
        expect((await again.find('/documents/').toArray()).length === acknowledged, 'Documents are missing.')
        unfill()
        await again.put('/documents/last', acknowledged)
        const { problems, documents } = await check(again, { repair: true })
        const harmless = ['orphan-shard', 'stale-map'] // what is left of a split that could not be finished
        const others = problems.filter(({ kind }) => !harmless.includes(kind))
        expect(others.length === 0, `The check finds ${others.map(({ kind }) => kind).join()}.`)
        expect(documents === acknowledged + 1, `${documents} documents are left of ${acknowledged + 1}.`)
        await again.close()
      }),
  },
  {
    name: 'a change that the browser takes back is not acknowledged',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const store = open()
        const version = await store.write('vault', pattern(1, 50), null)
        const original = Storage.prototype.setItem
        const setItem = function (this: Storage, ...args: [string, string]): void {
          if (args[0] !== `${prefix}:vault`) Reflect.apply(original, this, args)
        }
        await replacing(Storage.prototype, 'setItem', { value: setItem, writable: true }, () =>
          expectCode('ERR_UNAVAILABLE', 'Writing', () => store.write('vault', pattern(2, 50), version)),
        )
        await expectContent(store, 'vault', pattern(1, 50), version)
      }),
  },
]
