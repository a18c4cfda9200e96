import { createMemoryStore, VaultError, type VaultErrorCode } from '@vaultdb/core'
import { type Fault, type FaultyStore, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/bytes.ts'
import type { BlobStore } from '../../src/store/contract.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import {
  type Finding,
  type PendingWrite,
  Requests,
  type RetryPolicy,
  type WriteOutcome,
} from '../../src/vault/requests.ts'
import { createTestRuntime, type TestRuntime } from '../support/runtime.ts'
import { watchedController } from '../support/watched-signal.ts'

const RETRY: RetryPolicy = { requestAttempts: 4, conflictAttempts: 3, maxDelayMs: 10_000 }
/** No write waits so often. */
const MOST_PAUSES = 50
const error = (code: VaultErrorCode, retryAfterMs?: number): VaultError =>
  new VaultError(code, 'injected', retryAfterMs === undefined ? {} : { retryAfterMs })

interface Setting {
  readonly requests: Requests
  readonly store: FaultyStore
  readonly runtime: TestRuntime
  /** How long each pause was, in milliseconds. */
  readonly pausesMs: readonly number[]
}

/** Requests over a store whose answers take `latencyMs`, and whose requests meet `faults`, one each. */
function setUp(
  faults: readonly Fault[] = [],
  { latencyMs = 20, inner = createMemoryStore() as BlobStore } = {},
): Setting {
  const runtime = createTestRuntime()
  const pausesMs: number[] = []
  const sleep = runtime.sleep.bind(runtime)
  runtime.sleep = async (ms, signal) => {
    if (pausesMs.push(ms) > MOST_PAUSES) throw new Error('It goes on for ever.')
    await sleep(ms, signal)
  }
  runtime.jitter = () => 1
  let sent = 0
  const store = withFaults(inner, () => {
    runtime.advance(latencyMs)
    return faults[sent++] ?? 'pass'
  })
  return { requests: new Requests(store, runtime, RETRY), store, runtime, pausesMs }
}

/** A write that finds, each time it is looked for, the next of `findings`. */
function writing(findings: readonly (Finding | Error)[] = [], more: Partial<PendingWrite> = {}): PendingWrite {
  let looked = 0
  return {
    key: 'vault',
    data: utf8('new'),
    expected: null,
    async inspect() {
      const finding = findings[looked++]
      if (finding === undefined) throw new Error('Nobody was expected to look for this write.')
      if (finding instanceof Error) throw finding
      return finding
    },
    ...more,
  }
}

const conflict = error('ERR_CONFLICT')
const unavailable = error('ERR_UNAVAILABLE')
const unsent = new VaultError('ERR_UNAVAILABLE', 'injected', { applied: 'no' })

describe('a read', () => {
  test('tells when it was sent, by number and by the clock', async () => {
    const { requests, runtime } = setUp()
    expect(requests.tick).toBe(0)
    const startMs = runtime.monotonicMs()
    expect(await requests.read('vault', {})).toEqual({ blob: null, sentTick: 1, sentAtMs: startMs })
    expect(await requests.read('vault', {})).toEqual({ blob: null, sentTick: 2, sentAtMs: startMs + 20 })
    expect(requests.tick).toBe(2)
  })

  test('passes the condition on', async () => {
    const { requests } = setUp()
    const outcome = await requests.settle(writing())
    if (outcome.kind !== 'done') throw new Error('It passes.')
    expect((await requests.read('vault', { unlessVersion: outcome.version })).blob).toBe('unchanged')
  })

  test('that is aborted before it began is not sent', async () => {
    const { requests, store } = setUp()
    const reading = requests.read('vault', { signal: AbortSignal.abort() })
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect([store.requests.length, requests.tick]).toEqual([0, 0])
  })
})

