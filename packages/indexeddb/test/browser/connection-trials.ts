import { createRuntime, type Runtime } from '@vaultdb/core'
import { replacing } from '../../../browsers/pages/replacing.ts'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  pattern,
} from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { deleteDatabase, openRaw, places } from './places.ts'

const { inPlace } = places

/** Timers that have run out at once. */
const IMPATIENT: Runtime = { ...createRuntime(), sleep: async () => undefined }

type Begin = typeof IDBDatabase.prototype.transaction

/** Lets the next `failures` transactions fail to begin, as after the browser has closed the connection. */
async function withoutConnection(failures: number, work: (attempts: () => number) => Promise<void>): Promise<void> {
  const original: Begin = IDBDatabase.prototype.transaction
  let attempts = 0
  const transaction = function (this: IDBDatabase, ...args: Parameters<Begin>): IDBTransaction {
    attempts += 1
    if (attempts <= failures) throw new DOMException('The database connection is closing.', 'InvalidStateError')
    return Reflect.apply(original, this, args)
  }
  await replacing(IDBDatabase.prototype, 'transaction', { value: transaction }, () => work(() => attempts))
}

/** Rolls transactions back in the middle, at the first `failures` calls of `method`. */
async function rollingBack(
  method: 'get' | 'put',
  failures: number,
  work: (calls: () => number) => Promise<void>,
): Promise<void> {
  const original = IDBObjectStore.prototype[method] as (...args: unknown[]) => IDBRequest
  let calls = 0
  const replacement = function (this: IDBObjectStore, ...args: unknown[]): IDBRequest {
    calls += 1
    const request = Reflect.apply(original, this, args)
    if (calls <= failures) this.transaction.abort()
    return request
  }
  await replacing(IDBObjectStore.prototype, method, { value: replacement }, () => work(() => calls))
}

/** Connections that are lost, in the way, or waited for. */
export const connectionTrials: readonly Trial[] = [
  {
    name: 'a connection that was lost is opened again, once, for reading and for writing',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        let version = await store.write('vault', pattern(1, 50), null)
        await withoutConnection(1, async () => {
          version = await store.write('vault', pattern(2, 50), version)
        })
        await withoutConnection(1, () => expectContent(store, 'vault', pattern(2, 50), version))
        await withoutConnection(2, async (attempts) => {
          await expectCode('ERR_UNAVAILABLE', 'Writing', () => store.write('vault', pattern(3, 50), version))
          expect(attempts() === 2, `It was tried ${attempts()} times.`)
        })
        await withoutConnection(2, () => expectCode('ERR_UNAVAILABLE', 'Reading', () => store.read('vault')))
        await expectContent(store, 'vault', pattern(2, 50), version)
      }),
  },
  {
    name: 'a read that was interrupted is repeated once, a write never',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        const version = await store.write('vault', pattern(1, 50), null)
        await rollingBack('get', 1, () => expectContent(store, 'vault', pattern(1, 50), version))
        await rollingBack('get', 2, () => expectCode('ERR_UNAVAILABLE', 'Reading', () => store.read('vault')))
        await rollingBack('put', 1, async (calls) => {
          await expectCode('ERR_UNAVAILABLE', 'Writing', () => store.write('vault', pattern(2, 50), version))
          expect(calls() === 1, `The write was sent ${calls()} times.`)
        })
        await expectContent(store, 'vault', pattern(1, 50), version)
        await store.write('vault', pattern(3, 50), version)
      }),
  },
  {
    name: 'an open store is in nobody’s way: not of a deletion, nor of an upgrade',
    run: () =>
      inPlace(async ({ name, open }) => {
        const store = open()
        await store.write('vault', pattern(1, 50), null)
        await deleteDatabase(name)
        await store.write('vault', pattern(1, 50), null)
        const upgraded = await openRaw(name, 2)
        await expectCode('ERR_UNSUPPORTED', 'Reading what a newer program keeps', () => store.read('vault'))
        upgraded.close()
      }),
  },
  {
    name: 'a database that does not open is waited for, as long as the runtime says',
    run: () =>
      inPlace(async ({ name, open }) => {
        const inTheWay = await openRaw(name)
        const deletion = indexedDB.deleteDatabase(name) // until `inTheWay` is closed; everybody else queues up behind
        await new Promise((resolve) => {
          deletion.onblocked = resolve
        })
        const store = open({ runtime: IMPATIENT })
        await expectCode('ERR_UNAVAILABLE', 'Reading', () => store.read('vault'))
        await expectCode('ERR_UNAVAILABLE', 'Writing', () => store.write('vault', pattern(1, 50), null))

        const patient = open()
        const controller = new AbortController()
        const { signal } = controller
        const reading = expectCode('ERR_ABORTED', 'Reading, given up', () => patient.read('vault', { signal }))
        const writing = expectCode('ERR_UNAVAILABLE', 'Writing, given up', () =>
          patient.write('vault', pattern(1, 50), null, { signal }),
        )
        controller.abort()
        await Promise.all([reading, writing])

        inTheWay.close()
        await expectAbsent(patient, 'vault')
        const version = await patient.write('vault', pattern(2, 50), null)
        await expectContent(store, 'vault', pattern(2, 50), version)
      }),
  },
  {
    name: 'what was sent before `close` is done, and then nothing is in the way any more',
    run: () =>
      inPlace(async ({ name, open }) => {
        const store = open()
        const writing = store.write('vault', pattern(1, 50), null)
        await store.close?.()
        const version = await writing
        await expectContent(open(), 'vault', pattern(1, 50), version)
        const later = open()
        const opening = later.read('vault')
        await later.close?.()
        await opening
        await deleteDatabase(name)
      }),
  },
]
