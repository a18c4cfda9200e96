import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url, u32be } from '../../src/bytes.ts'
import { FormatError } from '../../src/format/format-error.ts'
import { parseJson } from '../../src/format/json.ts'
import { checkLog, LOG_SHAPES, logFromJson, logToJson } from '../../src/format/log-json.ts'
import type { LogEntry, SequenceLog } from '../../src/format/model.ts'
import { appendToLog, emptyLog, entryOf, logHasWrite, logReaches, narrowLog } from '../../src/format/sequence-log.ts'
import { demandMembers } from '../../src/format/shape.ts'
import { bytesFrom } from './deterministic.ts'

const base = toBase64Url(new Uint8Array(8))
const idOf = (seq: number): string => toBase64Url(Uint8Array.from([1, 2, 3, 4, ...u32be(seq)]))

function entry(seq: number, removed: readonly string[] | null = []): LogEntry {
  return { seq, writeId: idOf(seq), base, removed, timeMs: 1_700_000_000_000 + seq }
}

/** The log from the members of a body, whatever they are. */
const readLog = (log: unknown, ids: unknown): SequenceLog => logFromJson(demandMembers({ log, ids }, LOG_SHAPES))

function logAt(seq: number): SequenceLog {
  let log = emptyLog
  for (let at = 1; at <= seq; at++) log = appendToLog(log, entry(at))
  return log
}

describe('a sequence log', () => {
  it('names the newest 16 writes in full and 64 older ones by id', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 220 }), (seq, asked) => {
        const log = logAt(seq)
        expect(log.entries.map((each) => each.seq)).toEqual(range(Math.max(1, seq - 15), seq))
        expect(log.olderIds).toEqual(range(Math.max(1, seq - 79), seq - 16).map(idOf))
        expect(logHasWrite(log, idOf(asked))).toBe(asked >= 1 && asked > seq - 80 && asked <= seq)
        expect(entryOf(log, asked)?.writeId).toBe(
          asked > seq - 16 && asked >= 1 && asked <= seq ? idOf(asked) : undefined,
        )
        expect(logReaches(log, seq, asked)).toBe(
          asked <= seq && range(asked + 1, seq).every((at) => logHasWrite(log, idOf(at))),
        )
      }),
    )
  })

  it('comes back from its JSON, whatever its length', () => {
    for (const seq of [1, 15, 16, 17, 80, 81, 200]) {
      for (const removed of [['/a/b', '/c'], null]) {
        const log = appendToLog(logAt(seq - 1), entry(seq, removed))
        const { value } = parseJson(new TextEncoder().encode(JSON.stringify(logToJson(log))), 8)
        const { log: entries, ids } = value as { log: unknown; ids: unknown }
        expect(readLog(entries, ids)).toEqual(log)
        expect(() => checkLog(seq, log)).not.toThrow()
      }
    }
  })

  it('stays small', () => {
    expect(JSON.stringify(logToJson(logAt(200))).length).toBeLessThan(1_700)
  })

  it('forgets the names of removed documents where there are too many', () => {
    const paths = Array.from({ length: 65 }, (_, index) => `/d/${index}`)
    expect(appendToLog(emptyLog, entry(1, paths.slice(1))).entries[0]?.removed).toEqual(paths.slice(1))
    expect(appendToLog(emptyLog, entry(1, paths)).entries[0]?.removed).toBeNull()
    const long = Array<string>(4).fill(`/${'x'.repeat(1_023)}`) // 4,096 bytes
    expect(appendToLog(emptyLog, entry(1, long)).entries[0]?.removed).toEqual(long)
    expect(appendToLog(emptyLog, entry(1, [...long.slice(1), `${long[0]}x`])).entries[0]?.removed).toBeNull()
    expect(appendToLog(emptyLog, entry(1, Array(5).fill(`/${'x'.repeat(1_000)}`))).entries[0]?.removed).toBeNull()
    expect(appendToLog(emptyLog, entry(1, null)).entries[0]?.removed).toBeNull()
  })

  it('keeps an integer for a time, whatever the clock says', () => {
    const timeOf = (timeMs: number): unknown => appendToLog(emptyLog, { ...entry(1), timeMs }).entries[0]?.timeMs
    expect([5.7, -1, Number.NaN, Number.POSITIVE_INFINITY].map(timeOf)).toEqual([5, 0, 0, Number.MAX_SAFE_INTEGER])
  })

  it('is narrowed for a part of a shard: only removed paths of that part, everything else as it was', () => {
    const log = appendToLog(appendToLog(logAt(20), entry(21, ['/a/x', '/b/y'])), entry(22, null))
    const narrow = narrowLog(log, (path) => path.startsWith('/a/'))
    expect(entryOf(narrow, 21)).toEqual(entry(21, ['/a/x']))
    expect(entryOf(narrow, 22)).toEqual(entry(22, null))
    expect(narrow.olderIds).toEqual(log.olderIds)
    expect(entryOf(log, 21)?.removed).toEqual(['/a/x', '/b/y'])
  })
})

