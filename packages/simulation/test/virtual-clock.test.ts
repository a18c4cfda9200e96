import { expect, test } from 'vitest'
import { createLink } from '../src/link.ts'
import { createVirtualClock, createVirtualRuntime } from '../src/virtual-clock.ts'

test('events run in the order of their times, and of asking where times are equal', async () => {
  const clock = createVirtualClock()
  const seen: string[] = []
  clock.after(20, () => seen.push(`c ${clock.nowMs()}`))
  clock.after(10, () => seen.push(`a ${clock.nowMs()}`))
  clock.after(10, () => seen.push(`b ${clock.nowMs()}`))
  await clock.settled()
  expect(seen).toEqual(['a 10', 'b 10', 'c 20'])
  expect(clock.pending()).toBe(0)
})

test('time stands still until all that promises still do is done', async () => {
  const clock = createVirtualClock()
  clock.after(1, () => undefined)
  for (let step = 0; step < 10_000; step++) await Promise.resolve()
  expect(clock.nowMs()).toBe(0)
  await clock.settled()
  expect(clock.nowMs()).toBe(1)
})

test('an hour of sleeping in sequence takes an hour of virtual time', async () => {
  const clock = createVirtualClock()
  for (let minute = 0; minute < 60; minute++) await clock.sleep(60_000)
  expect(clock.nowMs()).toBe(3_600_000)
})

test('a sleep that is aborted rejects with the reason, at once, and leaves nothing due', async () => {
  const clock = createVirtualClock()
  const controller = new AbortController()
  clock.after(5, () => controller.abort(new Error('enough')))
  await expect(clock.sleep(1000, controller.signal)).rejects.toThrow('enough')
  expect([clock.nowMs(), clock.pending()]).toEqual([5, 0])
  await expect(clock.sleep(1000, controller.signal)).rejects.toThrow('enough')
})

test('a delay that is negative or not a number is refused', () => {
  const clock = createVirtualClock()
  expect(() => clock.after(-1, () => undefined)).toThrow(RangeError)
  expect(() => clock.after(Number.NaN, () => undefined)).toThrow(RangeError)
})

test('a virtual runtime repeats itself from its seed and has no WebCrypto', () => {
  const runtimes = [1, 1, 2].map((seed) => createVirtualRuntime(createVirtualClock(), seed))
  const [first, again, other] = runtimes.map((runtime) => [...runtime.randomBytes(32), runtime.jitter(), runtime.now()])
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
  expect(runtimes.every((runtime) => runtime.subtle === undefined)).toBe(true)
})

test('transfers at once share a link equally', async () => {
  const clock = createVirtualClock()
  const link = createLink(clock, 8_000_000) // 1,000 bytes a millisecond
  const ends = new Map<string, number>()
  const transfer = async (name: string, bytes: number): Promise<void> => {
    await link.transfer(bytes)
    ends.set(name, clock.nowMs())
  }
  const late = clock.sleep(4).then(() => transfer('late', 1000))
  await Promise.all([transfer('long', 6000), transfer('short', 2000), transfer('empty', 0), late])
  // 0–4 ms: two at 500 B/ms, `short` ends; 4–6 ms: `long` and `late` at 500 B/ms, `late` ends; then `long` alone for its last 3,000 B.
  expect(Object.fromEntries(ends)).toEqual({ empty: 0, short: 4, late: 6, long: 9 })
})
