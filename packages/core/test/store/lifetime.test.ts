import { expect, test } from 'vitest'
import { Lifetime } from '../../src/store/lifetime.ts'

test('its end waits for what was begun, however that ends, and lets nothing more begin', async () => {
  const lifetime = new Lifetime('The paper store')
  const done: string[] = []
  let answer: () => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  const running = lifetime.run(undefined, () => new Promise<void>((resolve) => (answer = resolve)))
  const failing = lifetime.run(undefined, () => new Promise<void>((_, reject) => (fail = reject)))
  const end = lifetime.end().then(() => done.push('end'))
  const late = { code: 'ERR_CLOSED', message: 'The paper store was closed. Create a new one.' }
  await expect(lifetime.run(undefined, async () => done.push('late'))).rejects.toMatchObject(late)
  answer()
  await running
  expect(done).toEqual([])
  fail(new Error('torn'))
  await expect(failing).rejects.toThrow('torn')
  await end
  expect(done).toEqual(['end'])
  await lifetime.end()
})

test('who is aborted begins nothing', async () => {
  const lifetime = new Lifetime('The paper store')
  const begun: string[] = []
  const run = lifetime.run(AbortSignal.abort('why'), async () => begun.push('run'))
  await expect(run).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'why' })
  expect(begun).toEqual([])
})
