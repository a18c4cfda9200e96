import { type BlobStore, createRuntime, errorCode, type Runtime, type VaultError, type Version } from '@vaultdb/core'
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
import { type AroundTransaction, answerOf, aroundTransactions, deleteDatabase, openRaw, places } from './places.ts'

const { inPlace } = places

/** A runtime whose timers run out when the test says so: when so many requests wait, and those have begun that can. */
function patience(): { readonly runtime: Runtime; readonly runOut: (count: number) => Promise<void> } {
  const sleepers = new Set<() => void>()
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      sleepers.add(resolve)
      signal?.addEventListener('abort', () => {
        sleepers.delete(resolve)
        reject(signal.reason)
      })
    })
  const runOut = async (count: number): Promise<void> => {
    do await new Promise((resolve) => setTimeout(resolve, 0))
    while (sleepers.size < count)
    for (const wake of sleepers) wake()
  }
  return { runtime: { ...createRuntime(), sleep }, runOut }
}

/** Does `work` while a transaction of somebody else is under way, behind which all others wait. */
async function whileBusy(name: string, work: () => Promise<void>): Promise<void> {
  const database = await openRaw(name)
  const [files = ''] = database.objectStoreNames
  const transaction = database.transaction(files, 'readwrite')
  const ended = new Promise((resolve) => transaction.addEventListener('complete', resolve))
  let isBusy = true
  const goOn = (): void => {
    if (isBusy) transaction.objectStore(files).count().onsuccess = goOn
  }
  await answerOf(transaction.objectStore(files).count()) // it has begun
  goOn()
  try {
    await work()
  } finally {
    isBusy = false
    await ended
    database.close()
  }
}

/** A request that runs out of time, and says so much of what was applied. */
async function expectUnavailable(what: string, applied: 'no' | undefined, run: () => Promise<unknown>): Promise<void> {
  const error: unknown = await run().catch((thrown: unknown) => thrown)
  expect(errorCode(error) === 'ERR_UNAVAILABLE', `${what} ended with ${String(error)}.`)
  const told = (error as VaultError).applied
  expect(told === applied, `${what} says of what was applied: ${told}.`)
}

/** Reads and writes that wait end when their signal is aborted. */
async function expectGivenUp(store: BlobStore, expected: Version | null): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  const reading = expectCode('ERR_ABORTED', 'Reading, given up', () => store.read('vault', { signal }))
  const writing = expectCode('ERR_UNAVAILABLE', 'Writing, given up', () =>
    store.write('vault', pattern(3, 50), expected, { signal }),
  )
  controller.abort()
  await Promise.all([reading, writing])
}

/** Lets the next `failures` transactions fail to begin, as after the browser has closed the connection. */
async function withoutConnection(failures: number, work: (attempts: () => number) => Promise<void>): Promise<void> {
  let attempts = 0
  const around: AroundTransaction = (begin) => {
    attempts += 1
    if (attempts <= failures) throw new DOMException('The database connection is closing.', 'InvalidStateError')
    return begin()
  }
  await aroundTransactions(around, () => work(() => attempts))
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
        const { runtime, runOut } = patience()
        const store = open({ runtime })
        const waiting = [
          expectUnavailable('Reading', undefined, () => store.read('vault')),
          expectUnavailable('Writing', 'no', () => store.write('vault', pattern(1, 50), null)),
        ]
        await runOut(2)
        await Promise.all(waiting)
        const patient = open()
        await expectGivenUp(patient, null)

        inTheWay.close()
        await expectAbsent(patient, 'vault')
        const version = await patient.write('vault', pattern(2, 50), null)
        await expectContent(store, 'vault', pattern(2, 50), version)
      }),
  },
  {
    name: 'a database that is kept busy is waited for as well, and what was given up before its turn is not done',
    run: () =>
      inPlace(async ({ name, open }) => {
        const { runtime, runOut } = patience()
        const store = open({ runtime })
        const version = await store.write('vault', pattern(1, 50), null)
        await whileBusy(name, async () => {
          const waiting = [
            expectUnavailable('Writing', undefined, () => store.write('first', pattern(2, 50), null)),
            expectUnavailable('Reading', undefined, () => store.read('vault')),
            expectUnavailable('Listing', undefined, () => listed(store, '')),
            expectUnavailable('Writing, in turn', 'no', () => store.write('second', pattern(2, 50), null)),
          ]
          await runOut(4)
          await Promise.all(waiting)
          await expectGivenUp(store, version)
        })
        await expectContent(store, 'vault', pattern(1, 50), version)
        await expectAbsent(store, 'second')
        const next = await store.write('vault', pattern(4, 50), version)
        await expectContent(open(), 'vault', pattern(4, 50), next)
      }),
  },
  {
    name: 'requests at once have one transaction under way, and reads share it',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        const keys = Array.from({ length: 20 }, (_, index) => `shards/${index}`)
        const begun: string[] = []
        let underWay = 0
        let most = 0
        const end = (): void => {
          underWay -= 1
        }
        const around: AroundTransaction = (begin, _files, mode) => {
          const transaction = begin()
          begun.push(String(mode))
          most = Math.max(most, ++underWay)
          transaction.addEventListener('complete', end)
          transaction.addEventListener('abort', end)
          return transaction
        }
        await aroundTransactions(around, async () => {
          await Promise.all(keys.map((key) => store.write(key, pattern(1, 50), null)))
          expect(begun.splice(0).length === 20, 'Each write has a transaction of its own.')
          await Promise.all([...keys.map((key) => store.read(key)), listed(store, '')])
          expect(begun.splice(0).join() === 'readonly', `Twenty reads and a listing began ${begun.join()}.`)
          await Promise.all([
            ...keys.map((key) => expectCode('ERR_CONFLICT', 'Writing', () => store.write(key, pattern(2, 50), null))),
            ...keys.map((key) => store.read(key)),
          ])
        })
        expect(most === 1, `There were ${most} transactions under way at once.`)
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
