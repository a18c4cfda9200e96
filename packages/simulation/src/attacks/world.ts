import {
  type BlobStore,
  type ListedBlob,
  type ReadOptions,
  type StoreCapabilities,
  type StoredBlob,
  VaultError,
  type Version,
} from '@vaultdb/core'
import { PLAINTEXT } from '../explore/inspector.ts'

/** The files of a store by key. */
export type Files = ReadonlyMap<string, Uint8Array>

/** What a read answers when nobody lies; what an adversary answers may be anything. */
type ReadAnswer = StoredBlob | 'unchanged' | null

/** Answers in the place of the honest store, which `honestly` asks. */
export interface Lies {
  read?(key: string, honestly: () => ReadAnswer, options: ReadOptions): unknown
  write?(key: string, honestly: () => Version, data: Uint8Array, expected: Version | null): unknown
  list?(prefix: string, honestly: () => ListedBlob[]): unknown
}

const CAPABILITIES: StoreCapabilities = Object.freeze({
  atomicCreate: true,
  atomicUpdate: true,
  atomicReads: true,
  conditionalDelete: true,
  trustworthyListings: true,
  crossProcess: true,
  durable: true,
  maxBlobBytes: null,
})

/** A client that sends so many requests in one case does not come to an end. */
const MAX_REQUESTS = 4_000

/** Names that stand in every vault here; no stored byte may show them. */
const SECRETS: readonly Buffer[] = [PLAINTEXT, 'private-'].map((secret) => Buffer.from(secret))

/** A store in the hands of an adversary: honest compare-and-swap until it is told otherwise. */
export class World implements BlobStore {
  readonly name: string = 'evil'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #files = new Map<string, StoredBlob>()
  /** What lay there before the adversary put something else in its place. */
  readonly #originals = new Map<string, { readonly original: StoredBlob | null; readonly put: StoredBlob | null }>()
  #lies: Lies = {}
  #versions = 0
  #requests = 0
  /** Whether an operation had to be stopped by refusing its requests. */
  exhausted = false
  /** Whether somebody sent what must not be seen. */
  leaked = false
  /** Called after each write that was done. */
  onWritten: (key: string) => void | Promise<void> = () => undefined

  constructor(files: Files) {
    for (const [key, data] of files) this.#files.set(key, { data, version: this.newVersion() })
  }

  newVersion(): Version {
    return `version ${++this.#versions}`
  }

  /** The files as they are. */
  get files(): Files {
    return new Map([...this.#files].map(([key, { data }]) => [key, data]))
  }

  /** The file as it is; throws where there is none. */
  file(key: string): Uint8Array {
    const blob = this.#files.get(key)
    if (blob === undefined) throw new RangeError(`There is no ${key}.`)
    return blob.data
  }

  versionOf(key: string): Version | undefined {
    return this.#files.get(key)?.version
  }

  /** Puts something in a file's place, or takes the file away. */
  put(key: string, data: Uint8Array | null): void {
    const now = this.#files.get(key) ?? null
    const put = data === null ? null : { data, version: this.newVersion() }
    this.#originals.set(key, { original: this.#originals.get(key)?.original ?? now, put })
    this.#set(key, put)
  }

  /** Puts a whole store in this one's place. */
  become(files: Files): void {
    for (const key of new Set([...this.#files.keys(), ...files.keys()])) this.put(key, files.get(key) ?? null)
  }

  lie(lies: Lies): void {
    this.#lies = lies
  }

  /** Ends all lies, and puts back what was taken, but for files that somebody has written since. */
  relent(): void {
    this.#lies = {}
    for (const [key, { original, put }] of this.#originals) {
      if ((this.#files.get(key) ?? null) === put) this.#set(key, original)
    }
    this.#originals.clear()
    this.#requests = 0
  }

  /** Counts requests from here on anew. */
  begin(): void {
    this.#requests = 0
  }

  #set(key: string, blob: StoredBlob | null): void {
    if (blob === null) this.#files.delete(key)
    else this.#files.set(key, blob)
  }

  #count(): void {
    if (++this.#requests <= MAX_REQUESTS) return
    this.exhausted = true
    throw new VaultError('ERR_UNAUTHORIZED', 'Enough.')
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    this.#count()
    const honestly = (): ReadAnswer => {
      const blob = this.#files.get(key)
      if (blob === undefined) return null
      return blob.version === options.unlessVersion ? 'unchanged' : { ...blob, data: new Uint8Array(blob.data) }
    }
    const answer = this.#lies.read === undefined ? honestly() : this.#lies.read(key, honestly, options)
    return (await answer) as ReadAnswer
  }

  async write(key: string, data: Uint8Array, expected: Version | null): Promise<Version> {
    this.#count()
    if (SECRETS.some((secret) => Buffer.from(data.buffer, data.byteOffset, data.length).includes(secret))) {
      this.leaked = true
    }
    const honestly = (): Version => {
      if ((this.#files.get(key)?.version ?? null) !== expected)
        throw new VaultError('ERR_CONFLICT', 'Not that version.')
      return this.apply(key, data)
    }
    const answer = this.#lies.write === undefined ? honestly() : this.#lies.write(key, honestly, data, expected)
    await this.onWritten(key)
    return (await answer) as Version
  }

  /** Writes, whatever is there. */
  apply(key: string, data: Uint8Array): Version {
    const version = this.newVersion()
    this.#files.set(key, { data: new Uint8Array(data), version })
    return version
  }

  async delete(key: string, expected: Version): Promise<void> {
    this.#count()
    if (this.#files.get(key)?.version !== expected) throw new VaultError('ERR_CONFLICT', 'Not that version.')
    this.#files.delete(key)
  }

  async *list(prefix: string): AsyncGenerator<ListedBlob, void, undefined> {
    this.#count()
    const honestly = (): ListedBlob[] =>
      [...this.#files]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { data, version }]) => ({ key, version, size: data.length }))
    const listing = this.#lies.list === undefined ? honestly() : this.#lies.list(prefix, honestly)
    yield* listing as Iterable<ListedBlob>
  }
}
