import { utf8Length } from '../bytes.ts'
import { LOG_ENTRIES, LOG_OLDER_IDS, MAX_REMOVED_BYTES, MAX_REMOVED_PATHS } from './limits.ts'
import type { LogEntry, SequenceLog, WriteId } from './model.ts'

/** The log of a file that was never written. */
export const emptyLog: SequenceLog = { entries: [], olderIds: [] }

/** Whether one log entry may name these paths. */
export function isNameable(removed: readonly string[]): boolean {
  if (removed.length > MAX_REMOVED_PATHS) return false
  return removed.reduce((bytes, path) => bytes + utf8Length(path), 0) <= MAX_REMOVED_BYTES
}

/**
 * The log with one more write at its end. The newest entries stay in full, older ones as bare ids, the oldest go; a list of
 * removed paths that is too long becomes `null`.
 */
export function appendToLog(log: SequenceLog, entry: LogEntry): SequenceLog {
  const removed = entry.removed !== null && isNameable(entry.removed) ? entry.removed : null
  // A hint for people only, but an integer in the file, whatever clock the runtime has.
  const timeMs = Math.min(Math.max(Math.floor(entry.timeMs) || 0, 0), Number.MAX_SAFE_INTEGER)
  const entries = [...log.entries, { ...entry, removed, timeMs }]
  const older = entries.splice(0, Math.max(0, entries.length - LOG_ENTRIES.kept))
  const olderIds = [...log.olderIds, ...older.map((each) => each.writeId)]
  return { entries, olderIds: olderIds.slice(-LOG_OLDER_IDS.kept) }
}

/** Whether the log names this write. */
export function logHasWrite(log: SequenceLog, writeId: WriteId): boolean {
  return log.entries.some((entry) => entry.writeId === writeId) || log.olderIds.includes(writeId)
}

/** Whether the log of a file at `currentSeq` names every write after `baseSeq`. */
export function logReaches(log: SequenceLog, currentSeq: number, baseSeq: number): boolean {
  return baseSeq <= currentSeq && currentSeq - baseSeq <= log.entries.length + log.olderIds.length
}

/** The write that led to `seq`, if the log has it in full. */
export function entryOf(log: SequenceLog, seq: number): LogEntry | undefined {
  return log.entries.find((entry) => entry.seq === seq)
}

/** The log for one part of a shard that is split: without the removed paths that `keep` refuses. `null` stays `null`. */
export function narrowLog(log: SequenceLog, keep: (path: string) => boolean): SequenceLog {
  const entries = log.entries.map((entry) => ({ ...entry, removed: entry.removed?.filter(keep) ?? null }))
  return { entries, olderIds: log.olderIds }
}
