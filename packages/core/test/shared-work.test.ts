import { expect, test } from 'vitest'
import { SharedWork } from '../src/shared-work.ts'

interface Begun {
  readonly signal: AbortSignal
  readonly answer: (value: string) => void
  readonly fail: (error: Error) => void
}

function setUp(): { readonly work: SharedWork<string>; readonly begun: Begun[] } {
  const begun: Begun[] = []
  const work = new SharedWork((signal) => new Promise<string>((answer, fail) => begun.push({ signal, answer, fail })))
  return { work, begun }
}

test('is done once for all who want it meanwhile, and again for who comes later', async () => {
  const { work, begun } = setUp()
  const both = [work.join(), work.join(new AbortController().signal)]
  expect(begun).toHaveLength(1)
  begun[0]?.answer('first')
  expect(await Promise.all(both)).toEqual(['first', 'first'])
  const later = work.join()
  begun[1]?.answer('second')
  expect(await later).toBe('second')
})

test('who is aborted leaves at once, and takes the work along only as the last', async () => {
  const { work, begun } = setUp()
  const [first, second] = [new AbortController(), new AbortController()]
  const both = [work.join(first.signal), work.join(second.signal)]
  first.abort('enough')
  await expect(both[0]).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' })
  expect(begun[0]?.signal.aborted).toBe(false)
  second.abort('me too')
  await expect(both[1]).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  expect(begun[0]?.signal).toMatchObject({ aborted: true, reason: 'me too' })
  begun[0]?.fail(new Error('given up')) // nobody is left to hear of it
  const after = work.join()
  begun[1]?.answer('anew')
  expect(await after).toBe('anew')
})

test('whoever is aborted before joining begins nothing', async () => {
  const { work, begun } = setUp()
  await expect(work.join(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  expect(begun).toEqual([])
})

test('its failure reaches all, ends what is left of it, and is not kept', async () => {
  const { work, begun } = setUp()
  const both = Promise.allSettled([work.join(), work.join()])
  begun[0]?.fail(new Error('no'))
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(begun[0]?.signal.aborted).toBe(true)
  const after = work.join()
  begun[1]?.answer('anew')
  expect(await after).toBe('anew')
})

test('an abort after the end changes nothing', async () => {
  const { work, begun } = setUp()
  const controller = new AbortController()
  const joined = work.join(controller.signal)
  begun[0]?.answer('done')
  expect(await joined).toBe('done')
  controller.abort()
  expect(begun[0]?.signal.aborted).toBe(false)
})
