import { equalBytes } from '../bytes.ts'
import { createRouter } from '../crypto/router.ts'
import { errorCode, restated, throwIfAborted, VaultError } from '../errors.ts'
import { ROOT_FILE } from '../format/header.ts'
import { FIRST_SHARD, shardFile } from '../format/shard-file.ts'
import { Scheduler } from '../operations/scheduler.ts'
import { ShardManager } from '../shards/manager.ts'
import type { BlobStore, StoredBlob } from '../store/contract.ts'
import { retrying } from '../store/decorators/read-retry.ts'
import { heldRequests } from '../store/decorators/with-contract.ts'
import { readDoubting } from '../vault/reading.ts'
import { type Answer, type RequestedStore, Requests } from '../vault/requests.ts'
import { existsError, type RootContext, VaultRoot } from '../vault/root.ts'
import { WitnessBook } from '../vault/witness.ts'
import type { SeenFile } from '../vault/witness-record.ts'
import { withoutEffect } from './in-flight.ts'
import type { CreateSettings, OpenSettings } from './options.ts'

/** Everything behind an open database. */
export interface Engine {
  /** As it was given, held to nothing. */
  readonly store: BlobStore
  readonly root: VaultRoot
  readonly manager: ShardManager
  readonly scheduler: Scheduler
  readonly witness: WitnessBook
  readonly settings: OpenSettings
}

type Found = Answer & { readonly asOf: SeenFile | undefined }

async function prepare(store: BlobStore, settings: OpenSettings): Promise<RootContext> {
  const { runtime, allowInsecureContext, retry } = settings
  throwIfAborted(settings.signal)
  const retried = retrying(runtime, retry.requestAttempts, retry.maxDelayMs)
  const { read, write } = heldRequests(store)
  const requested: RequestedStore = {
    get capabilities() {
      return store.capabilities // asked for each time, because an adapter may learn them from its first request
    },
    read: (key, options) => retried(() => read(key, options), options?.signal),
    write,
  }
  return {
    crypto: { runtime, allowInsecureContext },
    requests: new Requests(requested, runtime, retry),
    witness: await WitnessBook.load(settings.witness),
  }
}

function assemble(store: BlobStore, context: RootContext, root: VaultRoot, settings: OpenSettings): Engine {
  const { requests, witness } = context
  const manager = new ShardManager(root, createRouter(root.config.routingKey), requests, witness)
  return { store, root, manager, scheduler: new Scheduler(manager), witness, settings }
}

/** Creates a vault. `ERR_EXISTS`, `ERR_ROLLBACK`, and what the store refuses with. */
export async function createVault(store: BlobStore, settings: CreateSettings): Promise<Engine> {
  const engine = await beginVault(store, settings).catch((error: unknown) => {
    throw withoutEffect(error)
  })
  try {
    await finishPending(engine)
  } catch (error) {
    throw begunError(error)
  }
  return engine
}

/** Takes possession of an empty location: the vault is there then, though not complete. */
async function beginVault(store: BlobStore, settings: CreateSettings): Promise<Engine> {
  const context = await prepare(store, settings)
  if (context.witness.hasSeen) {
    throw (await readRoot(context, settings.signal, async () => true)) === null ? vanishedError() : existsError()
  }
  settings.onProgress?.({ phase: 'derive-key', done: 0, total: 1 })
  const root = await VaultRoot.create(context, settings.secret, settings.parameters, settings)
  settings.onProgress?.({ phase: 'derive-key', done: 1, total: 1 })
  return assemble(store, context, root, settings)
}

