import { expectNothingWorks } from '../../../browsers/pages/kept-trials.ts'
import { replacing } from '../../../browsers/pages/replacing.ts'
import { expectAbsent, expectCode, expectContent, pattern } from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { openRaw, places } from './places.ts'

const { inPlace } = places

function opensWith(name: string): PropertyDescriptor {
  return {
    get: () => ({
      open: () => {
        throw new DOMException('Refused.', name)
      },
    }),
  }
}

/** Browsers that do not let a page keep things, or not as much; databases of others. */
export const refusalTrials: readonly Trial[] = [
  {
    name: 'a page without IndexedDB, or one that may not use it, is told so',
    run: () =>
      inPlace(async (place) => {
        const missing = { get: () => undefined }
        const early = place.open()
        await replacing(globalThis, 'indexedDB', missing, () =>
          expectCode('ERR_UNSUPPORTED', 'Reading', () => early.read('vault')),
        )
        await expectAbsent(early, 'vault') // it is asked for again
        await replacing(globalThis, 'indexedDB', missing, () => expectNothingWorks('ERR_UNSUPPORTED', place))
        const barred = opensWith('SecurityError')
        await replacing(globalThis, 'indexedDB', barred, () => expectNothingWorks('ERR_UNSUPPORTED', place))
        const switchedOff = opensWith('InvalidStateError')
        await replacing(globalThis, 'indexedDB', switchedOff, () => expectNothingWorks('ERR_UNSUPPORTED', place))
        const passing = opensWith('UnknownError')
        await replacing(globalThis, 'indexedDB', passing, () => expectNothingWorks('ERR_UNAVAILABLE', place))
      }),
  },
  {
    name: "another program's database is refused, whatever its version",
    run: () =>
      inPlace(async (place) => {
        const same = await openRaw(place.name, 1, (database) => database.createObjectStore('things'))
        await expectNothingWorks('ERR_UNSUPPORTED', place)
        same.close()
        const higher = await openRaw(place.name, 7)
        higher.close()
        await expectNothingWorks('ERR_UNSUPPORTED', place)
      }),
  },
  {
    name: 'a write for which there is no room changes nothing, whenever that is noticed',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        const version = await store.write('vault', pattern(1, 50), null)
        const full = new DOMException('No room.', 'QuotaExceededError')
        const thrown = {
          value: () => {
            throw full
          },
        }
        await replacing(IDBObjectStore.prototype, 'put', thrown, () =>
          expectCode('ERR_QUOTA', 'Writing', () => store.write('vault', pattern(2, 50), version)),
        )
        // Noticed when it is committed: the transaction is rolled back and has the error.
        const original = IDBObjectStore.prototype.put
        const put = function (this: IDBObjectStore, ...args: Parameters<typeof original>): IDBRequest<IDBValidKey> {
          const request = Reflect.apply(original, this, args)
          const { transaction } = this
          request.addEventListener('success', () => transaction.abort())
          Object.defineProperty(transaction, 'error', { value: full })
          return request
        }
        await replacing(IDBObjectStore.prototype, 'put', { value: put, writable: true }, () =>
          expectCode('ERR_QUOTA', 'Writing', () => store.write('vault', pattern(2, 50), version)),
        )
        await expectContent(store, 'vault', pattern(1, 50), version)
      }),
  },
]