describe('a write', () => {
  test('that is answered is done, as of when it was sent', async () => {
    const { requests, runtime, store } = setUp()
    const sentAtMs = runtime.monotonicMs()
    const outcome = await requests.settle(writing())
    expect(outcome).toEqual({ kind: 'done', version: expect.any(String), sentTick: 1, sentAtMs })
    expect(await store.read('vault')).toMatchObject({ data: utf8('new') })
  })

  test('that the store never sent is refused, once it has been tried often enough', async () => {
    const { requests, store } = setUp([unsent, unsent, unsent, unsent])
    expect(await requests.settle(writing())).toEqual({ kind: 'refused', error: unsent })
    expect(store.requests).toHaveLength(RETRY.requestAttempts)
  })

  test('that the store did not send at first is done when it is', async () => {
    const { requests } = setUp([unsent, unsent])
    expect(await requests.settle(writing())).toMatchObject({ kind: 'done', sentTick: 3 })
  })

  test('that was sent once stays unknown, however often it is not sent after that', async () => {
    const { requests } = setUp([unsent, unavailable, unsent, unsent])
    expect(await requests.settle(writing())).toEqual({ kind: 'unknown', error: unsent })
  })

  test.each<VaultErrorCode>([
    'ERR_QUOTA',
    'ERR_UNAUTHORIZED',
    'ERR_TOO_LARGE',
    'ERR_CLOSED',
    'ERR_UNSUPPORTED',
    'ERR_FORK',
    'ERR_ABORTED',
  ])('whose first answer is %s is refused, and not sent again', async (code) => {
    const refusal = error(code)
    const { requests, store, pausesMs } = setUp([refusal])
    expect(await requests.settle(writing())).toEqual({ kind: 'refused', error: refusal })
    expect([store.requests.length, pausesMs]).toEqual([1, []])
  })

  test.each<VaultErrorCode>(['ERR_QUOTA', 'ERR_ABORTED'])(
    'that was not answered is not settled by %s: it is sent again',
    async (code) => {
      const { requests, store } = setUp([unavailable, error(code)])
      expect(await requests.settle(writing())).toMatchObject({ kind: 'done', sentTick: 3 })
      expect(store.requests).toHaveLength(3)
    },
  )

  test('that is never answered is unknown after the last attempt, for the last reason', async () => {
    const last = error('ERR_QUOTA')
    const { requests, store, pausesMs } = setUp([unavailable, unavailable, unavailable, last])
    const outcome = await requests.settle(writing())
    expect(outcome).toEqual({ kind: 'unknown', error: last })
    expect([store.requests.length, pausesMs.length]).toEqual([4, 3])
  })

  test('that fails with an error of no known code may have been applied', async () => {
    const { requests } = setUp(Array(4).fill(new Error('socket')))
    expect(await requests.settle(writing())).toEqual({ kind: 'unknown', error: new Error('socket') })
  })

  test('sends the same bytes with the same expected version each time', async () => {
    const { requests, store } = setUp([unavailable, unavailable])
    await requests.settle(writing())
    const sent = store.requests.map(({ request }) => ({ ...request, index: 0 }))
    expect(sent).toEqual(Array(3).fill({ kind: 'write', key: 'vault', data: utf8('new'), expected: null, index: 0 }))
  })
})

describe('a write that is answered with a conflict', () => {
  const CASES: readonly (readonly [string, Finding | Error, WriteOutcome, WriteOutcome])[] = [
    [
      'is found to be the current state',
      { kind: 'current', version: '7' },
      { kind: 'done', version: '7', sentTick: 1, sentAtMs: expect.any(Number) },
      { kind: 'done', version: '7', sentTick: 2, sentAtMs: expect.any(Number) },
    ],
    ['is found in the log', { kind: 'applied' }, { kind: 'superseded' }, { kind: 'superseded' }],
    ['is found to be missing', { kind: 'not-applied' }, { kind: 'conflict' }, { kind: 'conflict' }],
    [
      'is beyond the log: a first answer is the word of the store, a later one is not',
      { kind: 'out-of-reach' },
      { kind: 'conflict' },
      { kind: 'unknown', error: expect.objectContaining({ code: 'ERR_UNAVAILABLE' }) },
    ],
    [
      'cannot be judged',
      { kind: 'unclear' },
      { kind: 'unknown', error: expect.objectContaining({ code: 'ERR_UNAVAILABLE' }) },
      { kind: 'unknown', error: expect.objectContaining({ code: 'ERR_UNAVAILABLE' }) },
    ],
    [
      'cannot be looked for',
      new Error('unreadable'),
      { kind: 'unknown', error: new Error('unreadable') },
      { kind: 'unknown', error: new Error('unreadable') },
    ],
  ]

  test.each(CASES)('and %s', async (_how, finding, asFirst, asLater) => {
    const first = setUp([conflict])
    expect(await first.requests.settle(writing([finding]))).toEqual(asFirst)
    expect(first.store.requests).toHaveLength(1)
    const later = setUp([unavailable, conflict])
    expect(await later.requests.settle(writing([finding]))).toEqual(asLater)
    expect(later.store.requests).toHaveLength(2)
  })

  test('while the file has not moved is sent again, and looked for again', async () => {
    const unmoved: Finding = { kind: 'unmoved' }
    const { requests, store, pausesMs } = setUp([conflict, conflict])
    expect(await requests.settle(writing([unmoved, unmoved]))).toMatchObject({ kind: 'done', sentTick: 3 })
    expect([store.requests.length, pausesMs.length]).toEqual([3, 2])
  })

  test('each time, while the file does not move, has not been applied; unless an answer is missing', async () => {
    const unmoved: Finding[] = Array(4).fill({ kind: 'unmoved' })
    const answered = setUp(Array(4).fill(conflict))
    expect(await answered.requests.settle(writing(unmoved))).toEqual({ kind: 'conflict' })
    const unanswered = setUp([unavailable, conflict, conflict, conflict])
    expect(await unanswered.requests.settle(writing(unmoved))).toMatchObject({
      kind: 'unknown',
      error: { code: 'ERR_UNAVAILABLE', cause: conflict },
    })
  })
})

