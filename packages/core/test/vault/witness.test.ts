import { createMemoryWitness, type Witness, type WitnessRecord } from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import { WitnessBook } from '../../src/vault/witness.ts'
import { bytesFrom } from '../format/deterministic.ts'

const VAULT = toBase64Url(bytesFrom(0, 16))
const OTHER_VAULT = toBase64Url(bytesFrom(1, 16))
const hashOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const text = (fill: number): string => toBase64Url(hashOf(fill))

/** A file at `seq`, whose log names the writes from `from` on; the state before write n had the hash `hashOf(n - 1)`. */
function sighting(seq: number, hash: number, from = 1) {
  let log = emptyLog
  for (let each = from; each <= seq; each++) {
    const base = toBase64Url(hashOf(each - 1).subarray(0, 8))
    log = appendToLog(log, { seq: each, writeId: toBase64Url(bytesFrom(each, 8)), base, removed: [], timeMs: 0 })
  }
  return { seq, hash: hashOf(hash), log }
}

describe('what was seen', () => {
  test('is what a witness loaded, and what is read from then on', async () => {
    const files = { vault: { seq: 3, hash: text(3) } }
    const book = await WitnessBook.load({ load: async () => ({ vault: VAULT, files }), save: async () => undefined })
    expect(book.hasSeen).toBe(true)
    expect(book.recall('vault')).toEqual({ seq: 3, hash: text(3) })
    book.remember('vault', 4, hashOf(4))
    book.remember('shards/0', 1, hashOf(1))
    expect(book.recall('vault')).toEqual({ seq: 4, hash: text(4) })
    expect(book.recall('shards/0')).toEqual({ seq: 1, hash: text(1) })
  })

  test('is nothing at first, and never goes back', async () => {
    const book = await WitnessBook.load(null)
    expect(book.hasSeen).toBe(false)
    expect(book.recall('vault')).toBeUndefined()
    book.remember('vault', 4, hashOf(4))
    book.remember('vault', 3, hashOf(3))
    book.remember('vault', 4, hashOf(44))
    expect(book.recall('vault')).toEqual({ seq: 4, hash: text(4) })
  })

  test('of a witness that answers nothing at all is nothing', async () => {
    const load = async (): Promise<WitnessRecord | null> => undefined as unknown as null
    expect((await WitnessBook.load({ load, save: async () => undefined })).hasSeen).toBe(false)
  })

  test('pins the vault', async () => {
    const book = await WitnessBook.load(null)
    book.pin(VAULT)
    expect(book.hasSeen).toBe(true)
    book.pin(VAULT)
    expect(() => book.pin(OTHER_VAULT)).toThrow(expect.objectContaining({ code: 'ERR_ROLLBACK' }))
    book.pin(VAULT)
  })
})

describe('a file that is read', () => {
  async function bookThatSaw(seq: number): Promise<WitnessBook> {
    const book = await WitnessBook.load(null)
    book.remember('vault', seq, hashOf(seq))
    return book
  }
  const judging = (book: WitnessBook, found: ReturnType<typeof sighting>, asOf = book.recall('vault')) =>
    expect(() => book.judge('vault', found, asOf))
  const rollback = expect.objectContaining({ code: 'ERR_ROLLBACK' })
  const fork = expect.objectContaining({ code: 'ERR_FORK' })

  test('for the first time is believed', async () => {
    judging(await WitnessBook.load(null), sighting(1, 1)).not.toThrow()
  })

  test('may be what was seen, or have grown out of it', async () => {
    const book = await bookThatSaw(5)
    judging(book, sighting(5, 5)).not.toThrow()
    judging(book, sighting(6, 66)).not.toThrow()
    judging(book, sighting(9, 9)).not.toThrow()
  })

  test('and is older than what was seen when it was asked for was rolled back', async () => {
    const book = await bookThatSaw(5)
    judging(book, sighting(4, 4)).toThrow(rollback)
    judging(book, sighting(4, 4)).toThrow(/write 4.*write 5/)
  })

  test('may be older than what was learned while the answer was on its way', async () => {
    const book = await bookThatSaw(3)
    const asOf = book.recall('vault')
    book.remember('vault', 5, hashOf(5))
    judging(book, sighting(4, 4), asOf).not.toThrow()
    judging(book, sighting(3, 3), asOf).not.toThrow()
    book.judge('vault', sighting(4, 4), undefined)
  })

  test('at the same write with other bytes is a fork', async () => {
    judging(await bookThatSaw(5), sighting(5, 55)).toThrow(fork)
  })

  test('whose next write replaced something else is a fork', async () => {
    const book = await bookThatSaw(5)
    book.remember('vault', 6, hashOf(66)) // in that history write 7 replaced the state of hash 6
    judging(book, sighting(7, 7)).toThrow(fork)
    judging(book, sighting(9, 9)).toThrow(fork)
    judging(book, sighting(9, 9, 8)).not.toThrow() // the log does not reach back so far
  })

  test('contradicts also what was learned while the answer was on its way', async () => {
    const book = await bookThatSaw(3)
    const asOf = book.recall('vault')
    book.remember('vault', 5, hashOf(5))
    judging(book, sighting(5, 55), asOf).toThrow(fork)
    judging(book, sighting(5, 55), undefined).toThrow(fork)
  })

  test('contradicts what was known when it was asked for, whatever was learned since', async () => {
    const book = await bookThatSaw(3)
    const asOf = { seq: 3, hash: text(33) }
    book.remember('vault', 4, hashOf(4))
    judging(book, sighting(4, 4), asOf).toThrow(fork)
  })
})

