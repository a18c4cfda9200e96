import type { KdfParameters } from '../crypto/kdf-bounds.ts'
import type { WriteId } from '../crypto/write-id.ts'
import type { StoredDocument } from './document.ts'

export type { KdfParameters, WriteId }

/** One write in a file's sequence log, in full. */
export interface LogEntry {
  /** The file's `seq` after this write. */
  readonly seq: number
  readonly writeId: WriteId
  /** First 8 bytes of the SHA-256 of the file that this write replaced, base64url; 8 zero bytes for a file's first write. */
  readonly base: string
  /** Document paths that this write removed; `null` where there were too many to name (readers answer `reset`). */
  readonly removed: readonly string[] | null
  /** The writer's clock, in milliseconds since 1970. A hint for people; nothing depends on it. */
  readonly timeMs: number
}

/** A file's last writes: the newest in full, older ones as bare ids. Both run oldest to newest and join without a gap. */
export interface SequenceLog {
  readonly entries: readonly LogEntry[]
  /** Bare ids of the writes right before the first of `entries`. */
  readonly olderIds: readonly WriteId[]
}

/** What a shard holds: a document, or (where `document` is `null`) the marker of a subdirectory, whose name ends in `/`. */
export interface Item {
  readonly name: string
  /** The shard's `seq` when this item last changed. */
  readonly seq: number
  readonly document: StoredDocument | null
}

/** The items of one directory that lie in one shard, by name. */
export type DirectoryItems = ReadonlyMap<string, Item>

/** The decrypted content of one shard file. An immutable snapshot: a change makes a new one. */
export interface ShardState {
  /** Grows by exactly 1 with every write. Safe integer, from 1. */
  readonly seq: number
  /** First routing key owned: 32 lower-case hex digits. */
  readonly lo: string
  /** First routing key no longer owned; `null` at the end of the key space. */
  readonly hi: string | null
  /** Id of the shard that begins at `hi`; `null` exactly when `hi` is. */
  readonly next: string | null
  readonly log: SequenceLog
  readonly directories: ReadonlyMap<string, DirectoryItems>
}

/** Which compression new bodies get; readers take both. */
export type Compression = 'none' | 'deflate'

/** One shard key, by the id that stands in the headers of the files sealed under it. */
export interface ShardKey {
  /** 8 bytes, base64url. */
  readonly id: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** Where a shard begins; the list of all is the (possibly old) shard map. */
export interface MapEntry {
  readonly lo: string
  readonly shard: string
}

/** The sealed part of the root file. */
export interface RootConfig {
  readonly seq: number
  readonly log: SequenceLog
  /** Set from creation until the first shard exists; valid only with `seq` 1. */
  readonly pending: boolean
  /** 32 bytes, chosen at creation, never changed. */
  readonly routingKey: Uint8Array
  /** Oldest first; new files are sealed under the last. At least one. */
  readonly keys: readonly ShardKey[]
  /** Ascending by `lo`, the first at all zeros with shard `0`. */
  readonly map: readonly MapEntry[]
  /** Names that people gave to slots, by slot id. */
  readonly slotNames: readonly (readonly [id: string, name: string])[]
  /** Features that a reader must know to read this vault; an unknown one is `ERR_UNSUPPORTED`. */
  readonly critical: readonly string[]
  /** Features that a reader may ignore. */
  readonly ignorable: readonly string[]
  /** Size of a shard's items, as JSON, beyond which it is split. Bytes. */
  readonly shardBytes: number
  readonly compression: Compression
  /** Largest document, as JSON. Bytes. */
  readonly maxDocumentBytes: number
}

/** A slot that a password opens. */
export interface PasswordSlot {
  /** 8 bytes, base64url. */
  readonly id: string
  readonly kind: 'password'
  readonly kdf: KdfParameters
  /** The root secret sealed under what the password derives, base64url. */
  readonly wrap: string
}

/** A slot that 32 raw bytes open. */
export interface KeySlot {
  /** 8 bytes, base64url. */
  readonly id: string
  readonly kind: 'key'
  /** The root secret sealed under what the key derives, base64url. */
  readonly wrap: string
}

/** A slot of a kind, or with a key derivation, that this version does not know: kept as it is, never tried. */
export interface UnknownSlot {
  /** 8 bytes, base64url. */
  readonly id: string
  readonly kind: 'unknown'
  /** The slot's own JSON. */
  readonly json: string
}

/** One way to unlock the vault, as it stands in the root file's header. */
export type Slot = PasswordSlot | KeySlot | UnknownSlot

/** A slot before its root secret is sealed; the seal covers all of this. */
export type SlotWithoutWrap = Omit<PasswordSlot, 'wrap'> | Omit<KeySlot, 'wrap'>

/** The clear part of the root file. */
export interface RootHeader {
  /** Vault id: 16 bytes, base64url. */
  readonly vault: string
  /** Id of the root key: 8 bytes, base64url. */
  readonly key: string
  /** 1 to 16. */
  readonly slots: readonly Slot[]
}
