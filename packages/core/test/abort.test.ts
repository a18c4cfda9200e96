import { expect, test } from 'vitest'
import { onAbort } from '../src/abort.ts'
import { watchedController } from './support/watched-signal.ts'

test('calls back once, every one that waits, and none that does no longer', () => {
  const { controller, listeners } = watchedController()
  const calls: string[] = []
  const callback = (): number => calls.push('twice')
  onAbort(controller.signal, callback)
  const end = onAbort(controller.signal, () => calls.push('never'))
  onAbort(controller.signal, callback)
  expect(listeners()).toBe(1)
  end()
  controller.abort()
  controller.abort()
  expect(calls).toEqual(['twice', 'twice'])
})

test('listens to a signal only while somebody waits', () => {
  const { controller, listeners } = watchedController()
  const calls: number[] = []
  const first = onAbort(controller.signal, () => calls.push(1))
  const second = onAbort(controller.signal, () => calls.push(2))
  first()
  first()
  expect(listeners()).toBe(1)
  second()
  expect(listeners()).toBe(0)
  const third = onAbort(controller.signal, () => calls.push(3))
  second() // ended before: nobody else's business
  expect(listeners()).toBe(1)
  controller.abort()
  third()
  expect(calls).toEqual([3])
})
