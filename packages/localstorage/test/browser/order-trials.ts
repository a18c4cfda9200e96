import { createRuntime, type Runtime } from '@vaultdb/core'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
  settle,
} from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { hold, places } from './places.ts'

const { inPlace } = places

const number = (value: number): string => String(value).padStart(16, '0')

/** A clock by which a minute passes from one look to the next. */
function hurried(): Runtime {
  let nowMs = 0
  return {
    ...createRuntime(),
    monotonicMs: () => {
      nowMs += 60_000
      return nowMs
    },
  }
}

/** Lets other tasks run, so that what does not wait would be done. */
async function letOthersRun(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await navigator.locks.query()
}

/** The order of changes over all tabs: the lock, and changes that have not arrived yet. */
export const orderTrials: readonly Trial[] = [
  {
    name: 'a write waits for the lock of its prefix, a read does not',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const store = open()
        const version = await store.write('vault', pattern(1, 50), null)
        const release = await hold(`vaultdb:${prefix}`)
        let done = false
        const writing = store.write('vault', pattern(2, 50), version).finally(() => {
          done = true
        })
        await expectContent(store, 'vault', pattern(1, 50), version)
        await open({ prefix: `${prefix}-other` }).write('vault', pattern(1, 50), null)
        await letOthersRun()
        expect(!done, 'The write did not wait.')
        await release()
        await expectContent(store, 'vault', pattern(2, 50), await writing)
      }),
  },
  {
    name: 'a write that waits for the lock is given up when its signal says so, and not done later',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const store = open()
        const release = await hold(`vaultdb:${prefix}`)
        const controller = new AbortController()
        const writing = settle(() => store.write('vault', pattern(1, 50), null, { signal: controller.signal }))
        controller.abort()
        await expectCode('ERR_UNAVAILABLE', 'Writing', async () => {
          const outcome = await writing
          if (outcome.status === 'rejected') throw outcome.reason
        })
        await release()
        await store.close?.()
        await expectAbsent(open(), 'vault')
      }),
  },
  {
    name: "requests wait until another tab's change has arrived",
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const store = open()
        const version = await store.write('vault', pattern(1, 50), null)
        const release = await hold(`vaultdb:${prefix}#40`) // another tab has made change 40
        let done = 0
        const count = (): void => {
          done += 1
        }
        const requests = [
          store.read('vault').finally(count),
          listed(store, '').finally(count),
          settle(() => store.write('vault', pattern(2, 50), version)).finally(count),
        ]
        await letOthersRun()
        expect(done === 0, 'A request did not wait.')
        localStorage.setItem(`${prefix}:#`, number(40))
        await Promise.all(requests)
        await expectContent(store, 'vault', pattern(2, 50))
        expect(localStorage.getItem(`${prefix}:#`) === number(41), 'The change has another number than the next.')
        await release()
      }),
  },
  {
    name: 'a change that does not arrive is an error, and nothing is written over it',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const version = await open().write('vault', pattern(1, 50), null)
        const release = await hold(`vaultdb:${prefix}#40`)
        const store = open({ runtime: hurried() })
        await expectCode('ERR_UNAVAILABLE', 'Reading', () => store.read('vault'))
        await expectCode('ERR_UNAVAILABLE', 'Writing', () => store.write('vault', pattern(2, 50), version))
        await release()
        await expectContent(store, 'vault', pattern(1, 50), version)
      }),
  },
  {
    name: 'what another tab wrote before everything was cleared is not waited for again',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const release = await hold(`vaultdb:${prefix}#40`)
        await expectAbsent(open({ runtime: hurried() }), 'vault')
        const store = open()
        await expectAbsent(store, 'vault')
        const version = await store.write('vault', pattern(1, 50), null)
        await expectContent(store, 'vault', pattern(1, 50), version)
        expect(localStorage.getItem(`${prefix}:#`) === number(41), 'A number was given twice.')
        await release()
      }),
  },
  {
    name: 'each page holds one lock for its last change, also after its stores were closed',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        const [first, second] = [open(), open()]
        let version = await first.write('vault', pattern(1, 50), null)
        for (let write = 0; write < 5; write++) version = await second.write('vault', pattern(write, 50), version)
        await first.close?.()
        await second.close?.()
        await letOthersRun()
        const { held = [] } = await navigator.locks.query()
        const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(`vaultdb:${prefix}`))
        expect(names.join() === `vaultdb:${prefix}#6`, `The page holds ${names.join()}.`)
      }),
  },
]
