import { type DecideFault, type FaultyStore, withFaults } from '@vaultdb/core/testing'
import { createRouter, type Router } from '../../src/crypto/router.ts'
import { ShardManager } from '../../src/shards/manager.ts'
import type { BlobStore, StoredBlob } from '../../src/store/contract.ts'
import { checkSecret } from '../../src/vault/credentials.ts'
import { Requests } from '../../src/vault/requests.ts'
import { type RootContext, VaultRoot } from '../../src/vault/root.ts'
import { WitnessBook } from '../../src/vault/witness.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { KEY, SMALL_SHARD_BYTES } from '../support/vault.ts'

/** A client of a vault's shards, without the operations above them. */
export interface ShardClient {
  readonly context: RootContext
  readonly store: FaultyStore
  readonly root: VaultRoot
  readonly router: Router
  readonly manager: ShardManager
  readonly pausesMs: readonly number[]
}

/** No client makes so many. */
const MOST_PAUSES = 50

const SECRET = checkSecret({ key: KEY })
let clients = 0

async function contextOver(inner: BlobStore, decide: DecideFault | undefined) {
  const runtime = createTestRuntime(7000 + ++clients)
  const pausesMs: number[] = []
  runtime.sleep = async (ms, signal) => {
    if (pausesMs.push(ms) > MOST_PAUSES) throw new Error('It goes on for ever.')
    signal?.throwIfAborted()
  }
  const store = withFaults(inner, decide)
  const requests = new Requests(store, runtime, { requestAttempts: 3, conflictAttempts: 4, maxDelayMs: 10_000 })
  const witness = await WitnessBook.load(null)
  return { context: { crypto: { runtime, allowInsecureContext: false }, requests, witness }, store, pausesMs }
}

function clientOf(parts: Awaited<ReturnType<typeof contextOver>>, root: VaultRoot): ShardClient {
  const { context } = parts
  const router = createRouter(root.config.routingKey)
  return { ...parts, root, router, manager: new ShardManager(root, router, context.requests, context.witness) }
}

/** A vault whose root file is there and whose first shard is not yet. */
export async function beginVault(inner: BlobStore, decide?: DecideFault): Promise<ShardClient> {
  const parts = await contextOver(inner, decide)
  const parameters = { shardBytes: SMALL_SHARD_BYTES, maxDocumentBytes: 100_000, compression: 'none' } as const
  return clientOf(parts, await VaultRoot.create(parts.context, SECRET, parameters, {}))
}

/** A vault of one empty shard. */
export async function createShards(inner: BlobStore): Promise<ShardClient> {
  const client = await beginVault(inner)
  await client.manager.createFirst()
  await client.root.change((_header, config) => ({ config: { ...config, pending: false } }))
  return client
}

/** One more client. */
export async function openShards(inner: BlobStore, decide?: DecideFault): Promise<ShardClient> {
  const parts = await contextOver(inner, decide)
  const { blob } = await parts.context.requests.read('vault', {})
  return clientOf(parts, await VaultRoot.open(parts.context, SECRET, blob as StoredBlob))
}
