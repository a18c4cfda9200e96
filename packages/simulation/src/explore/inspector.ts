import { ancestorsOf, directoryOf } from './ancestors.ts'
import { type RawItem, type RawRoot, type RawShard, readRoot, readShard, routingKey } from './sealed-files.ts'

/** A rule that the store's content breaks. */
export class Violation extends Error {
  override readonly name: string = 'Violation'
}

/** Text that stands in every simulated document and must never be seen in a stored byte. */
export const PLAINTEXT = 'the secret of'

const FIRST_KEY = '0'.repeat(32)

/** What one shard holds. */
interface Contents {
  readonly documents: readonly (readonly [path: string, text: string])[]
  readonly markers: readonly string[]
}

/** Reads the files as they are written, with the format's second reader, and checks what must hold in every state. */
export class Inspector {
  readonly #secret: Uint8Array
  #root: RawRoot | null = null
  readonly #shards = new Map<string, RawShard>()
  readonly #contents = new WeakMap<RawShard, Contents>()
  readonly #keys = new Map<string, string>()
  /** Shards that were reachable at some time. */
  readonly #known = new Set<string>()
  /** The reachable documents, as JSON by path. */
  documents: ReadonlyMap<string, string> = new Map()
  /** Directories that have a marker. */
  markers: ReadonlySet<string> = new Set()
  /** The shards that can be reached, in the order of their keys. */
  #reached: readonly { readonly id: string; readonly lo: string; readonly hi: string | null }[] = []

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Takes in the files of a vault to begin with. */
  load(files: ReadonlyMap<string, Uint8Array>): void {
    this.#root = readRoot(files.get('vault') as Uint8Array, this.#secret)
    for (const [key, data] of files) {
      const id = key.slice('shards/'.length)
      if (key === 'vault') continue
      this.#shards.set(id, readShard(this.root, id, data))
      this.#known.add(id) // born long ago, for all that is known
    }
    this.#walk()
  }

  /** Takes in one file that was just written. Throws a {@link Violation}. */
  wrote(key: string, data: Uint8Array): void {
    if (Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(PLAINTEXT)) {
      throw new Violation(`Plaintext in ${key}.`)
    }
    if (key === 'vault') this.#wroteRoot(data)
    else this.#wroteShard(key.slice('shards/'.length), data)
    this.#walk()
  }

  /** Shards that can be reached. */
  get shardCount(): number {
    return this.#reached.length
  }

  get root(): RawRoot {
    if (this.#root === null) throw new Violation('There is no root file.')
    return this.#root
  }

  /** The shard that owns a document, or the marker of a directory. */
  ownerOf(path: string): string {
    const directory = directoryOf(path)
    const key = this.#keyOf(directory, path.slice(directory.length))
    return this.#reached.findLast(({ lo }) => lo <= key)?.id ?? '0'
  }

  /** The shards that own keys of a directory's items. */
  ownersOf(directory: string): string[] {
    const { first, last } = this.#rangeOf(directory)
    return this.#reached.filter(({ lo, hi }) => lo <= last && (hi === null || hi > first)).map(({ id }) => id)
  }

  /** Whether a shard holds a document that stands in this very directory. */
  holdsDocumentOf(id: string, directory: string): boolean {
    return this.#itemsOf(id, directory).some((item) => item.length === 3)
  }

  /** Whether a shard holds anything of this directory but `path`. */
  holdsOther(id: string, directory: string, path: string): boolean {
    return this.#itemsOf(id, directory).some(([name]) => directory + name !== path)
  }

  #itemsOf(id: string, directory: string): readonly RawItem[] {
    return this.#shards.get(id)?.items.find(([name]) => name === directory)?.[1] ?? []
  }

