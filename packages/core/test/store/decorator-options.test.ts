import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../../src/index.ts'
import {
  createMemoryStore,
  withCircuitBreaker,
  withConcurrencyLimit,
  withOnlineCheck,
  withReadRetry,
  withResilience,
  withTimeout,
} from '../../src/index.ts'

type Options = Readonly<Record<string, unknown>>

const decorators: readonly {
  readonly name: string
  readonly decorate: (store: BlobStore, options?: Options) => BlobStore
  /** From which to which number. */
  readonly numbers: Readonly<Record<string, readonly [min: number, max: number]>>
  readonly required?: Options
}[] = [
  {
    name: 'withCircuitBreaker',
    decorate: withCircuitBreaker,
    numbers: { maxFailures: [1, 1000], openMs: [1, 3_600_000] },
  },
  { name: 'withConcurrencyLimit', decorate: withConcurrencyLimit, numbers: { maxRequests: [1, 1000] } },
  { name: 'withOnlineCheck', decorate: withOnlineCheck, numbers: { offlineWaitMs: [0, 3_600_000] } },
  { name: 'withReadRetry', decorate: withReadRetry, numbers: { attempts: [1, 100], maxDelayMs: [0, 3_600_000] } },
  {
    name: 'withTimeout',
    decorate: (store, options) => withTimeout(store, options as { timeoutMs: number }),
    numbers: { timeoutMs: [1, 3_600_000] },
    required: { timeoutMs: 1000 },
  },
  {
    name: 'withResilience',
    decorate: withResilience,
    numbers: {
      timeoutMs: [1, 3_600_000],
      maxRequests: [1, 1000],
      maxFailures: [1, 1000],
      openMs: [1, 3_600_000],
      offlineWaitMs: [0, 3_600_000],
    },
  },
]

describe.each(decorators)('$name', ({ name, decorate, numbers, required }) => {
  test('needs no options but those that have no default', async () => {
    expect(await decorate(createMemoryStore(), required).read('vault')).toBeNull()
    if (required !== undefined) expect(() => decorate(createMemoryStore(), {})).toThrow(TypeError)
  })

  test('names itself and its options where one is unknown', () => {
    const make = (): BlobStore => decorate(createMemoryStore(), { ...required, colour: 1 })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^${name} has no option "colour"`))
    for (const option of Object.keys(numbers)) expect(make).toThrow(`\`${option}\``)
  })

  test.each(Object.entries(numbers))('takes as %s what lies within its bounds', (option, [min, max]) => {
    const make = (value: unknown) => () => decorate(createMemoryStore(), { ...required, [option]: value })
    for (const value of [min, max]) expect(make(value)).not.toThrow()
    for (const value of [min - 1, max + 1]) {
      expect(make(value)).toThrow(RangeError)
      expect(make(value)).toThrow(`\`${option}\``)
    }
    for (const value of [min + 0.5, '1', null, Number.NaN]) expect(make(value)).toThrow(TypeError)
  })
})
