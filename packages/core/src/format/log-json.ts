import { concatBytes, fromBase64Url, isBase64Url, toBase64Url } from '../bytes.ts'
import { isDocumentPath } from '../path/path.ts'
import { demand } from './format-error.ts'
import { LOG_ENTRIES, LOG_OLDER_IDS } from './limits.ts'
import type { SequenceLog } from './model.ts'
import { isNameable } from './sequence-log.ts'
import { base64, count, listOf, type Shape } from './shape.ts'

const ID_BYTES = 8

/** Stands in an entry for a list of removed paths that was too long to name. */
const RESET = 0

type EntryJson = readonly [seq: number, writeId: string, base: string, removed: readonly string[] | 0, timeMs: number]

/** The members `log` and `ids` of a body. */
export interface LogJson {
  readonly log: readonly EntryJson[]
  readonly ids: string
}

const isId = base64(ID_BYTES)
const isSeq = count(1)
const isTime = count(0)
const isRemoved = listOf(
  (path: unknown): path is string => typeof path === 'string' && isDocumentPath(path),
  Number.POSITIVE_INFINITY,
)

function isEntry(value: unknown): value is EntryJson {
  if (!Array.isArray(value) || value.length !== 5) return false
  const [seq, writeId, base, removed, timeMs] = value as readonly unknown[]
  return isSeq(seq) && isId(writeId) && isId(base) && (removed === RESET || isRemoved(removed)) && isTime(timeMs)
}

/** What `log` and `ids` must be, as far as that can be said without the file's `seq`. */
export const LOG_SHAPES: { readonly [Name in keyof LogJson]: Shape<LogJson[Name]> } = {
  log: listOf(isEntry, LOG_ENTRIES.most),
  ids: (value): value is string => {
    const length = typeof value === 'string' ? Math.floor((value.length * 3) / 4) : Number.NaN
    return length % ID_BYTES === 0 && length <= ID_BYTES * LOG_OLDER_IDS.most && isBase64Url(value, length)
  },
}

/** The members `log` and `ids` of a body. */
export function logToJson({ entries, olderIds }: SequenceLog): LogJson {
  return {
    log: entries.map(({ seq, writeId, base, removed, timeMs }) => [seq, writeId, base, removed ?? RESET, timeMs]),
    ids: toBase64Url(concatBytes(...olderIds.map((id) => fromBase64Url(id, ID_BYTES)))),
  }
}

/** The log from the members `log` and `ids`. */
export function logFromJson({ log, ids }: LogJson): SequenceLog {
  const bytes = fromBase64Url(ids)
  const olderIds: string[] = []
  for (let at = 0; at < bytes.length; at += ID_BYTES) olderIds.push(toBase64Url(bytes.subarray(at, at + ID_BYTES)))
  const entries = log.map(([seq, writeId, base, removed, timeMs]) => {
    return { seq, writeId, base, removed: removed === RESET ? null : removed, timeMs }
  })
  return { entries, olderIds }
}

/** Checks that the log belongs to a file at `seq`: it ends there without a gap and is as long as every writer keeps it. */
export function checkLog(seq: number, { entries, olderIds }: SequenceLog): void {
  demand(isSeq(seq), 'its write counter is malformed')
  const { length } = entries
  const before = seq - length
  const leastIds = Math.min(before, LOG_OLDER_IDS.kept - (length - LOG_ENTRIES.kept))
  demand(
    length >= Math.min(seq, LOG_ENTRIES.kept) &&
      length <= LOG_ENTRIES.most &&
      entries.every((entry, index) => entry.seq === before + index + 1) &&
      olderIds.length >= leastIds &&
      olderIds.length <= Math.min(before, LOG_OLDER_IDS.most),
    'its log does not fit its write counter',
  )
  demand(
    entries.every(({ removed }) => removed === null || isNameable(removed)),
    'a log entry is too long',
  )
}