describe('a log that does not belong to its file', () => {
  const good = logAt(100)
  it.each<[string, number, SequenceLog]>([
    ['a write is missing', 100, { ...good, entries: good.entries.toSpliced(5, 1) }],
    ['a write stands in the place of another', 100, { ...good, entries: good.entries.with(5, entry(50)) }],
    ['it ends elsewhere', 101, good],
    ['the newest is missing', 100, { ...good, entries: good.entries.slice(0, -1) }],
    ['it is empty', 1, emptyLog],
    ['too few in full', 100, { ...good, entries: good.entries.slice(1) }],
    ['too few ids', 100, { ...good, olderIds: good.olderIds.slice(1) }],
    ['more ids than writes', 16, { entries: logAt(16).entries, olderIds: [idOf(0)] }],
    ['more writes than there were', 1, { entries: [entry(0), entry(1)], olderIds: [] }],
    ['too many names after few', 2, { entries: [entry(1), entry(2, Array(65).fill('/a'))], olderIds: [] }],
    ['names of removed documents without end', 1, { entries: [entry(1, Array(65).fill('/a'))], olderIds: [] }],
  ])('is refused: %s', (_name, seq, log) => {
    expect(() => checkLog(seq, log)).toThrow(FormatError)
  })

  /** How a log of so many writes in full and so many by id fits a file at write 1,000. */
  const judge = (inFull: number, byId: number) => () =>
    checkLog(1_000, {
      entries: range(1_001 - inFull, 1_000).map((seq) => entry(seq)),
      olderIds: range(1_001 - inFull - byId, 1_000 - inFull).map(idOf),
    })

  it('is taken when it is longer than this version keeps it', () => {
    const entries = range(61, 100).map((seq) => entry(seq))
    const longer: SequenceLog = { entries, olderIds: range(1, 60).map(idOf) }
    expect(() => checkLog(100, longer)).not.toThrow()
    expect(judge(64, 256)).not.toThrow()
    expect(judge(65, 256)).toThrow(FormatError)
    expect(judge(64, 257)).toThrow(FormatError)
  })

  it('needs the fewer bare ids the more writes it has in full', () => {
    for (const [inFull, byId] of [
      [16, 64],
      [17, 63],
      [40, 40],
      [64, 16],
    ] as const) {
      expect(judge(inFull, byId)).not.toThrow()
      expect(judge(inFull, byId - 1)).toThrow(FormatError)
    }
    expect(judge(15, 65)).toThrow(FormatError)
  })

  it('is taken from JSON up to its greatest length', () => {
    const entries = Array(64).fill([1, idOf(1), base, [], 0])
    const read = readLog(entries, toBase64Url(new Uint8Array(8 * 256)))
    expect([read.entries.length, read.olderIds.length]).toEqual([64, 256])
    expect(() => readLog([], toBase64Url(new Uint8Array(8 * 257)))).toThrow(FormatError)
  })

  it.each<[unknown, unknown]>([
    [[[1, idOf(1), base, [], 0]], 'AA'],
    [[[1, idOf(1), base, [], 0]], 5],
    [[[1, idOf(1), base, [], 0]], undefined],
    [{}, ''],
    [[[1, idOf(1), base, []]], ''],
    [[[1, idOf(1), base, 1, 0]], ''],
    [[[1, idOf(1), base, [5], 0]], ''],
    [[[1.5, idOf(1), base, [], 0]], ''],
    [[['1', idOf(1), base, [], 0]], ''],
    [[[1, 'short', base, [], 0]], ''],
    [[[1, idOf(1), toBase64Url(bytesFrom(0, 9)), [], 0]], ''],
    [[[1, idOf(1), base, [], -1]], ''],
    [[[1, idOf(1), base, [], -0]], ''],
    [[[1, idOf(1), base, [], '0']], ''],
    [[[0, idOf(1), base, [], 0]], ''],
    [[[1, 5, base, [], 0]], ''],
    [[[1, idOf(1), base, [], 0, 0]], ''],
    [[[1, idOf(1), base, null, 0]], ''],
    [[null], ''],
    [null, ''],
    [[[1, idOf(1), base, [], 0]], 'AAAAAAAAAAB'],
    [Array(65).fill([1, idOf(1), base, [], 0]), ''],
  ])('is refused as JSON: %j %j', (entries, ids) => {
    expect(() => readLog(entries, ids)).toThrow(FormatError)
  })
})

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}
