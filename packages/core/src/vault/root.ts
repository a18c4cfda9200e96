import { equalBytes, toBase64Url } from '../bytes.ts'
import { sha256 } from '../crypto/hash.ts'
import { deriveRootKey, type KdfOptions, kdfOptionsOf } from '../crypto/kdf.ts'
import { FIRST_KEY } from '../crypto/router.ts'
import type { CryptoContext } from '../crypto/seal.ts'
import { newWriteId } from '../crypto/write-id.ts'
import { errorCode, restated, VaultError } from '../errors.ts'
import { parseRootHeader, ROOT_FILE } from '../format/header.ts'
import type { Compression, LogEntry, RootConfig, RootHeader, Slot, WriteId } from '../format/model.ts'
import { decodeRootFile, encodeRootFile } from '../format/root-file.ts'
import { appendToLog, emptyLog, logHasWrite, logReaches } from '../format/sequence-log.ts'
import { FIRST_SHARD, type ShardFileContext } from '../format/shard-file.ts'
import type { Runtime } from '../runtime.ts'
import type { StoredBlob, Version } from '../store/contract.ts'
import { createSlot, type Secret, unlock } from './credentials.ts'
import { missingFile, readDoubting } from './reading.ts'
import type { Answer, Finding, Requests } from './requests.ts'
import type { WitnessBook } from './witness.ts'
import type { SeenFile } from './witness-record.ts'

/** Format parameters that are chosen once, at creation. */
export interface VaultParameters {
  readonly shardBytes: number
  readonly maxDocumentBytes: number
  readonly compression: Compression
}

/** One state of the root file. */
interface RootState {
  readonly header: RootHeader
  readonly config: RootConfig
  readonly version: Version
  readonly hash: Uint8Array
}

type RootChange = { readonly header?: RootHeader; readonly config?: RootConfig }

/** Everything that the root file is read and written with. */
export interface RootContext {
  readonly crypto: CryptoContext
  readonly requests: Requests
  readonly witness: WitnessBook
}

/** The root file of an unlocked vault: key slots, configuration and the stored shard map. */
export class VaultRoot {
  readonly #context: RootContext
  readonly #rootKey: Uint8Array
  #state: RootState
  /** Changes of the root wait for each other: compare-and-swap guards against other clients only. */
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(context: RootContext, rootKey: Uint8Array, state: RootState) {
    this.#context = context
    this.#rootKey = rootKey
    this.#state = state
  }