describe('saving', () => {
  /** A witness whose saves end when the test lets them. */
  function slowWitness() {
    const inner = createMemoryWitness()
    const records: WitnessRecord[] = []
    const waiting: (() => void)[] = []
    let underWay = 0
    let mostAtOnce = 0
    const witness: Witness = {
      load: inner.load,
      async save(record) {
        records.push(record)
        mostAtOnce = Math.max(mostAtOnce, ++underWay)
        await new Promise<void>((resolve) => waiting.push(resolve))
        await inner.save(record)
        underWay--
      },
    }
    const release = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) {
        await Promise.resolve()
        waiting.shift()?.()
      }
    }
    return { witness, records, release, mostAtOnce: () => mostAtOnce }
  }

  test('is done once for all that was learned in one go', async () => {
    const { witness, records, release } = slowWitness()
    const book = await WitnessBook.load(witness)
    book.pin(VAULT)
    for (let seq = 1; seq <= 5; seq++) book.remember('vault', seq, hashOf(seq))
    const flushed = book.flush()
    await release()
    await flushed
    expect(records).toEqual([{ vault: VAULT, files: { vault: { seq: 5, hash: text(5) } } }])
  })

  test('is done again for what was learned meanwhile, one at a time, and a flush waits for all', async () => {
    const { witness, records, release, mostAtOnce } = slowWitness()
    const book = await WitnessBook.load(witness)
    book.pin(VAULT)
    book.remember('vault', 1, hashOf(1))
    let savedBefore: WitnessRecord | null = null
    const flushed = book.flush().then(async () => {
      savedBefore = await witness.load()
    })
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect([records.length, savedBefore]).toEqual([1, null])
    book.remember('vault', 2, hashOf(2))
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(records).toHaveLength(1)
    await release()
    await flushed
    expect(records.map(({ files }) => files.vault?.seq)).toEqual([1, 2])
    expect(savedBefore).toEqual(records[1])
    expect(mostAtOnce()).toBe(1)
  })

  test('by two databases of one witness takes turns, and loses nothing of either', async () => {
    const { witness, records, release, mostAtOnce } = slowWitness()
    const books = [await WitnessBook.load(witness), await WitnessBook.load(witness)] as const
    for (const book of books) book.pin(VAULT)
    books[0].remember('vault', 1, hashOf(1))
    books[1].remember('shards/0', 2, hashOf(2))
    const flushed = Promise.all(books.map((book) => book.flush()))
    await release()
    await flushed
    expect(mostAtOnce()).toBe(1)
    expect(records).toHaveLength(2)
    const files = { vault: { seq: 1, hash: text(1) }, 'shards/0': { seq: 2, hash: text(2) } }
    expect(await witness.load()).toEqual({ vault: VAULT, files })
  })

  test('waits until the vault is known', async () => {
    const records: WitnessRecord[] = []
    const witness: Witness = {
      load: async () => null,
      save: async (record) => {
        records.push(record)
      },
    }
    const book = await WitnessBook.load(witness)
    book.remember('vault', 1, hashOf(1))
    await book.flush()
    expect(records).toEqual([])
    book.pin(VAULT)
    book.remember('vault', 2, hashOf(2))
    await book.flush()
    expect(records).toEqual([{ vault: VAULT, files: { vault: { seq: 2, hash: text(2) } } }])
  })

  test('that fails is heard of by nobody, and the next one is tried', async () => {
    const records: WitnessRecord[] = []
    let failures = 1
    const witness: Witness = {
      load: async () => null,
      async save(record) {
        if (failures-- > 0) throw new Error('full')
        records.push(record)
      },
    }
    const book = await WitnessBook.load(witness)
    book.pin(VAULT)
    book.remember('vault', 1, hashOf(1))
    await book.flush()
    book.remember('vault', 2, hashOf(2))
    await book.flush()
    expect(records).toHaveLength(1)
  })

  test('leaves alone the record of another vault, and one that is damaged', async () => {
    for (const there of [{ vault: OTHER_VAULT, files: {} }, { vault: VAULT }] as WitnessRecord[]) {
      let record: WitnessRecord | null = null
      const witness: Witness = {
        load: async () => record,
        save: async (next) => {
          record = next
        },
      }
      const book = await WitnessBook.load(witness)
      book.pin(VAULT)
      record = there
      book.remember('vault', 1, hashOf(1))
      await book.flush()
      expect(record).toBe(there)
    }
  })

  test('nothing was learned: nothing is saved', async () => {
    const book = await WitnessBook.load(createMemoryWitness())
    book.pin(VAULT)
    await book.flush()
    await (await WitnessBook.load(null)).flush()
  })
})
