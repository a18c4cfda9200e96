import { isBase64Url } from '../bytes.ts'

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

const VAULT_ID_BYTES = 16
const HASH_BYTES = 32

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSeenFile(value: unknown): boolean {
  return (
    isObject(value) && Number.isSafeInteger(value.seq) && Number(value.seq) > 0 && isBase64Url(value.hash, HASH_BYTES)
  )
}

/** What a witness loaded, if it is what one saves. A damaged memory is an error: taken for an empty one it would believe anything. */
export function checkRecord(loaded: WitnessRecord | null): WitnessRecord | null {
  const record: unknown = loaded
  if (record === null) return null
  const isRecord =
    isObject(record) &&
    isBase64Url(record.vault, VAULT_ID_BYTES) &&
    isObject(record.files) &&
    Object.values(record.files).every(isSeenFile)
  if (isRecord) return loaded
  throw new TypeError(
    'The witness loaded something that it was never given to save. Restore it, or start with a new one.',
  )
}

/** What is known from two records of one vault: of each file the later state. */
export function mergeRecords(saved: WitnessRecord | null, seen: WitnessRecord): WitnessRecord {
  const files = new Map(Object.entries(saved?.files ?? {}))
  for (const [file, state] of Object.entries(seen.files)) {
    if ((files.get(file)?.seq ?? 0) <= state.seq) files.set(file, state)
  }
  return { vault: seen.vault, files: Object.fromEntries(files) }
}
