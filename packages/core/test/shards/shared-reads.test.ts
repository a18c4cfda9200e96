import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { SharedReads } from '../../src/shards/shared-reads.ts'

/** Reads that are answered when the test says so. */
function setUp() {
  const sent: {
    readonly id: string
    readonly signal: AbortSignal
    answer(text: string): void
    fail(error: Error): void
  }[] = []
  const reads = new SharedReads<string>(
    (id, signal) =>
      new Promise<string>((resolve, reject) => {
        sent.push({ id, signal, answer: resolve, fail: reject })
      }),
  )
  return { reads, sent }
}

const tick = (): Promise<void> => setImmediate()
const aborted = expect.objectContaining({ code: 'ERR_ABORTED' })

describe('reads of one tick', () => {
  test('share one request of each file, whose answer all of them get', async () => {
    const { reads, sent } = setUp()
    const joined = Promise.all([reads.join('a'), reads.join('a'), reads.join('b')])
    expect(sent).toEqual([])
    await tick()
    expect(sent.map(({ id }) => id)).toEqual(['a', 'b'])
    for (const each of sent) each.answer(`of ${each.id}`)
    expect(await joined).toEqual(['of a', 'of a', 'of b'])
  })

  test('all get its error', async () => {
    const { reads, sent } = setUp()
    const joined = Promise.allSettled([reads.join('a'), reads.join('a', new AbortController().signal)])
    await tick()
    sent[0]?.fail(new Error('no'))
    expect((await joined).map((each) => each.status === 'rejected' && each.reason.message)).toEqual(['no', 'no'])
  })
})

test('a request that has been sent is joined by nobody', async () => {
  const { reads, sent } = setUp()
  const early = reads.join('a')
  await tick()
  const late = reads.join('a')
  await tick()
  expect(sent).toHaveLength(2)
  sent[1]?.answer('new')
  sent[0]?.answer('old')
  expect([await early, await late]).toEqual(['old', 'new'])
})

describe('who is aborted', () => {
  test('before it began does not begin', async () => {
    const { reads, sent } = setUp()
    await expect(reads.join('a', AbortSignal.abort())).rejects.toEqual(aborted)
    await tick()
    expect(sent).toEqual([])
  })

  test('leaves, and the others go on waiting', async () => {
    const { reads, sent } = setUp()
    const abort = new AbortController()
    const [leaving, staying] = [reads.join('a', abort.signal), reads.join('a', new AbortController().signal)]
    await tick()
    abort.abort()
    await expect(leaving).rejects.toEqual(aborted)
    expect(sent[0]?.signal.aborted).toBe(false)
    sent[0]?.answer('text')
    expect(await staying).toBe('text')
  })

  test('leaves, and who cannot be aborted goes on waiting', async () => {
    const { reads, sent } = setUp()
    const abort = new AbortController()
    const [staying, leaving] = [reads.join('a'), reads.join('a', abort.signal)]
    await tick()
    abort.abort()
    await expect(leaving).rejects.toEqual(aborted)
    expect(sent[0]?.signal.aborted).toBe(false)
    sent[0]?.answer('text')
    expect(await staying).toBe('text')
  })

  test('last gives the request up, which hears why', async () => {
    const { reads, sent } = setUp()
    const aborts = [new AbortController(), new AbortController()]
    const joined = Promise.allSettled(aborts.map(({ signal }) => reads.join('a', signal)))
    await tick()
    for (const [index, each] of aborts.entries()) each.abort(`reason ${index}`)
    expect((await joined).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(sent[0]?.signal).toMatchObject({ aborted: true, reason: 'reason 1' })
    sent[0]?.fail(new Error('given up')) // nobody is left to hear of it
    await tick()
  })

  test('last before it was sent: who comes in the same tick gets a request of its own', async () => {
    const { reads, sent } = setUp()
    const abort = new AbortController()
    const leaving = reads.join('a', abort.signal)
    abort.abort()
    const coming = reads.join('a')
    const joining = reads.join('a')
    await expect(leaving).rejects.toEqual(aborted)
    await tick()
    const alive = sent.filter(({ signal }) => !signal.aborted)
    expect(alive).toHaveLength(1)
    alive[0]?.answer('text')
    expect([await coming, await joining]).toEqual(['text', 'text'])
  })

  test('last before it was sent takes nobody else from the request that comes instead', async () => {
    const { reads, sent } = setUp()
    const abort = new AbortController()
    const leaving = reads.join('a', abort.signal)
    abort.abort()
    const joining = Promise.resolve().then(() => reads.join('a')) // when the first request is due, and the second is not yet
    const coming = reads.join('a')
    await expect(leaving).rejects.toEqual(aborted)
    await tick()
    const alive = sent.filter(({ signal }) => !signal.aborted)
    expect(alive).toHaveLength(1)
    alive[0]?.answer('text')
    expect([await coming, await joining]).toEqual(['text', 'text'])
  })

  test('after its answer came changes nothing', async () => {
    const { reads, sent } = setUp()
    const abort = new AbortController()
    const [read, other] = [reads.join('a', abort.signal), reads.join('a', abort.signal)]
    await tick()
    sent[0]?.answer('text')
    expect([await read, await other]).toEqual(['text', 'text'])
    abort.abort()
    await tick()
    expect(sent[0]?.signal.aborted).toBe(false)
  })
})
