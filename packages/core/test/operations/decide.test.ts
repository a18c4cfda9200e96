import { describe, expect, test } from 'vitest'
import { type Decision, decideBy, decideOn } from '../../src/operations/operation.ts'
import { documentOf } from './planning.ts'

const LIMIT = 100

/** What a function decides at once. */
const decidedBy = (decision: Decision): unknown =>
  decision.kind === 'document' ? (decision.document?.toValue() ?? null) : decision

/** A function that answers when the test says so. */
function asked() {
  const calls: { readonly given: unknown; answer(value: unknown): void; fail(error: unknown): void }[] = []
  const change = (given: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => void calls.push({ given, answer: resolve, fail: reject }))
  return { calls, decide: decideBy(change, LIMIT) }
}

const readyOf = (decision: Decision): Promise<void> => {
  if (decision.kind !== 'pending') throw new Error(`It is decided: ${decision.kind}.`)
  return decision.ready
}

test('a fixed document is the decision whatever is there', () => {
  const decide = decideOn(documentOf({ n: 1 }))
  expect([null, documentOf(2)].map((current) => decidedBy(decide(current)))).toEqual([{ n: 1 }, { n: 1 }])
  expect(decideOn(null)(documentOf(2))).toEqual({ kind: 'document', document: null })
})

describe('a function', () => {
  test('gets null or a copy of the document, and decides by what it answers', () => {
    const seen: unknown[] = []
    const decide = decideBy<{ n: number }>((current) => {
      seen.push(current)
      if (current !== null) current.n++
      return current
    }, LIMIT)
    const current = documentOf({ n: 1 })
    expect(decidedBy(decide(null))).toBeNull()
    expect(decidedBy(decide(current))).toEqual({ n: 2 })
    expect(seen).toEqual([null, { n: 2 }])
    expect(current?.toValue()).toEqual({ n: 1 })
  })

  test('is asked once for a document that stays the same, also for one that is equal', () => {
    let calls = 0
    const decide = decideBy(() => ++calls, LIMIT)
    const current = documentOf('a')
    const answers = [current, current, documentOf('a'), null, null, documentOf('b'), null, current]
    expect(answers.map((each) => decidedBy(decide(each)))).toEqual([1, 1, 1, 2, 2, 3, 4, 5])
  })

  test('that throws, answers undefined or answers too much fails', () => {
    const error = new RangeError('no')
    const fail = (): never => {
      throw error
    }
    expect(decideBy(fail, LIMIT)(null)).toEqual({ kind: 'failed', error })
    const nothing = decideBy(() => undefined as unknown as null, LIMIT)(null)
    expect(nothing).toMatchObject({ kind: 'failed', error: { message: expect.stringContaining('change function') } })
    expect(nothing).toMatchObject({ error: expect.any(TypeError) })
    const large = decideBy(() => 'x'.repeat(LIMIT), LIMIT)(null)
    expect(large).toMatchObject({ kind: 'failed', error: { code: 'ERR_TOO_LARGE' } })
  })

  test.each([
    ['a text', 'then'],
    ['a document with a property `then`', Object.fromEntries([['then', 1]])],
    ['a number', 0],
    ['false', false],
  ])('that answers %s has answered', (_, value) => {
    expect(decidedBy(decideBy(() => value, LIMIT)(null))).toEqual(value)
  })

  test('that answers something with a method `then` is awaited, whether or not it is a promise', async () => {
    const thenable = Object.fromEntries([['then', (resolve: (value: unknown) => void) => resolve(5)]])
    const decide = decideBy<unknown>(() => thenable, LIMIT)
    await readyOf(decide(null))
    expect(decidedBy(decide(null))).toBe(5)
  })
})

describe('a function that takes its time', () => {
  test('is asked once while it is awaited, and its answer is kept', async () => {
    const { calls, decide } = asked()
    const pending = decide(documentOf('a'))
    expect(decide(documentOf('a'))).toBe(pending)
    calls[0]?.answer('b')
    await readyOf(pending)
    expect(decidedBy(decide(documentOf('a')))).toBe('b')
    expect(calls.map(({ given }) => given)).toEqual(['a'])
  })

  test('may fail, or answer what is no document', async () => {
    for (const [respond, error] of [
      [(call: ReturnType<typeof asked>['calls'][number]) => call.fail('no'), 'no'],
      [(call: ReturnType<typeof asked>['calls'][number]) => call.answer(undefined), expect.any(TypeError)],
    ] as const) {
      const { calls, decide } = asked()
      const pending = decide(null)
      for (const call of calls) respond(call)
      await readyOf(pending)
      expect(decide(null)).toEqual({ kind: 'failed', error })
    }
  })

  test('is asked anew for a document that changed meanwhile; its old answer, or failure, counts for nothing', async () => {
    const { calls, decide } = asked()
    const [first, second, third] = [decide(documentOf('a')), decide(documentOf('b')), decide(null)]
    expect(calls.map(({ given }) => given)).toEqual(['a', 'b', null])
    calls[0]?.answer('of a')
    calls[1]?.fail('of b')
    await Promise.all([readyOf(first), readyOf(second)])
    expect(decide(null)).toBe(third)
    calls[2]?.answer('of nothing')
    await readyOf(third)
    expect(decidedBy(decide(null))).toBe('of nothing')
    expect(calls).toHaveLength(3)
  })
})
