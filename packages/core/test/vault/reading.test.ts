import { createMemoryStore, VaultError, type VaultErrorCode } from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/bytes.ts'
import type { BlobStore, ReadOptions } from '../../src/store/contract.ts'
import { missingFile, readDoubting } from '../../src/vault/reading.ts'
import { Requests } from '../../src/vault/requests.ts'
import { WitnessBook } from '../../src/vault/witness.ts'
import { createTestRuntime } from '../support/runtime.ts'

/** No file is read so often. */
const MOST_READS = 50

async function setUp({ atomicReads }: { readonly atomicReads: boolean }) {
  const inner = createMemoryStore()
  const version = await inner.write('vault', utf8('text'), null)
  const reads: (ReadOptions | undefined)[] = []
  const store: BlobStore = {
    name: inner.name,
    capabilities: { ...inner.capabilities, atomicReads },
    read(key, options) {
      if (reads.push(options) > MOST_READS) throw new Error('It goes on for ever.')
      return inner.read(key, options)
    },
    write: inner.write.bind(inner),
    delete: inner.delete.bind(inner),
    list: inner.list.bind(inner),
  }
  const runtime = createTestRuntime()
  const pausesMs: number[] = []
  runtime.jitter = () => 1
  runtime.sleep = async (ms, signal) => {
    pausesMs.push(ms)
    signal?.throwIfAborted()
  }
  const requests = new Requests(store, runtime, { requestAttempts: 1, conflictAttempts: 1, maxDelayMs: 10_000 })
  const witness = await WitnessBook.load(null)
  return { context: { requests, witness }, reads, pausesMs, version }
}

const failing = (code: VaultErrorCode) => async (): Promise<never> => {
  throw new VaultError(code, 'no')
}

const DOUBTFUL: readonly VaultErrorCode[] = ['ERR_CORRUPT', 'ERR_ROLLBACK', 'ERR_FORK']

describe('a file that is read', () => {
  test('and understood is read once', async () => {
    const { context, reads, version } = await setUp({ atomicReads: false })
    const answer = await readDoubting(context, 'vault', {}, async (found) => found)
    expect(answer).toMatchObject({ blob: { data: utf8('text'), version }, sentTick: 1 })
    expect(reads).toEqual([{}])
  })

  test.each(DOUBTFUL)('and answers %s is read once more where reads are atomic, at once', async (code) => {
    const { context, reads, pausesMs } = await setUp({ atomicReads: true })
    await expect(readDoubting(context, 'vault', {}, failing(code))).rejects.toMatchObject({ code })
    expect([reads.length, pausesMs]).toEqual([2, []])
  })

  test.each(DOUBTFUL)(
    'and answers %s is read five times more where they are not, with growing pauses',
    async (code) => {
      const { context, reads, pausesMs } = await setUp({ atomicReads: false })
      await expect(readDoubting(context, 'vault', {}, failing(code))).rejects.toMatchObject({ code })
      expect([reads.length, pausesMs]).toEqual([6, [2, 4, 8, 16, 32]])
    },
  )

  test.each<VaultErrorCode>(['ERR_CREDENTIALS', 'ERR_UNSUPPORTED', 'ERR_UNAVAILABLE'])(
    'and answers %s is not read again',
    async (code) => {
      const { context, reads } = await setUp({ atomicReads: false })
      await expect(readDoubting(context, 'vault', {}, failing(code))).rejects.toMatchObject({ code })
      expect(reads).toHaveLength(1)
    },
  )

  test('again is what the second look shows', async () => {
    const { context } = await setUp({ atomicReads: true })
    let looks = 0
    const answer = await readDoubting(context, 'vault', {}, async ({ sentTick }) => {
      if (++looks === 1) throw new VaultError('ERR_CORRUPT', 'torn')
      return sentTick
    })
    expect(answer).toBe(2)
  })

  test('unless it is unchanged, is read whole the second time, and can be given up then as well', async () => {
    const { context, reads, version } = await setUp({ atomicReads: true })
    const blobs: unknown[] = []
    const { signal } = new AbortController()
    const reading = readDoubting(context, 'vault', { unlessVersion: version, signal }, async ({ blob }) => {
      blobs.push(blob)
      throw new VaultError('ERR_CORRUPT', 'no')
    })
    await expect(reading).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    expect(blobs).toEqual(['unchanged', { data: utf8('text'), version }])
    expect(reads).toEqual([{ unlessVersion: version, signal }, { signal }])
    for (const options of reads) expect(options?.signal).toBe(signal)
  })

  test('is judged by what was known when each request was sent', async () => {
    const { context } = await setUp({ atomicReads: true })
    const { witness } = context
    witness.remember('vault', 3, new Uint8Array(32))
    const known: (number | undefined)[] = []
    const reading = readDoubting(context, 'vault', {}, async (_answer, asOf) => {
      known.push(asOf?.seq)
      witness.remember('vault', 4, new Uint8Array(32))
      throw new VaultError('ERR_ROLLBACK', 'older')
    })
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    expect(known).toEqual([3, 4])
  })

  test('can be given up: before it is sent, and in a pause', async () => {
    const { context, reads } = await setUp({ atomicReads: false })
    const abort = new AbortController()
    const { signal } = abort
    const reading = readDoubting(context, 'vault', { signal }, async () => {
      abort.abort()
      throw new VaultError('ERR_CORRUPT', 'torn')
    })
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(reads).toEqual([{ signal }])
    await expect(readDoubting(context, 'vault', { signal }, failing('ERR_FORK'))).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    expect(reads).toHaveLength(1)
  })
})

test('a file that must be there and is not is damage, and named', () => {
  expect(missingFile('shards/0')).toMatchObject({ code: 'ERR_CORRUPT', message: expect.stringContaining('"shards/0"') })
})
