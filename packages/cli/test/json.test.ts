import { describe, expect, it } from 'vitest'
import { JsonError, parseJson } from '../src/json.ts'
import { jsonLines } from '../src/transfer/json-lines.ts'

function fault(text: string): JsonError {
  try {
    parseJson(text)
  } catch (error) {
    if (error instanceof JsonError) return error
    throw error
  }
  throw new Error('It was taken.')
}

describe('reading JSON', () => {
  it.each(['12345678901234567890', '{"pin":\n[1, -9007199254740993]}', '9'.repeat(400), `[-${'1'.repeat(310)}]`])(
    'refuses integers that would be rounded: %s',
    (text) => {
      expect(fault(text)).toMatchObject({ line: text.split('\n').length, message: expect.stringContaining('digits') })
    },
  )

  it.each(['9007199254740992', '"12345678901234567890"', '{"12345678901234567890": 0.30000000000000004}', '1e300'])(
    'takes what comes back as it was: %s',
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text))
    },
  )

  it.each(['['.repeat(100_000), `${'['.repeat(20_000)}${']'.repeat(20_000)}`, `{"a":${'{"b":'.repeat(5_000)}`])(
    'refuses what is nested beyond all measure, and does not overflow (%#)',
    (text) => {
      expect(fault(text).message).toBe('nested too deeply')
    },
  )

  // Of these the reader that tells where the fault is would see the depth, and a simpler look at strings and brackets not.
  it.each(['[},'.repeat(100_000), `/*"*/${'['.repeat(100_000)}`, `]]]${'[},'.repeat(20_000)}`])(
    'refuses nesting that closing brackets of the wrong kind, or comments, hide (%#)',
    (text) => {
      expect(fault(text).message).toBe('nested too deeply')
    },
  )

  it.each(['{"a":]}', '[1,}', '"\n', '[1 2]', '{"a":1,}', ''])('tells where it goes wrong: %j', (text) => {
    expect(fault(text).message).toMatch(/^not JSON: .*column \d+$/)
  })

  it('takes a text of many million characters', () => {
    const text = `"${'x'.repeat(20_000_000)}"`
    expect(parseJson(text)).toHaveLength(20_000_000)
  })

  it('reads a string that never ends once, however many escaped quotes are in it', () => {
    const text = `"${'\\"'.repeat(1_000_000)}`
    expect(fault(text).message).toBe('not JSON: unexpected end of string, column 1')
  })

  it('does not take brackets in a text for nesting', () => {
    const text = JSON.stringify(`\\"${'['.repeat(5_000)}`)
    expect(parseJson(text)).toBe(JSON.parse(text))
  })

  it('leaves one line out for its nesting, and reads on', async () => {
    async function* file(): AsyncIterable<Uint8Array> {
      yield new TextEncoder().encode(`{"path":"/a","value":${'['.repeat(50_000)}\n{"path":"/b","value":1}\n`)
    }
    const rows: unknown[] = []
    for await (const row of jsonLines.read(file())) rows.push(row)
    expect(rows).toEqual([
      { line: 1, reason: 'nested too deeply' },
      { line: 2, path: '/b', value: 1 },
    ])
  })
})
