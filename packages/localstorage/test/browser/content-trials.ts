import { errorCode, VaultDB } from '@vaultdb/core'
import {
  expect,
  expectAbsent,
  expectCode,
  expectContent,
  listed,
  pattern,
} from '../../../core/src/testing/conformance/expect.ts'
import { inPlace, type Trial } from './places.ts'

const KEY = new Uint8Array(32).fill(7)

/** Values that are no file: of other programs, damaged, or right but for one sign. */
const FOREIGN: readonly string[] = [
  '',
  'text',
  '{"version":"1"}',
  '1.AAAAAAAAAAAA',
  ':AAAA',
  'AAAAAAAAAAAA:AAAA',
  '1.:AAAA',
  '1.AAAAAAAAAAAA:AAA',
  '1.AAAAAAAAAAAA:AA==\n',
  '1.AAAAAAAAAAAA: AAAA',
  '1.AAAAAAAAAAAA:AB==', // unused bits that are not zero
  '1.AAAAAAAAAAAA:A===',
  '1.AAAAAAAAAAAA:AA-_',
]

/** What is stored, by whom, and what others hear of it. */
export const contentTrials: readonly Trial[] = [
  {
    name: "another program's value in a file's place is refused, and left as it is",
    run: () =>
      inPlace(async ({ prefix, open }) => {
        const store = open()
        const version = await store.write('shards/0', pattern(1, 50), null)
        for (const value of FOREIGN) {
          localStorage.setItem(`${prefix}:vault`, value)
          await expectCode('ERR_UNSUPPORTED', `Reading ${value}`, () => store.read('vault'))
          await expectCode('ERR_UNSUPPORTED', 'Creating', () => store.write('vault', pattern(1, 50), null))
          await expectCode('ERR_UNSUPPORTED', 'Updating', () => store.write('vault', pattern(1, 50), version))
          await expectCode('ERR_UNSUPPORTED', 'Deleting', () => store.delete('vault', version))
          expect((await listed(store, 'shards/')).size === 1, 'A foreign value disturbs the listing.')
          expect(localStorage.getItem(`${prefix}:vault`) === value, 'The foreign value was changed.')
        }
        localStorage.removeItem(`${prefix}:vault`)
        await expectContent(store, 'shards/0', pattern(1, 50), version)
        await expectAbsent(store, 'vault')
      }),
  },
  {
    name: 'prefixes that begin alike, and names that are no keys, are kept apart',
    run: () =>
      inPlace(async ({ prefix, open }) => {
        const inner = open({ prefix: `${prefix}/a` })
        const store = open()
        await inner.write('vault', pattern(1, 50), null)
        await store.write('a/vault', pattern(2, 50), null)
        await expectContent(inner, 'vault', pattern(1, 50))
        await expectContent(store, 'a/vault', pattern(2, 50))
        localStorage.setItem(`${prefix}:../vault`, 'x')
        localStorage.setItem(`${prefix}vault`, 'x')
        expect([...(await listed(store, '')).keys()].join() === 'a/vault', 'The listing names something else.')
      }),
  },
  {
    name: 'a storage that is cleared while open reads as empty, and versions do not come back',
    run: () =>
      inPlace(async ({ open }) => {
        const store = open()
        const old = await store.write('vault', pattern(1, 50), null)
        localStorage.clear()
        await expectAbsent(store, 'vault')
        await expectCode('ERR_CONFLICT', 'Updating what is gone', () => store.write('vault', pattern(2, 50), old))
        const created = await store.write('vault', pattern(1, 50), null)
        expect(created !== old, 'A version came back.')
        await expectCode('ERR_CONFLICT', 'Updating with a version from before', () =>
          store.write('vault', pattern(2, 50), old),
        )
      }),
  },
  {
    name: 'a vault that is cleared away while open is missed, and not begun anew',
    run: () =>
      inPlace(async ({ open }) => {
        const db = await VaultDB.create(open(), { key: KEY })
        await db.put('/a', 1)
        localStorage.clear()
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
    name: 'watchers hear of changes in this page and in others, and only of files',
    run: () =>
      inPlace(async ({ prefix, open }) => {
        const heard: string[] = []
        const last = new Promise<void>((resolve) => {
          open().watch?.((key) => {
            heard.push(key)
            if (key === 'shards/last') resolve()
          })
        })
        await open().write('vault', pattern(1, 50), null)
        // A frame is another page: its changes are told by the browser.
        const frame = document.createElement('iframe')
        document.documentElement.append(frame)
        const elsewhere = frame.contentWindow?.localStorage
        for (const name of ['other', `${prefix}:#`, `${prefix}:../vault`, `${prefix}:shards/last`]) {
          elsewhere?.setItem(name, 'x')
        }
        await last
        frame.remove()
        expect(heard.join() === 'vault,shards/last', `The watcher heard ${heard.join()}.`)
      }),
  },
]
