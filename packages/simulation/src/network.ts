import type { BlobStore, ListedBlob, ReadOptions, RequestOptions, StoredBlob, Version } from '@vaultdb/core'
import { errorCode, VaultError } from '@vaultdb/core'
import { createLink } from './link.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Options of {@link createNetworkStore}. */
export interface NetworkOptions {
  readonly clock: VirtualClock
  /** Time from sending a request to its answer, beside the time that its bytes take. Milliseconds, default 80. */
  readonly latencyMs?: number
  /** Speed of the client's line, the same in both directions. Bits per second, default 10 million; `Infinity`: bytes take no time. */
  readonly bitsPerSecond?: number
}

/** One request to a store, as it went over the network. */
export interface RequestRecord {
  readonly kind: 'read' | 'write' | 'delete' | 'list'
  /** The file, or for a listing the prefix. */
  readonly key: string
  /** `'unchanged'`, `'absent'`, an error's code, or `'done'`. */
  readonly outcome: string
  readonly startMs: number
  /** `Infinity` while it is under way. */
  readonly endMs: number
  /** Bytes of bodies: headers are not counted. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Positions of its beginning and end among all beginnings and ends of this store's requests: ties in time have an order. */
  readonly startOrder: number
  readonly endOrder: number
}

/** A store at the other end of a slow line, with a record of what went over it. */
export interface NetworkStore extends BlobStore {
  /** All requests so far, in the order in which they were sent. */
  readonly requests: readonly RequestRecord[]
}

const LATENCY_MS = 80
const BITS_PER_SECOND = 10_000_000

interface Sent {
  readonly outcome: string
  readonly bytesDown: number
}

function outcomeOf(answer: StoredBlob | 'unchanged' | null): Sent {
  if (answer === null) return { outcome: 'absent', bytesDown: 0 }
  if (answer === 'unchanged') return { outcome: 'unchanged', bytesDown: 0 }
  return { outcome: 'done', bytesDown: answer.data.length }
}

/**
 * Puts `inner` at the far end of one client's line. A request goes up with its body, reaches the store after half the latency,
 * takes effect there at that instant, and its answer comes back in the other half, followed by its body. All of a client's requests
 * share its line, each direction for itself; clients do not slow each other. A request under way cannot be given up.
 */
export function createNetworkStore(inner: BlobStore, options: NetworkOptions): NetworkStore {
  const { clock, latencyMs = LATENCY_MS, bitsPerSecond = BITS_PER_SECOND } = options
  const up = createLink(clock, bitsPerSecond)
  const down = createLink(clock, bitsPerSecond)
  const requests: RequestRecord[] = []
  let order = 0

  async function send<T>(
    request: Pick<RequestRecord, 'kind' | 'key' | 'bytesUp'>,
    perform: () => Promise<T>,
    describe: (answer: T) => Sent,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (signal?.aborted) {
      throw new VaultError('ERR_ABORTED', 'The request was aborted before it was sent.', { cause: signal.reason })
    }
    const sent = { ...request, outcome: 'under way', bytesDown: 0, startMs: clock.nowMs(), startOrder: order++ }
    const index = requests.push({ ...sent, endMs: Number.POSITIVE_INFINITY, endOrder: Number.POSITIVE_INFINITY }) - 1
    const answered = (answer: Sent): void => {
      requests[index] = { ...sent, ...answer, endMs: clock.nowMs(), endOrder: order++ }
    }
    await up.transfer(request.bytesUp)
    await clock.sleep(latencyMs / 2)
    const answer = await perform().catch((error: unknown) => ({ error }) as const)
    await clock.sleep(latencyMs / 2)
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      answered({ outcome: errorCode(answer.error) ?? 'error', bytesDown: 0 })
      throw answer.error
    }
    const described = describe(answer)
    await down.transfer(described.bytesDown)
    answered(described)
    return answer
  }

  const read = (key: string, readOptions?: ReadOptions): Promise<StoredBlob | 'unchanged' | null> =>
    send({ kind: 'read', key, bytesUp: 0 }, () => inner.read(key, readOptions), outcomeOf, readOptions?.signal)

  const write = (
    key: string,
    data: Uint8Array,
    expected: Version | null,
    writeOptions?: RequestOptions,
  ): Promise<Version> => {
    const body = new Uint8Array(data) // as it is now: the caller may use its buffer again before the bytes reach the store
    const request = { kind: 'write', key, bytesUp: body.length } as const
    return send(
      request,
      () => inner.write(key, body, expected),
      () => ({ outcome: 'done', bytesDown: 0 }),
      writeOptions?.signal,
    )
  }

  const remove = (key: string, expected: Version, deleteOptions?: RequestOptions): Promise<void> => {
    const request = { kind: 'delete', key, bytesUp: 0 } as const
    return send(
      request,
      () => inner.delete(key, expected),
      () => ({ outcome: 'done', bytesDown: 0 }),
      deleteOptions?.signal,
    )
  }

  async function* list(prefix: string, listOptions?: RequestOptions): AsyncIterable<ListedBlob> {
    const all = async (): Promise<ListedBlob[]> => {
      const found: ListedBlob[] = []
      for await (const blob of inner.list(prefix)) found.push(blob)
      return found
    }
    const describe = (found: ListedBlob[]): Sent => ({ outcome: 'done', bytesDown: JSON.stringify(found).length })
    yield* await send({ kind: 'list', key: prefix, bytesUp: 0 }, all, describe, listOptions?.signal)
  }

  return {
    name: inner.name,
    capabilities: inner.capabilities,
    requests,
    read,
    write,
    delete: remove,
    list,
    close: async () => inner.close?.(),
  }
}
