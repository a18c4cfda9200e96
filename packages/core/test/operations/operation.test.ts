import { describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import { type ChangeResult, Prune, Split, UNHEEDED, Unlink } from '../../src/operations/operation.ts'
import { LENIENT, recorded } from './planning.ts'

const REFUSED = new VaultError('ERR_QUOTA', 'Full.', { applied: 'no', cause: 'the store' })

function pruneWith(...removed: readonly string[]) {
  const outcomes = recorded<number>()
  const operation = new Prune({ ...LENIENT, signal: AbortSignal.abort('enough') }, outcomes, '/d/')
  for (const path of removed) operation.removed.add(path)
  return { operation, outcomes }
}

test('the outcome of an operation comes out once, and only the first', () => {
  for (const first of ['succeed', 'fail'] as const) {
    const outcomes = recorded<number>()
    const operation = new Prune(LENIENT, outcomes, '/d/')
    let over = 0
    operation.whenOver = () => void over++
    expect(operation.over).toBe(false)
    if (first === 'succeed') operation.succeed(1)
    else operation.fail(REFUSED)
    expect(operation.over).toBe(true)
    operation.fail(REFUSED)
    operation.succeed(2)
    expect([over, outcomes.values, outcomes.errors]).toEqual(first === 'succeed' ? [1, [1], []] : [1, [], [REFUSED]])
  }
})

test('what nobody waits for may end in any way', () => {
  const operations = [new Split(LENIENT, UNHEEDED, '0'), new Unlink(LENIENT, UNHEEDED, [])]
  expect(() => operations[0]?.succeed()).not.toThrow()
  expect(() => operations[1]?.fail(REFUSED)).not.toThrow()
})

describe('a prune that fails', () => {
  test('before it removed anything, fails with the error as it is', () => {
    const { operation, outcomes } = pruneWith()
    operation.failPart(REFUSED)
    expect(outcomes.errors).toEqual([REFUSED])
  })

  test('after it removed a part, says so', () => {
    const { operation, outcomes } = pruneWith('/d/x', '/d/y')
    operation.failPart(REFUSED)
    expect(outcomes.errors).toMatchObject([{ code: 'ERR_QUOTA', applied: 'some', cause: 'the store' }])
    expect(outcomes.errors[0]?.message).toMatch(/^Full\. .*2\.$/)
  })

  test('because it was aborted, says the same', () => {
    for (const [removed, applied] of [
      [[], 'no'],
      [['/d/x'], 'some'],
    ] as const) {
      const { operation, outcomes } = pruneWith(...removed)
      expect(operation.aborted).toBe(true)
      operation.failAborted()
      expect(outcomes.errors).toMatchObject([{ code: 'ERR_ABORTED', applied, cause: 'enough' }])
    }
  })
})

test('an operation is aborted by its signal alone', () => {
  const abort = new AbortController()
  const outcomes = recorded<ChangeResult>()
  const [without, withSignal] = [
    new Split(LENIENT, UNHEEDED, '0'),
    new Unlink({ ...LENIENT, signal: abort.signal }, outcomes as never, []),
  ]
  expect([without.aborted, withSignal.aborted]).toEqual([false, false])
  abort.abort('enough')
  expect([without.aborted, withSignal.aborted]).toEqual([false, true])
  withSignal.failAborted()
  expect(outcomes.errors).toMatchObject([{ code: 'ERR_ABORTED', applied: 'no', cause: 'enough' }])
})