  #rangeOf(directory: string): { readonly first: string; readonly last: string } {
    const half = this.#keyOf(directory, 'x').slice(0, 16) // the same for every item of the directory
    return { first: half.padEnd(32, '0'), last: half.padEnd(32, 'f') }
  }

  #wroteRoot(data: Uint8Array): void {
    const root = readRoot(data, this.#secret)
    const before = this.#root
    if (before !== null && root.config.seq !== before.config.seq + 1) throw new Violation('The root skips a write.')
    if (before !== null && root.vault !== before.vault) throw new Violation('Another vault replaces this one.')
    if (root.config.pending && this.#root !== null) throw new Violation('The root is pending again.')
    this.#root = root
  }

  #wroteShard(id: string, data: Uint8Array): void {
    const shard = readShard(this.root, id, data)
    const before = this.#shards.get(id)
    if (before !== undefined && shard.seq !== before.seq + 1) throw new Violation(`Shard ${id} skips a write.`)
    if (before !== undefined && shard.lo !== before.lo) throw new Violation(`The beginning of shard ${id} moved.`)
    this.#shards.set(id, shard)
  }

  #walk(): void {
    if (this.#root === null || (this.#root.config.pending && !this.#shards.has('0'))) return
    const documents = new Map<string, string>()
    const markers = new Set<string>()
    const reached = new Map<string, string>()
    const inOrder: { readonly id: string; readonly lo: string; readonly hi: string | null }[] = []
    let lo = FIRST_KEY
    let left: RawShard | null = null
    for (let id: string | null = '0'; id !== null; ) {
      const shard: RawShard | undefined = this.#shards.get(id)
      if (shard === undefined) throw new Violation(`Shard ${id} is missing.`)
      if (left !== null && !this.#known.has(id)) this.#checkBorn(id, shard, left)
      left = shard
      this.#known.add(id)
      if (shard.lo !== lo) throw new Violation(`Shard ${id} does not begin where its left neighbour ends.`)
      if (reached.has(lo)) throw new Violation(`Shard ${id} is reached twice.`)
      reached.set(lo, id)
      inOrder.push({ id, lo, hi: shard.hi })
      this.#collect(id, shard, documents, markers)
      lo = shard.hi ?? ''
      id = shard.next
    }
    for (const [mapped, id] of this.#root.config.map) {
      if (reached.get(mapped) !== id) throw new Violation(`The map names shard ${id}, which nothing reaches.`)
    }
    for (const path of documents.keys()) this.#checkLinked(path, markers)
    this.documents = documents
    this.markers = markers
    this.#reached = inOrder
  }

  /** A shard that its left neighbour names for the first time goes on where that one was split. */
  #checkBorn(id: string, shard: RawShard, left: RawShard): void {
    if (shard.seq !== left.seq) throw new Violation(`Shard ${id} is born with another write counter than the split's.`)
    const writes = ({ log, ids }: RawShard): string => `${ids} ${log.map(([, writeId]) => writeId).join(' ')}`
    if (writes(shard) !== writes(left)) throw new Violation(`Shard ${id} is born without the log of the split.`)
  }

  #collect(id: string, shard: RawShard, documents: Map<string, string>, markers: Set<string>): void {
    const contents = this.#contents.get(shard) ?? this.#contentsOf(id, shard)
    this.#contents.set(shard, contents)
    for (const [path, text] of contents.documents) documents.set(path, text)
    for (const directory of contents.markers) markers.add(directory)
  }

  #contentsOf(id: string, { lo, hi, items }: RawShard): Contents {
    const documents: [path: string, text: string][] = []
    const markers: string[] = []
    for (const [directory, each] of items) {
      for (const item of each) {
        const [name] = item
        const key = this.#keyOf(directory, name)
        if (key < lo || (hi !== null && key >= hi)) {
          throw new Violation(`Shard ${id} holds ${directory}${name}, which lies outside its range.`)
        }
        if (item.length === 2) markers.push(directory + name)
        else documents.push([directory + name, JSON.stringify(item[2])])
      }
    }
    return { documents, markers }
  }

  #checkLinked(path: string, markers: ReadonlySet<string>): void {
    for (const directory of ancestorsOf(path)) {
      if (!markers.has(directory)) throw new Violation(`${path} exists and ${directory} has no marker.`)
    }
  }

  #keyOf(directory: string, name: string): string {
    const path = directory + name
    const known = this.#keys.get(path)
    if (known !== undefined) return known
    const key = routingKey(Buffer.from(this.root.config.routingKey, 'base64url'), directory, name)
    this.#keys.set(path, key)
    return key
  }
}