describe('a write that is aborted', () => {
  /** A store whose writes are never answered; they tell which signal they were given. */
  function deafStore(onWrite: (signal: AbortSignal | undefined) => void): BlobStore {
    const inner = createMemoryStore()
    return decorate(inner, {
      write: (_key, _data, _expected, options) => {
        const isUnsent = options?.signal?.aborted
        onWrite(options?.signal)
        return Promise.reject(isUnsent ? error('ERR_ABORTED') : unavailable)
      },
    })
  }

  test('before it began is refused by the store, which hears why', async () => {
    const reasons: unknown[] = []
    const runtime = createTestRuntime()
    const requests = new Requests(
      deafStore((signal) => reasons.push(signal?.reason)),
      runtime,
      RETRY,
    )
    const signal = AbortSignal.abort('enough')
    expect(await requests.settle(writing([], { signal }))).toMatchObject({ kind: 'refused' })
    expect(reasons).toEqual(['enough'])
  })

  test('on its way is not sent again: nobody can tell', async () => {
    const abort = new AbortController()
    const reasons: unknown[] = []
    const store = deafStore((signal) => {
      abort.abort('enough')
      reasons.push(signal?.reason)
    })
    const requests = new Requests(store, createTestRuntime(), RETRY)
    const outcome = await requests.settle(writing([], { signal: abort.signal }))
    expect(outcome).toEqual({ kind: 'unknown', error: unavailable })
    expect(reasons).toEqual(['enough'])
  })

  test('in a pause ends at once, with what is known by then', async () => {
    for (const [fault, findings, kind] of [
      [unavailable, [], 'unknown'],
      [conflict, [{ kind: 'unmoved' }], 'conflict'],
    ] as const) {
      const abort = new AbortController()
      const { requests, store, runtime } = setUp([fault])
      runtime.sleep = async (_ms, signal) => {
        abort.abort()
        signal?.throwIfAborted()
      }
      expect(await requests.settle(writing(findings, { signal: abort.signal }))).toMatchObject({ kind })
      expect(store.requests).toHaveLength(1)
    }
  })

  test('leaves its caller no listener behind', async () => {
    const { requests } = setUp()
    const { controller: abort, listeners } = watchedController()
    let given: AbortSignal | undefined
    const store = deafStore((signal) => {
      given = signal
    })
    const unanswered = new Requests(store, createTestRuntime(), { ...RETRY, requestAttempts: 1 })
    await requests.settle(writing([], { signal: abort.signal }))
    await unanswered.settle(writing([], { signal: abort.signal }))
    expect(listeners()).toBe(0)
    abort.abort()
    expect(given?.aborted).toBe(false) // the write had ended: nothing is left that this could give up
  })
})

describe('pauses', () => {
  test('double from the latency observed', async () => {
    const { requests, pausesMs } = setUp(['pass', unavailable, unavailable, unavailable], { latencyMs: 20 })
    await requests.read('vault', {})
    await requests.settle(writing())
    expect(pausesMs).toEqual([40, 80, 160])
  })

  test('follow the latency of writes as well', async () => {
    const { requests, pausesMs } = setUp(['pass', unavailable], { latencyMs: 30 })
    await requests.settle(writing())
    await requests.settle(writing([{ kind: 'not-applied' }], { key: 'shards/0' }))
    expect(pausesMs).toEqual([60])
  })

  test('are as long as the store asks, and then some', async () => {
    const { requests, pausesMs } = setUp([error('ERR_UNAVAILABLE', 500)])
    expect(await requests.settle(writing())).toMatchObject({ kind: 'done' })
    expect(pausesMs).toEqual([500 + 200]) // nothing was answered yet: a latency of 100 ms is assumed
  })

  test('are not begun where the store asks for more than the longest', async () => {
    const busy = error('ERR_UNAVAILABLE', RETRY.maxDelayMs + 1)
    const { requests, pausesMs } = setUp([busy])
    expect(await requests.settle(writing())).toEqual({ kind: 'unknown', error: busy })
    expect(pausesMs).toEqual([])
    await expect(requests.backOff(1, busy)).rejects.toBe(busy)
  })

  test.each(['99999', null, Number.NaN])('are not moved by a wish that is no number: %s', async (retryAfterMs) => {
    const { requests, pausesMs } = setUp()
    await requests.backOff(1, { retryAfterMs })
    expect(pausesMs).toEqual([200])
  })

  test('after conflicts stop growing at the seventh', async () => {
    const { requests, pausesMs } = setUp([], { latencyMs: 10 })
    await requests.read('vault', {})
    for (const conflicts of [1, 2, 5, 6, 7, 30]) await requests.pauseAfterConflict(conflicts)
    expect(pausesMs).toEqual([20, 40, 320, 640, 640, 640])
  })

  test('end when they are aborted', async () => {
    const { requests } = setUp()
    const signal = AbortSignal.abort()
    await expect(requests.backOff(1, null, signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(requests.pauseAfterConflict(1, signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})