/** Opens a vault. `ERR_MISSING`, `ERR_CREDENTIALS`, `ERR_CORRUPT`, `ERR_UNSUPPORTED`, `ERR_ROLLBACK`, `ERR_FORK`. */
export async function openVault(store: BlobStore, settings: OpenSettings): Promise<Engine> {
  const context = await prepare(store, settings)
  const { witness } = context
  // Both at once: a small vault is open and read after one round. That the first shard is absent proves nothing here.
  const first = readFirstShard(context, settings.signal)
  first.catch(() => undefined)
  const root = await openRoot(context, settings)
  if (root === null) {
    if (witness.hasSeen) throw vanishedError()
    throw new VaultError('ERR_MISSING', 'There is no vault here. Check the place, or create one.')
  }
  const engine = assemble(store, context, root, settings)
  const found = await first
  if (found !== null) await engine.manager.acceptFirst(found, found.asOf)
  if (root.config.pending) await finishPending(engine)
  return engine
}

/** Opens the vault, or creates it where none is. */
export async function openOrCreateVault(store: BlobStore, settings: CreateSettings): Promise<Engine> {
  try {
    return await openVault(store, settings)
  } catch (error) {
    if (errorCode(error) !== 'ERR_MISSING') throw error
  }
  try {
    return await createVault(store, settings)
  } catch (error) {
    if (errorCode(error) !== 'ERR_EXISTS') throw error
  }
  return await openVault(store, settings) // somebody else has just created it
}

/**
 * Reads and unlocks the root file; `null` if it is absent. The same bytes are not unlocked twice, which may take a second, where
 * they are doubted and read again.
 */
async function openRoot(context: RootContext, settings: OpenSettings): Promise<VaultRoot | null> {
  const { onProgress, secret, signal } = settings
  let doubted: { readonly data: Uint8Array; readonly error: unknown } | null = null
  return await readRoot(context, signal, async (blob) => {
    if (doubted !== null && equalBytes(doubted.data, blob.data)) throw doubted.error
    try {
      onProgress?.({ phase: 'derive-key', done: 0, total: 1 })
      const root = await VaultRoot.open(context, secret, blob)
      onProgress?.({ phase: 'derive-key', done: 1, total: 1 })
      return root
    } catch (error) {
      doubted = { data: blob.data, error }
      throw error
    }
  })
}

/**
 * What `interpret` makes of the root file; `null` if it is absent. One that looks damaged or too old is read again, as any other
 * file is, and so is one that seems absent where reads are not atomic: it may have been caught in the middle of a write.
 */
async function readRoot<T>(
  context: RootContext,
  signal: AbortSignal | undefined,
  interpret: (blob: StoredBlob) => Promise<T>,
): Promise<T | null> {
  const absent = new VaultError('ERR_CORRUPT', 'absent')
  try {
    return await readDoubting(context, ROOT_FILE, { signal }, async ({ blob }) => {
      if (blob !== null && blob !== 'unchanged') return await interpret(blob)
      if (context.requests.store.capabilities.atomicReads) return null
      throw absent
    })
  } catch (error) {
    if (error === absent) return null
    throw error
  }
}

async function readFirstShard({ requests, witness }: RootContext, signal?: AbortSignal): Promise<Found | null> {
  const asOf = witness.recall(shardFile(FIRST_SHARD))
  try {
    return { ...(await requests.read(shardFile(FIRST_SHARD), { signal })), asOf }
  } catch {
    return null // read early on a chance; whoever needs it reads it again and hears of the error
  }
}

/** Finishes the creation of a vault, whoever began it: makes the first shard and removes the pending mark. */
async function finishPending({ root, manager, settings }: Engine): Promise<void> {
  if (!root.config.pending) return
  await manager.createFirst(settings.signal)
  await root.change(
    (_header, config) => (config.pending ? { config: { ...config, pending: false } } : null),
    settings.signal,
  )
}

/** The error of a creation that came as far as the root file: the vault is there, and whoever opens it makes it complete. */
function begunError(error: unknown): VaultError {
  return restated(error, 'some', ' The vault has been begun: open it, which completes it.')
}

function vanishedError(): VaultError {
  return new VaultError(
    'ERR_ROLLBACK',
    'This device has seen a vault here that is gone. If that is on purpose, start with a new witness.',
  )
}
