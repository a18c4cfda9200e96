/** Version of the format that this code reads and writes. A draft until key rotation has landed. */
export const FORMAT_VERSION = 1

/** Longest header of a shard file, in bytes. */
export const MAX_SHARD_HEADER_BYTES = 512
/** Longest header of the root file, in bytes. */
export const MAX_ROOT_HEADER_BYTES: number = 32 * 1024
/** Key slots of a vault: 1 to this many. */
export const MAX_SLOTS = 16
/** Longest JSON inside a file, in bytes. */
export const MAX_JSON_BYTES: number = 64 * 1024 * 1024
/** Longest file, in bytes: the longest JSON, its random addition (an eighth) and Padmé's (a sixteenth), generously. */
export const MAX_FILE_BYTES: number = 96 * 1024 * 1024
/** Smallest sealed body, in bytes: below it all sizes look alike. */
export const MIN_BODY_BYTES = 4_096
/** Deepest nesting of arrays and objects in a body. */
export const MAX_BODY_DEPTH = 128
/** Deepest nesting of arrays and objects in one document; in a body a document stands five levels down. */
export const MAX_DOCUMENT_DEPTH = 100

/** Writes that a log names in full, as far as there were as many: what a writer keeps, and the most that a reader takes. */
export const LOG_ENTRIES: Readonly<{ kept: number; most: number }> = { kept: 16, most: 64 }
/** Older writes that a log names by bare id: what a writer keeps, and the most that a reader takes. */
export const LOG_OLDER_IDS: Readonly<{ kept: number; most: number }> = { kept: 64, most: 256 }
/** Removed paths that one log entry names; more become `reset`. */
export const MAX_REMOVED_PATHS = 64
/** UTF-8 bytes of the removed paths that one log entry names; more become `reset`. */
export const MAX_REMOVED_BYTES = 4_096

/** Bounds of the configuration's sizes, in bytes. */
export const SHARD_BYTES: Readonly<{ min: number; max: number }> = { min: 1_024, max: 16 * 1024 * 1024 }
/** Bounds of the largest document, in bytes. */
export const DOCUMENT_BYTES: Readonly<{ min: number; max: number }> = { min: 1_024, max: 32 * 1024 * 1024 }
