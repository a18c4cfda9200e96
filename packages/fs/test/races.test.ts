import { createFileStore } from '@vaultdb/fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleStore, finish, scratchFolder, startChild } from './store-for-children.ts'

const scratch = scratchFolder()
let bundle = ''
beforeAll(async () => {
  bundle = await bundleStore(scratch.path)
})
afterAll(scratch.dispose)

const RACERS = 8
const ROUNDS = 100

/** A process that races, and the answers that it has not been asked for yet. */
function startRacer(
  folder: string,
  name: string,
): { next: () => Promise<string>; send: (line: string) => void; end: () => Promise<unknown> } {
  const child = startChild('race.mjs', bundle, { folder, name })
  const answers: string[] = []
  let wake = (): void => undefined
  const ended = finish(child, (line) => {
    answers.push(line)
    wake()
  })
  const next = async (): Promise<string> => {
    for (;;) {
      const answer = answers.shift()
      if (answer !== undefined) return answer
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    next,
    send: (line) => child.stdin?.write(`${line}\n`),
    end: async () => {
      child.stdin?.end()
      return await ended
    },
  }
}

test(`of ${RACERS} processes that replace one version exactly one wins, ${ROUNDS} times`, async () => {
  const folder = `${scratch.path}/raced`
  const racers = Array.from({ length: RACERS }, (_, index) => startRacer(folder, `racer ${index}`))
  await Promise.all(racers.map((racer) => racer.next()))
  const store = createFileStore(folder)
  const seen = new Set<string>()
  let version: string | null = null
  for (let round = 0; round < ROUNDS; round++) {
    for (const racer of racers) racer.send(JSON.stringify(version))
    const answers = await Promise.all(racers.map((racer) => racer.next()))
    const winners = answers.flatMap((answer, index) => (answer.startsWith('won ') ? [index] : []))
    expect(winners, `round ${round}: ${answers.join(', ')}`).toHaveLength(1)
    expect(new Set(answers.filter((answer) => !answer.startsWith('won ')))).toEqual(new Set(['ERR_CONFLICT']))
    const [winner = -1] = winners
    const blob = await store.read('shards/0')
    if (blob === null || blob === 'unchanged') throw new Error('The file is missing.')
    expect(`won ${blob.version}`).toBe(answers[winner])
    expect(new TextDecoder().decode(blob.data)).toBe(`racer ${winner} after ${version}`)
    expect(seen.has(blob.version)).toBe(false)
    seen.add(blob.version)
    version = blob.version
  }
  await Promise.all(racers.map((racer) => racer.end()))
})
