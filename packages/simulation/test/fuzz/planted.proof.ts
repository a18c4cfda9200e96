import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { SourceChange } from '../changed-sources.ts'
import { bundleFuzzing } from './bundle.ts'
import type * as Fuzzing from './fuzzing.ts'
import { WatchedWorker } from './watched-worker.ts'

interface Planted extends SourceChange {
  /** What finds it. */
  readonly target: string
  /** Longest input that is left when it has been shortened. */
  readonly mostBytes: number
}

const core = (file: string): string => `core/src/${file}`

/** One check left out of each parser. */
const DEFECTS: Readonly<Record<string, Planted>> = {
  'base64url with bits that mean nothing': {
    file: core('bytes.ts'),
    from: '([\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?$/',
    to: '([\\w-]{2}|[\\w-]{3})?$/',
    target: 'codecs',
    mostBytes: 8,
  },
  'padding that holds something': {
    file: core('format/body.ts'),
    from: "demand(body[at] === 0, 'its padding is not zero')",
    to: '{}',
    target: 'frame',
    mostBytes: 600,
  },
  'a stream that inflates to more than was stated': {
    file: core('format/body.ts'),
    from: 'json = await runtime.inflate(stored, jsonLength)',
    to: 'json = (await runtime.inflate(stored, 1 << 26)).subarray(0, jsonLength)',
    target: 'frame',
    mostBytes: 40,
  },
  'a name twice in an object': {
    file: core('format/json.ts'),
    from: "demand(countMembers(value) === members, 'its JSON has a name twice in one object')",
    to: '',
    target: 'json',
    mostBytes: 40,
  },
  'nesting without an end': {
    file: core('format/json.ts'),
    from: 'demand(++depth <= maxDepth',
    to: 'demand(++depth <= 1e9',
    target: 'json',
    mostBytes: 100,
  },
  'an item from the future': {
    file: core('format/shard-json.ts'),
    from: 'isCount(itemSeq) && itemSeq <= seq',
    to: 'isCount(itemSeq)',
    target: 'shard-json',
    mostBytes: 260,
  },
  'a vault that is pending after its first write': {
    file: core('format/root-json.ts'),
    from: "demand(!pending || seq === 1, 'it is marked as not yet created though it was changed since')",
    to: '',
    target: 'root-json',
    mostBytes: 2_400,
  },
  'a slot with a member too many': {
    file: core('format/header.ts'),
    from: "demand(equalBytes(rootHeader(header), headerBytes), 'its header is not spelled as the format demands')",
    to: '',
    target: 'root-header',
    mostBytes: 340,
  },
  'a path that climbs': {
    file: core('path/path.ts'),
    from: "if (segment === '.' || segment === '..') return",
    to: "if (segment === '.') return",
    target: 'path',
    mostBytes: 12,
  },
  'a document nested too deep': {
    file: core('format/stringify.ts'),
    from: 'this.#ancestors.length >= MAX_DOCUMENT_DEPTH',
    to: 'this.#ancestors.length >= 2 * MAX_DOCUMENT_DEPTH',
    target: 'document',
    mostBytes: 700,
  },
  'a login without a password': {
    file: 'cli/src/csv.ts',
    from: "if (login.password === '') return 'the password is missing'",
    to: '',
    target: 'csv',
    mostBytes: 20,
  },
  'an integer beyond all measure': {
    file: 'cli/src/json.ts',
    from: 'Number.isFinite(value) && BigInt(literal)',
    to: 'BigInt(literal)',
    target: 'cli-json',
    mostBytes: 420,
  },
  'a control character in a message': {
    file: 'cli/src/error-report.ts',
    from: 'escapeText([',
    to: 'String([',
    target: 'cli-arguments',
    mostBytes: 4,
  },
}

/** Inputs that each defect must be found within. */
const MOST_INPUTS = 6_000
const SHORTENING_BUDGET = 4_000

describe('a planted defect is found and shortened:', () => {
  test.each(Object.entries(DEFECTS))('%s', async (_what, { target: name, mostBytes, ...defect }) => {
    const module = await bundleFuzzing(defect)
    try {
      const { prepareTargets, fuzz, faultOf, shorten } = (await import(
        /* @vite-ignore */ module.href
      )) as typeof Fuzzing
      const target = (await prepareTargets()).find((each) => each.name === name)
      if (target === undefined) throw new Error(`There is no target ${name}.`)
      const { failure } = await fuzz(target, { seed: 3, from: 0, count: MOST_INPUTS })
      if (failure === null) throw new Error('It was not found.')
      const goesWrong = async (input: Uint8Array): Promise<boolean> => (await faultOf(target, input)) !== null
      const small = await shorten(failure.input, goesWrong, SHORTENING_BUDGET)
      expect(await goesWrong(small)).toBe(true)
      expect(small.length, Buffer.from(small).toString('latin1').slice(0, 400)).toBeLessThanOrEqual(mostBytes)
    } finally {
      await rm(dirname(fileURLToPath(module)), { recursive: true, force: true })
    }
  })
})

test('an input that a parser never comes back from is found by the watch, and the watch survives it', async () => {
  const endless = { file: 'cli/src/json.ts', from: 'while (scanner.getPosition() < text.length)', to: 'for (;;)' }
  const module = await bundleFuzzing(endless)
  const worker = new WatchedWorker(module, 1_000)
  try {
    const range = { kind: 'range', seed: 1, from: 4, count: 100 } as const
    expect(await worker.run({ ...range, target: 'cli-json' })).toMatchObject({ kind: 'stuck', index: 4 })
    expect(await worker.run({ ...range, target: 'codecs' })).toMatchObject({ kind: 'answered' })
  } finally {
    await worker.close()
    await rm(dirname(fileURLToPath(module)), { recursive: true, force: true })
  }
})
