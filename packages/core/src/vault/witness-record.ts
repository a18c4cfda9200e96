import { isMembers, type Members } from '../format/json.ts'
import { base64, count } from '../format/shape.ts'

/** The highest state of one file that this device has seen. */
export interface SeenFile {
  /** The file's write counter. */
  readonly seq: number
  /** SHA-256 of the file, base64url. */
  readonly hash: string
}

/** What a device remembers of the vault at one location. JSON. */
export interface WitnessRecord {
  /** The vault's id, pinned: another vault in this place is a rollback. */
  readonly vault: string
  /** By file: `vault` or `shards/<id>`. */
  readonly files: Readonly<Record<string, SeenFile>>
}

const isVaultId = base64(16)
const isHash = base64(32)
const isSeq = count(1)

function isObject(value: unknown): value is Members {
  return isMembers(value) && !Array.isArray(value)
}

function isSeenFile(value: unknown): boolean {
  return isObject(value) && isSeq(value.seq) && isHash(value.hash)
}

/** What a witness loaded, if it is what one saves. A damaged memory is an error: taken for an empty one it would believe anything. */
export function checkRecord(loaded: WitnessRecord | null): WitnessRecord | null {
  const record: unknown = loaded
  if (record === null) return null
  const isRecord =
    isObject(record) &&
    isVaultId(record.vault) &&
    isObject(record.files) &&
    Object.values(record.files).every(isSeenFile)
  if (isRecord) return loaded
  throw new TypeError('The witness loaded something that was never saved. Restore it, or start with a new one.')
}

/** What is known from two records of one vault: of each file the later state. */
export function mergeRecords(saved: WitnessRecord | null, seen: WitnessRecord): WitnessRecord {
  const files = new Map(Object.entries(saved?.files ?? {}))
  for (const [file, state] of Object.entries(seen.files)) {
    if ((files.get(file)?.seq ?? 0) <= state.seq) files.set(file, state)
  }
  return { vault: seen.vault, files: Object.fromEntries(files) }
}
