import { type Backdoor, expectHeard, keptTrials } from '../../../browsers/pages/kept-trials.ts'
import { expect, expectContent, listed, pattern } from '../../../core/src/testing/conformance/expect.ts'
import type { Trial } from '../../../core/test/support/trials.ts'
import { places } from './places.ts'

const { inPlace } = places

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

const backdoor: Backdoor = {
  put: (prefix, key, value) => localStorage.setItem(`${prefix}:${key}`, String(value)),
  take: (prefix, key) => {
    const value = localStorage.getItem(`${prefix}:${key}`)
    localStorage.removeItem(`${prefix}:${key}`)
    return value
  },
  clear: () => localStorage.clear(),
}

/** What is stored, by whom, and what others hear of it. */
export const contentTrials: readonly Trial[] = [
  ...keptTrials(places, backdoor, FOREIGN),
  {
    name: 'prefixes that begin alike, and names that are no keys, are kept apart',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
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
    name: 'watchers hear of changes in this page and in others, and only of files',
    run: () =>
      inPlace(async ({ name: prefix, open }) => {
        // A frame is another page: its changes are told by the browser.
        const frame = document.createElement('iframe')
        document.documentElement.append(frame)
        const elsewhere = frame.contentWindow?.localStorage
        await expectHeard(open(), ['vault', 'shards/last'], async () => {
          await open().write('vault', pattern(1, 50), null)
          for (const name of ['other', `${prefix}:#`, `${prefix}:../vault`, `${prefix}:shards/last`]) {
            elsewhere?.setItem(name, 'x')
          }
        })
        frame.remove()
      }),
  },
]
