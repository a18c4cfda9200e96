import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { VaultError } from '../errors.ts'
import type { SequenceLog } from '../format/model.ts'
import { entryOf } from '../format/sequence-log.ts'
import { checkRecord, mergeRecords, type SeenFile, type WitnessRecord } from './witness-record.ts'

/**
 * A memory that outlives a database object, kept per location. With it a store that goes back in time, or that shows
 * different histories to different readers, is noticed. Keep it where the store cannot change it.
 */
export interface Witness {
  /**
   * What was saved last for this location; `null` when nothing was. If it rejects, or resolves to anything else (`TypeError`),
   * so does `open`: what was seen must not be lost. Called before each save, too, which then leaves nothing out that another
   * database saved meanwhile.
   */
  load(): Promise<WitnessRecord | null>
  /**
   * Saves what is known now. Called after changes, one call at a time for each witness object; `close` waits for it. If it
   * rejects nothing fails: a lost save only weakens what can be noticed.
   */
  save(record: WitnessRecord): Promise<void>
}

/** A witness in memory: give the same one to every `open` of one location. */
export function createMemoryWitness(): Witness {
  let saved: WitnessRecord | null = null
  return {
    load: async () => saved,
    save: async (record) => {
      saved = record
    },
  }
}

/** A file as it was just read. */
interface Sighting {
  readonly seq: number
  readonly hash: Uint8Array
  readonly log: SequenceLog
}

/** By witness: its last save. Databases that share one take turns, so that neither saves over what the other has seen. */
const saves = new WeakMap<Witness, Promise<void>>()

/** The engine's side of a {@link Witness}: judges what is read against what was seen. */
export class WitnessBook {
  /** `null` where nothing outlives the database. */
  readonly #witness: Witness | null
  #vault: string | null = null
  #files = new Map<string, SeenFile>()
  #unsaved = false
  #saving: Promise<void> = Promise.resolve()

  private constructor(witness: Witness | null) {
    this.#witness = witness
  }

  static async load(witness: Witness | null): Promise<WitnessBook> {
    const book = new WitnessBook(witness)
    const record = checkRecord((await witness?.load()) ?? null)
    if (record !== null) {
      book.#vault = record.vault
      book.#files = new Map(Object.entries(record.files))
    }
    return book
  }

  /** Whether a vault was seen here before. */
  get hasSeen(): boolean {
    return this.#vault !== null
  }

  /** Throws `ERR_ROLLBACK` if another vault was here. */
  expect(vault: string): void {
    if (this.#vault !== null && this.#vault !== vault) {
      throw new VaultError(
        'ERR_ROLLBACK',
        'Another vault was here before. If it was replaced on purpose, start with a new witness.',
      )
    }
  }

  /** Remembers the id of a vault whose root file was authentic, or throws `ERR_ROLLBACK` if another one was here. */
  pin(vault: string): void {
    this.expect(vault)
    this.#vault = vault
  }

  recall(file: string): SeenFile | undefined {
    return this.#files.get(file)
  }

  /**
   * Throws `ERR_ROLLBACK` or `ERR_FORK` if the sighting contradicts what was seen. `asOf` is what was known when the request
   * was sent: an answer may rightly be older than what was learned while it was on its way.
   */
  judge(file: string, sighting: Sighting, asOf: SeenFile | undefined): void {
    if (asOf !== undefined && sighting.seq < asOf.seq) {
      throw new VaultError(
        'ERR_ROLLBACK',
        `"${file}" is older (write ${sighting.seq}) than this device has seen (write ${asOf.seq}). Find out who restored an old copy.`,
      )
    }
    for (const seen of new Set([asOf, this.#files.get(file)])) {
      if (seen !== undefined && !descends(sighting, seen)) {
        throw new VaultError(
          'ERR_FORK',
          `"${file}" does not descend from what this device has seen (write ${seen.seq}). Keep a copy of the store first of all.`,
        )
      }
    }
  }

  remember(file: string, seq: number, hash: Uint8Array): void {
    const seen = this.#files.get(file)
    if (seen !== undefined && seen.seq >= seq) return
    this.#files.set(file, { seq, hash: toBase64Url(hash) })
    if (this.#unsaved || this.#witness === null) return
    this.#unsaved = true
    const witness = this.#witness
    this.#saving = (saves.get(witness) ?? Promise.resolve()).then(() => this.#save(witness))
    saves.set(witness, this.#saving)
  }

  /** Waits until all that is known has been handed to the witness. */
  async flush(): Promise<void> {
    while (this.#unsaved) await this.#saving
    await this.#saving
  }

  async #save(witness: Witness): Promise<void> {
    this.#unsaved = false
    if (this.#vault === null) return
    const seen: WitnessRecord = { vault: this.#vault, files: Object.fromEntries(this.#files) }
    try {
      const saved = checkRecord((await witness.load()) ?? null)
      // Whoever replaced the vault on purpose has the place now.
      if (saved === null || saved.vault === seen.vault) await witness.save(mergeRecords(saved, seen))
    } catch {
      // A lost save only weakens later detection; the vault itself is unharmed, so no operation fails for it.
    }
  }
}

/** Whether a state can have grown out of one seen before, as far as its log reaches. */
function descends(sighting: Sighting, seen: SeenFile): boolean {
  if (sighting.seq === seen.seq) return toBase64Url(sighting.hash) === seen.hash
  const entry = entryOf(sighting.log, seen.seq + 1) // an older state, whose answer was on its way, has no such entry
  return entry === undefined || entry.base === basePrefix(seen.hash)
}

/** The first 8 bytes of a base64url hash, base64url again, as the log holds them. */
function basePrefix(hash: string): string {
  return toBase64Url(fromBase64Url(hash).subarray(0, 8))
}
