import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, u32be, utf8 } from '../../src/bytes.ts'
import { frameBody, padme, unframeBody } from '../../src/format/body.ts'
import { createRuntime } from '../../src/runtime.ts'
import { deterministicRuntime } from './deterministic.ts'

const runtime = deterministicRuntime('body')
const { deflate: _, inflate: __, ...withoutZlib } = createRuntime()

function frame(method: number, jsonLength: number, storedLength: number, rest: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(method), u32be(jsonLength), u32be(storedLength), rest)
}

function problemOf(body: Uint8Array): Promise<string> {
  return unframeBody(runtime, body).then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  )
}

describe('padding', () => {
  it.each([
    [4_096, 4_096],
    [4_097, 4_352],
    [9_000, 9_216],
    [65_545, 67_584],
    [1_000_000, 1_015_808],
    [67_108_873, 69_206_016],
  ])('makes %i bytes %i', (length, padded) => {
    expect(padme(length)).toBe(padded)
  })

  it('adds at most an eighth, never takes away, and is stable', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2 ** 28 }), (length) => {
        const padded = padme(length)
        expect(padded).toBeGreaterThanOrEqual(length)
        expect(padded - length).toBeLessThanOrEqual(length / 8)
        expect(padme(padded)).toBe(padded)
      }),
    )
  })

  it('hides small differences: few lengths are left', () => {
    const lengths = new Set(Array.from({ length: 60_000 }, (_, index) => padme(4_096 + index)))
    expect(lengths.size).toBeLessThan(70)
  })
})

describe('a body', () => {
  it('comes back, stored or deflated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 9_000 }),
        fc.constantFrom('none' as const, 'deflate' as const),
        async (json, compression) => {
          const body = await frameBody(runtime, json, compression)
          expect(body.length).toBeGreaterThanOrEqual(4_096)
          expect(await unframeBody(runtime, body)).toEqual(json)
        },
      ),
    )
  })

  it('is as long as Padmé says when it is not compressed', async () => {
    expect((await frameBody(runtime, new Uint8Array(100), 'none')).length).toBe(4_096)
    const noisy = { ...runtime, randomBytes: (length: number) => new Uint8Array(length).fill(255) }
    expect((await frameBody(noisy, new Uint8Array(10_000), 'none')).length).toBe(padme(10_009))
  })

  it('has a random length, within bounds, when it is compressed', async () => {
    const json = utf8('0123456789abcdef'.repeat(4_000))
    const content = runtime.randomBytes(40_000) // does not shrink: stored as it is, with the noise all the same
    const lengths = await Promise.all(
      Array.from({ length: 40 }, async () => (await frameBody(runtime, content, 'deflate')).length),
    )
    expect(new Set(lengths).size).toBeGreaterThan(2)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(padme(40_009))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(padme(40_009 + 5_001))
    expect((await frameBody(runtime, json, 'deflate')).length).toBe(4_096)
  })

  it('is lengthened by up to an eighth when it is compressed, both ends included', async () => {
    // At this length the greatest addition, and no smaller one, makes the next length that Padmé allows.
    const content = runtime.randomBytes(9_550)
    const lengthWith = async (random: number) => {
      const drawn = { ...runtime, randomBytes: (length: number) => new Uint8Array(length).fill(random) }
      return (await frameBody(drawn, content, 'deflate')).length
    }
    expect(await lengthWith(0)).toBe(9_728)
    expect(await lengthWith(255)).toBe(11_264)
  })

  it('may be nothing but a frame', async () => {
    expect(await unframeBody(runtime, frame(0, 0, 0, new Uint8Array(0)))).toEqual(new Uint8Array(0))
  })

  it('says so where the platform cannot compress', async () => {
    const deflated = await frameBody(runtime, utf8('a'.repeat(9_000)), 'deflate')
    await expect(unframeBody(withoutZlib, deflated)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await expect(frameBody(withoutZlib, utf8('a'), 'deflate')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(await unframeBody(withoutZlib, await frameBody(withoutZlib, utf8('a'), 'none'))).toEqual(utf8('a'))
  })

  it('may hold 64 MiB of JSON and no more', async () => {
    const most = 64 * 1024 * 1024
    const body = await frameBody(runtime, new Uint8Array(most), 'none')
    expect((await unframeBody(runtime, body)).length).toBe(most)
    const more = frameBody(runtime, new Uint8Array(most + 1), 'none')
    await expect(more).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
  })
})

describe('a hostile body', () => {
  const text = utf8('a'.repeat(5_000))
  const deflated = new Uint8Array(deflateRawSync(text))
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(50_000_000)))

  it.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'too short'],
    ['less than a frame', new Uint8Array(8), 'too short'],
    ['of an unknown method', frame(2, 1, 1, utf8('a')), 'unknown method'],
    ['with a huge length', frame(0, 0xffffffff, 1, utf8('a')), 'longer than'],
    ['with huge stored bytes', frame(0, 1, 0xffffffff, utf8('a')), 'shorter than stated'],
    ['cut short', frame(0, 5, 5, utf8('abcd')), 'shorter than stated'],
    ['with two lengths', frame(0, 4, 5, utf8('abcde')), 'another length'],
    ['with something in the padding', frame(0, 1, 1, utf8('a\0\0b')), 'padding'],
    ['that inflates to more than stated', frame(1, 100, bomb.length, bomb), 'compressed content is malformed'],
    ['that inflates to less than stated', frame(1, 5_001, deflated.length, deflated), 'another length'],
    [
      'with a tail behind the deflated bytes',
      frame(1, 5_000, deflated.length + 1, concatBytes(deflated, utf8('x'))),
      'malformed',
    ],
    ['whose deflated bytes end early', frame(1, 5_000, deflated.length - 1, deflated.slice(0, -1)), 'malformed'],
    ['that is no deflate at all', frame(1, 5, 5, Uint8Array.of(7, 255, 255, 255, 255)), 'malformed'],
  ])('%s is refused', async (_name, body, problem) => {
    const found = await problemOf(body)
    expect(found).toContain('FormatError')
    expect(found).toContain(problem)
  })

  it('never has more inflated than it states', async () => {
    const asked: number[] = []
    const counting = {
      ...runtime,
      inflate(data: Uint8Array, maxBytes: number) {
        asked.push(maxBytes)
        return createRuntime().inflate?.(data, maxBytes) ?? new Uint8Array(0)
      },
    }
    await expect(unframeBody(counting, frame(1, 100, bomb.length, bomb))).rejects.toThrow('malformed')
    expect(asked).toEqual([100])
  })
})
