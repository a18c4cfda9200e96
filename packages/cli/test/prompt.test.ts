import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { askSecret } from '../src/process-terminal.ts'

/** A keyboard and a screen; `shown` is all that came to the screen. */
function createScreen() {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  let shown = ''
  output.on('data', (chunk) => {
    shown += chunk
  })
  return { streams: { input, output }, shown: () => shown }
}

const signal = new AbortController().signal

describe('the prompt for a secret', () => {
  it('shows nothing of what is typed, its length neither', async () => {
    const short = createScreen()
    const long = createScreen()
    const answers = [askSecret('Password', short.streams, signal), askSecret('Password', long.streams, signal)]
    short.streams.input.write('q\r')
    for (const char of 'qzqzqzqzqz\r') long.streams.input.write(char)
    expect(await Promise.all(answers)).toEqual(['q', 'qzqzqzqzqz'])
    for (const { shown } of [short, long]) {
      expect(shown()).toContain('Password')
      expect(shown()).not.toMatch(/[qz*•▪]/)
    }
  })

  it('ends on Ctrl-C as a stop', async () => {
    const { streams } = createScreen()
    const answer = askSecret('Password', streams, signal)
    streams.input.write('\u0003')
    await expect(answer).rejects.toMatchObject({ signal: 'SIGINT', exitCode: 130 })
  })

  it.each(['\u0004', null])('ends as a stop when the input does, by Ctrl-D or for good (%j)', async (typed) => {
    const { streams } = createScreen()
    const answer = askSecret('Password', streams, signal)
    if (typed === null) streams.input.end()
    else streams.input.write(typed)
    await expect(answer).rejects.toMatchObject({ signal: 'SIGINT', exitCode: 130 })
  })
})