  /**
   * Takes possession of an empty location: writes a root file marked pending. `ERR_EXISTS` if one is there. The first shard
   * has to be made and the mark removed before the vault is used.
   */
  static async create(
    context: RootContext,
    secret: Secret,
    parameters: VaultParameters,
    options: { readonly kdf?: KdfOptions | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<VaultRoot> {
    const { runtime } = context.crypto
    const rootSecret = runtime.randomBytes(32)
    const ids = { vault: toBase64Url(runtime.randomBytes(16)), key: toBase64Url(runtime.randomBytes(8)) }
    const slot = await createSlot(context.crypto, ids, secret, rootSecret, options.kdf)
    const header: RootHeader = { ...ids, slots: [slot] }
    const rootKey = deriveRootKey(rootSecret)
    const entry = newEntry(runtime, 1, NO_BASE, rootSecret)
    const config: RootConfig = {
      seq: 1,
      log: appendToLog(emptyLog, entry),
      pending: true,
      routingKey: runtime.randomBytes(32),
      keys: [{ id: toBase64Url(runtime.randomBytes(8)), key: runtime.randomBytes(32) }],
      map: [{ lo: FIRST_KEY, shard: FIRST_SHARD }],
      slotNames: [],
      critical: [],
      ignorable: [],
      ...parameters,
    }
    const data = await encodeRootFile(context.crypto, header, rootKey, config)
    const hash = sha256(runtime, data)
    let found: RootState | null = null
    let isOurs = false
    const look = async ({ blob }: Answer): Promise<Finding> => {
      if (blob === null || blob === 'unchanged') return { kind: 'unmoved' }
      if (equalBytes(blob.data, data)) return { kind: 'current', version: blob.version }
      isOurs = parseRootHeader(blob.data).header.vault === ids.vault
      if (!isOurs) return { kind: 'not-applied' }
      // Somebody who knows the password has found the pending vault meanwhile and finished it.
      found = await decodeState(context, rootKey, blob)
      return logHasWrite(found.config.log, entry.writeId) ? { kind: 'applied' } : { kind: 'unclear' }
    }
    const inspect = async (): Promise<Finding> => {
      try {
        return await readDoubting(context, ROOT_FILE, {}, look)
      } catch (error) {
        const isForeign = !isOurs && (errorCode(error) === 'ERR_CORRUPT' || errorCode(error) === 'ERR_UNSUPPORTED')
        if (isForeign) return { kind: 'not-applied' } // whatever it is, it stays
        throw error
      }
    }
    const { signal } = options
    const outcome = await context.requests.settle({ key: ROOT_FILE, data, expected: null, signal, inspect })
    if (outcome.kind === 'conflict') throw existsError()
    if (outcome.kind === 'refused' || outcome.kind === 'unknown') throw failedWrite(outcome)
    const state = outcome.kind === 'superseded' ? found : { header, config, version: outcome.version, hash }
    if (state === null) throw missingFile(ROOT_FILE)
    rememberState(context, state)
    return new VaultRoot(context, rootKey, state)
  }

  /** Unlocks the root file in `answer`. `ERR_CREDENTIALS`, `ERR_CORRUPT`, `ERR_UNSUPPORTED`, `ERR_ROLLBACK`, `ERR_FORK`. */
  static async open(context: RootContext, secret: Secret, blob: StoredBlob): Promise<VaultRoot> {
    const { header } = parseRootHeader(blob.data)
    context.witness.expect(header.vault)
    const { rootSecret } = await unlock(context.crypto, header, secret)
    const rootKey = deriveRootKey(rootSecret)
    const state = await acceptState(context, rootKey, blob, context.witness.recall(ROOT_FILE))
    return new VaultRoot(context, rootKey, state)
  }

  get header(): RootHeader {
    return this.#state.header
  }

  get config(): RootConfig {
    return this.#state.config
  }

  /** What shard files are sealed and opened with. */
  get shardContext(): ShardFileContext {
    const { header, config } = this.#state
    return { crypto: this.#context.crypto, vault: header.vault, keys: config.keys, compression: config.compression }
  }

  /** Reads the root file again and takes over what is newer. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { version } = this.#state
    await readDoubting(this.#context, ROOT_FILE, { unlessVersion: version, signal }, (answer, asOf) =>
      this.#takeOver(answer, asOf),
    )
  }

  async #takeOver({ blob }: Answer, asOf: SeenFile | undefined): Promise<RootState> {
    if (blob === 'unchanged') return this.#state
    if (blob === null) throw missingFile(ROOT_FILE)
    const state = await acceptState(this.#context, this.#rootKey, blob, asOf)
    if (state.config.seq >= this.#state.config.seq) this.#state = state
    return state
  }

  /**
   * Changes the root file. `change` gets the newest state known and returns what to replace, or `null` when there is nothing
   * to do; it is asked again after a conflict. `ERR_CONTENTION`, `ERR_OUTCOME_UNKNOWN`, and what the store refuses with.
   */
  async change(
    change: (header: RootHeader, config: RootConfig) => RootChange | null | Promise<RootChange | null>,
    signal?: AbortSignal,
  ): Promise<void> {
    const turn = this.#queue.then(() => this.#change(change, signal))
    this.#queue = turn.catch(() => undefined)
    await turn
  }

  async #change(
    change: (header: RootHeader, config: RootConfig) => RootChange | null | Promise<RootChange | null>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { requests } = this.#context
    for (let attempt = 1; attempt <= requests.retry.conflictAttempts; attempt++) {
      const base = this.#state
      const wanted = await change(base.header, base.config)
      if (wanted === null) return
      if (await this.#write(base, wanted, signal)) return
      // The conflict was settled by reading the file, so the next attempt starts from what was read; the first at once.
      if (attempt > 1) await requests.pauseAfterConflict(attempt - 1, signal)
    }
    throw new VaultError('ERR_CONTENTION', 'Other clients kept changing the root file. Try again.', { applied: 'no' })
  }

  /** Whether it is applied; if not, others have changed the file since `base`. */
  async #write(base: RootState, wanted: RootChange, signal?: AbortSignal): Promise<boolean> {
    const { crypto, requests, witness } = this.#context
    const { runtime } = crypto
    const header = wanted.header ?? base.header
    const changed = wanted.config ?? base.config
    const entry = newEntry(runtime, base.config.seq + 1, base.hash, changed.routingKey)
    const { seq, writeId } = entry
    const config: RootConfig = { ...changed, seq, log: appendToLog(base.config.log, entry) }
    const data = await encodeRootFile(crypto, header, this.#rootKey, config)
    const hash = sha256(runtime, data)
    const inspect = async (): Promise<Finding> => {
      const found = await readDoubting(this.#context, ROOT_FILE, {}, (answer, asOf) => this.#takeOver(answer, asOf))
      return judgeWrite(found, { hash, writeId, baseSeq: base.config.seq })
    }
    const outcome = await requests.settle({ key: ROOT_FILE, data, expected: base.version, signal, inspect })
    if (outcome.kind === 'refused' || outcome.kind === 'unknown') throw failedWrite(outcome)
    if (outcome.kind === 'done') {
      witness.remember(ROOT_FILE, seq, hash)
      // A read may have shown a newer state before this answer came.
      if (seq > this.#state.config.seq) this.#state = { header, config, version: outcome.version, hash }
    }
    return outcome.kind !== 'conflict'
  }

  /**
   * Replaces the slot that `old` opens by one for `next`, with the same cost of key derivation. The key that the slots hold
   * stays the same.
   */
  async changeSecret(old: Secret, next: Secret, signal?: AbortSignal): Promise<void> {
    await this.refresh(signal)
    let made: { readonly replaced: string; readonly slot: Slot } | null = null
    await this.change(async (header) => {
      if (made === null || !header.slots.some((slot) => slot.id === made?.replaced)) {
        const { slot, rootSecret } = await unlock(this.#context.crypto, header, old)
        const kdf = slot.kind === 'password' ? kdfOptionsOf(slot.kdf) : undefined
        made = { replaced: slot.id, slot: await createSlot(this.#context.crypto, header, next, rootSecret, kdf) }
      }
      const { replaced, slot } = made
      return { header: { ...header, slots: header.slots.map((each) => (each.id === replaced ? slot : each)) } }
    }, signal)
  }
}

/** Stands for the hash of the file that a file's first write replaces. */
export const NO_BASE: Uint8Array = new Uint8Array(32)

/** The log's short form of a file's hash: its first 8 bytes, base64url. */
export function baseOf(hash: Uint8Array): string {
  return toBase64Url(hash.subarray(0, 8))
}

/** The entry of a new write, with an id of its own, that replaces the file with hash `base`; `change` as for the id. */
export function newEntry(
  runtime: Runtime,
  seq: number,
  base: Uint8Array,
  change: Uint8Array,
  removed: readonly string[] = [],
): LogEntry {
  return { seq, writeId: newWriteId(runtime, base, change), base: baseOf(base), removed, timeMs: runtime.now() }
}

/** What the state of a file, read after a write was answered with a conflict, says about that write. */
export function judgeWrite(
  found: { readonly hash: Uint8Array; readonly version: Version; readonly config: Pick<RootConfig, 'seq' | 'log'> },
  write: { readonly hash: Uint8Array; readonly writeId: WriteId; readonly baseSeq: number },
): Finding {
  const { seq, log } = found.config
  if (equalBytes(found.hash, write.hash)) return { kind: 'current', version: found.version }
  if (logHasWrite(log, write.writeId)) return { kind: 'applied' }
  if (seq === write.baseSeq) return { kind: 'unmoved' }
  return { kind: logReaches(log, seq, write.baseSeq) ? 'not-applied' : 'out-of-reach' }
}

/** The error of creating a vault where one is. */
export function existsError(): VaultError {
  return new VaultError('ERR_EXISTS', 'A vault is here already: open it, or choose another place.', { applied: 'no' })
}

/** The error of an operation whose write was refused, or of which nobody can tell whether it was applied. */
export function failedWrite(outcome: { readonly kind: 'refused' | 'unknown'; readonly error: unknown }): VaultError {
  if (outcome.kind === 'unknown') {
    return new VaultError(
      'ERR_OUTCOME_UNKNOWN',
      'Whether the change was applied is not known. Read again before repeating it.',
      { applied: 'unknown', cause: outcome.error },
    )
  }
  return notApplied(outcome.error)
}

/** The same error, with the word that nothing was applied. */
export function notApplied(error: unknown): VaultError {
  return restated(error, 'no')
}

async function decodeState(context: RootContext, rootKey: Uint8Array, blob: StoredBlob): Promise<RootState> {
  const { header, config } = await decodeRootFile(context.crypto, blob.data, rootKey)
  return { header, config, version: blob.version, hash: sha256(context.crypto.runtime, blob.data) }
}

/** A state that was read, unless it contradicts what the witness has seen. */
async function acceptState(
  context: RootContext,
  rootKey: Uint8Array,
  blob: StoredBlob,
  asOf: SeenFile | undefined,
): Promise<RootState> {
  const state = await decodeState(context, rootKey, blob)
  context.witness.judge(ROOT_FILE, { ...state.config, hash: state.hash }, asOf)
  rememberState(context, state)
  return state
}

function rememberState({ witness }: RootContext, { header, config, hash }: RootState): void {
  witness.pin(header.vault)
  witness.remember(ROOT_FILE, config.seq, hash)
}
