import type { Runtime } from '@vaultdb/core'
import { contentHash } from './content-hash.ts'
import { ancestorsOf, folded, nameOf } from './paths.ts'

interface Common {
  readonly name: string
  readonly path_lower: string
  readonly path_display: string
}

export interface FileMetadata extends Common {
  readonly '.tag': 'file'
  readonly id: string
  readonly client_modified: string
  readonly server_modified: string
  readonly rev: string
  readonly size: number
  readonly is_downloadable: true
  readonly content_hash: string
}
export interface FolderMetadata extends Common {
  readonly '.tag': 'folder'
  readonly id: string
}
export interface DeletedMetadata extends Common {
  readonly '.tag': 'deleted'
}
export type Metadata = FileMetadata | FolderMetadata | DeletedMetadata

interface Entry {
  readonly metadata: Metadata
  readonly data?: Uint8Array
  /** When it last changed, in steps of the account. */
  readonly step: number
}

const REV_DIGITS = 13
const ID_BYTES = 15

/** The files of one account (of the app's own folder in it), and in which order they changed. */
export class Account {
  readonly #runtime: Pick<Runtime, 'now' | 'randomBytes'>
  readonly #entries: Map<string, Entry> = new Map()
  readonly #watchers: Set<() => void> = new Set()
  #step: number = 0
  /** Whether a write is being committed: another one meanwhile is refused. */
  writing: boolean = false

  constructor(runtime: Pick<Runtime, 'now' | 'randomBytes'>) {
    this.#runtime = runtime
  }

  get step(): number {
    return this.#step
  }

  get usedBytes(): number {
    let bytes = 0
    for (const { data } of this.#entries.values()) bytes += data?.length ?? 0
    return bytes
  }

  /** What is at a path now; what was deleted there is nothing. */
  at(path: string): FileMetadata | FolderMetadata | undefined {
    const metadata = this.#entries.get(folded(path))?.metadata
    return metadata === undefined || metadata['.tag'] === 'deleted' ? undefined : metadata
  }

  /** What is at a path or was there once. */
  everAt(path: string): Metadata | undefined {
    return this.#entries.get(folded(path))?.metadata
  }

  contentOf(path: string): Uint8Array {
    return this.#entries.get(folded(path))?.data ?? new Uint8Array(0)
  }

  /** All files by the path they were put at. */
  files(): Map<string, { readonly metadata: FileMetadata; readonly data: Uint8Array }> {
    const files = new Map<string, { readonly metadata: FileMetadata; readonly data: Uint8Array }>()
    for (const { metadata, data } of this.#entries.values()) {
      if (metadata['.tag'] === 'file' && data !== undefined) files.set(metadata.path_display, { metadata, data })
    }
    return files
  }

  /** Puts a file there, whatever was there before, and makes the folders above. */
  put(path: string, data: Uint8Array, clientModified?: string): FileMetadata {
    const above = ancestorsOf(path)
    for (const folder of above) {
      if (this.at(folder) === undefined) this.#record({ '.tag': 'folder', ...this.#named(folder), id: this.#newId() })
    }
    const now = new Date(this.#runtime.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const before = this.at(path)
    const metadata: FileMetadata = {
      '.tag': 'file',
      ...this.#named(path),
      id: before?.id ?? this.#newId(),
      client_modified: clientModified ?? now,
      server_modified: now,
      rev: (this.#step + 1).toString(16).padStart(REV_DIGITS, '0'),
      size: data.length,
      is_downloadable: true,
      content_hash: contentHash(data),
    }
    this.#record(metadata, new Uint8Array(data))
    this.#notify()
    return metadata
  }

  /** Deletes a file, or a folder with all that is in it. */
  remove(path: string): void {
    const top = folded(path)
    for (const [key, { metadata }] of [...this.#entries]) {
      if (metadata['.tag'] === 'deleted' || (key !== top && !key.startsWith(`${top}/`))) continue
      this.#record({ '.tag': 'deleted', ...this.#named(metadata.path_display) })
    }
    this.#notify()
  }

  /** What changed after `step`, oldest first, each path with its last change only. */
  changesSince(step: number): { readonly metadata: Metadata; readonly step: number }[] {
    return [...this.#entries.values()].filter((entry) => entry.step > step).sort((a, b) => a.step - b.step)
  }

  /** Calls back at every change until the returned function is called. */
  onChange(callback: () => void): () => void {
    this.#watchers.add(callback)
    return () => {
      this.#watchers.delete(callback)
    }
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  #record(metadata: Metadata, data?: Uint8Array): void {
    this.#step += 1
    const entry = { metadata, step: this.#step, ...(data === undefined ? {} : { data }) }
    this.#entries.set(metadata.path_lower, entry)
  }

  #named(path: string): Common {
    return { name: nameOf(path), path_lower: folded(path), path_display: path }
  }

  #newId(): string {
    return `id:${Buffer.from(this.#runtime.randomBytes(ID_BYTES)).toString('base64url')}`
  }
}
