import { throwIfAborted } from '../errors.ts'
import {
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  type BlobStore,
  type ListedBlob,
  type ReadOptions,
  type RequestOptions,
  type StoreCapabilities,
  type StoredBlob,
  type Unsubscribe,
  type Version,
} from './contract.ts'
import { Lifetime } from './lifetime.ts'
import { conflictError } from './outcomes.ts'

const CAPABILITIES: StoreCapabilities = Object.freeze({
  atomicCreate: true,
  atomicUpdate: true,
  atomicReads: true,
  conditionalDelete: true,
  trustworthyListings: true,
  crossProcess: false,
  durable: false,
  maxBlobBytes: null,
})

type Listener = (key: string) => void

class MemoryStore implements BlobStore {
  readonly name: string = 'memory'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #blobs: Map<string, StoredBlob> = new Map()
  readonly #listeners: Set<{ readonly notify: Listener }> = new Set()
  /** Counts the writes to all keys, so that a key's versions do not repeat after it was deleted either. */
  #writes = 0
  readonly #lifetime: Lifetime = new Lifetime('The memory store')

  async read(key: string, options: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    await this.#send(options)
    const blob = this.#blobs.get(key)
    if (blob === undefined) return null
    if (blob.version === options.unlessVersion) return 'unchanged'
    return { data: new Uint8Array(blob.data), version: blob.version }
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const copy = new Uint8Array(data) // not `slice`: that of Node's Buffer shares the memory
    await this.#send(options)
    this.#expect(key, expected)
    this.#writes += 1
    const version = String(this.#writes)
    this.#blobs.set(key, { data: copy, version })
    this.#changed(key)
    return version
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#send(options)
    this.#expect(key, expected)
    this.#blobs.delete(key)
    this.#changed(key)
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    await this.#send(options)
    const found = [...this.#blobs].filter(([key]) => key.startsWith(prefix))
    for (const [key, { data, version }] of found) {
      throwIfAborted(options.signal)
      yield { key, version, size: data.length }
    }
  }

  watch(onChange: Listener): Unsubscribe {
    this.#lifetime.assertOpen()
    const listener = { notify: onChange }
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    await this.#lifetime.end()
  }

  /** Lets a microtask pass, so that callers race here as they would over a network. What was sent before `close` is still done. */
  async #send({ signal }: RequestOptions): Promise<void> {
    this.#lifetime.assertOpen(signal)
    await Promise.resolve()
  }

  /** From here to the change there must be no `await`: that is all that makes the change atomic. */
  #expect(key: string, expected: Version | null): void {
    const current = this.#blobs.get(key)?.version ?? null
    if (current !== expected) throw conflictError(key)
  }

  #changed(key: string): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener.notify(key)
      })
    }
  }
}

/**
 * A blob store in the memory of this process: for tests, caches and trying things out. All clients in the process can share
 * the one object; its content goes with it.
 */
export function createMemoryStore(): BlobStore {
  return new MemoryStore()
}
