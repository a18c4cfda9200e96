import { concatBytes, fromBase64Url, isBase64Url, toBase64Url } from '../bytes.ts'
import { isDocumentPath } from '../path/path.ts'
import { demand } from './format-error.ts'
import { LOG_ENTRIES, LOG_OLDER_IDS } from './limits.ts'
import type { LogEntry, SequenceLog } from './model.ts'
import { isNameable } from './sequence-log.ts'

const ID_BYTES = 8

/** Stands in an entry for a list of removed paths that was too long to name. */
const RESET = 0

/** Whether `value` is an integer that JSON numbers hold exactly, at least `min`. */
export function isCount(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && !Object.is(value, -0)
}

/** The members `log` and `ids` of a body, without braces. */
export function logToJson(log: SequenceLog): string {
  const entries = log.entries.map(({ seq, writeId, base, removed, timeMs }) => [
    seq,
    writeId,
    base,
    removed ?? RESET,
    timeMs,
  ])
  const ids = toBase64Url(concatBytes(...log.olderIds.map((id) => fromBase64Url(id, ID_BYTES))))
  return `"log":${JSON.stringify(entries)},"ids":"${ids}"`
}

function toEntry(value: unknown): LogEntry {
  demand(Array.isArray(value) && value.length === 5, 'a log entry is malformed')
  const [seq, writeId, base, removed, timeMs] = value as readonly unknown[]
  demand(isCount(seq, 1) && isCount(timeMs, 0), 'a number in its log is malformed')
  demand(isBase64Url(writeId, ID_BYTES) && isBase64Url(base, ID_BYTES), 'an id in its log is malformed')
  if (removed === RESET) return { seq, writeId, base, removed: null, timeMs }
  demand(
    Array.isArray(removed) && removed.every((path) => typeof path === 'string' && isDocumentPath(path)),
    'a log entry is malformed',
  )
  return { seq, writeId, base, removed, timeMs }
}

/** The log from the members `log` and `ids`, checked as far as that goes without the file's `seq`. */
export function logFromJson(entries: unknown, ids: unknown): SequenceLog {
  demand(Array.isArray(entries) && entries.length <= LOG_ENTRIES.most, 'its log is malformed')
  demand(typeof ids === 'string', 'its log is malformed')
  const length = Math.floor((ids.length * 3) / 4)
  demand(length <= ID_BYTES * LOG_OLDER_IDS.most, 'its log has too many older ids')
  demand(length % ID_BYTES === 0 && isBase64Url(ids, length), 'the older ids in its log are malformed')
  const bytes = fromBase64Url(ids)
  const olderIds = Array.from({ length: length / ID_BYTES }, (_, index) =>
    toBase64Url(bytes.subarray(ID_BYTES * index, ID_BYTES * (index + 1))),
  )
  return { entries: entries.map(toEntry), olderIds }
}

/** Checks that the log belongs to a file at `seq`: it ends there without a gap and is as long as every writer keeps it. */
export function checkLog(seq: number, { entries, olderIds }: SequenceLog): void {
  demand(isCount(seq, 1), 'its write counter is malformed')
  const first = seq - entries.length + 1
  demand(
    entries.every((entry, index) => entry.seq === first + index),
    'its log has a gap',
  )
  demand(
    entries.length >= Math.min(seq, LOG_ENTRIES.kept) && entries.length <= LOG_ENTRIES.most,
    'its log does not fit its write counter',
  )
  const leastIds = Math.min(first - 1, LOG_OLDER_IDS.kept - (entries.length - LOG_ENTRIES.kept))
  demand(
    olderIds.length >= leastIds && olderIds.length <= Math.min(first - 1, LOG_OLDER_IDS.most),
    'the older ids in its log do not fit its write counter',
  )
  demand(
    entries.every(({ removed }) => removed === null || isNameable(removed)),
    'a log entry is too long',
  )
}
