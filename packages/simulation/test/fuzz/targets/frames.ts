import { deflateRawSync } from 'node:zlib'
import { concatBytes, toBase64Url, u32be, utf8 } from '../../../../core/src/bytes.ts'
import { frameBody, unframeBody } from '../../../../core/src/format/body.ts'
import { FormatError } from '../../../../core/src/format/format-error.ts'
import { parseJson } from '../../../../core/src/format/json.ts'
import type { Runtime } from '../../../../core/src/runtime.ts'
import { mutateBytes } from '../../../src/fuzz/byte-mutations.ts'
import { mutateTree, randomTree, textOf, treeOf } from '../../../src/fuzz/json-tree.ts'
import { readStrictly, SpellingError, spelledValue } from '../../../src/fuzz/strict-json.ts'
import { type FuzzTarget, promise } from '../../../src/fuzz/target.ts'
import type { SeededRandom } from '../../../src/seeded-random.ts'
import type { Materials } from '../materials.ts'
import { exactly } from './exactly.ts'
import { textFrom } from './files.ts'

/** What the reader is told to take at most, so that a bomb need not be large to be one. */
const MAX_JSON_BYTES = 65_536

/** A frame whose lengths are near the truth, and whose stream may hold more or less than it says. */
function lyingFrame(random: SeededRandom): Uint8Array {
  const length = random.pick([0, 1, 2, 100, 5_000, MAX_JSON_BYTES, MAX_JSON_BYTES + 1, 1 << 20])
  const content = random.below(2) === 0 ? new Uint8Array(length).fill(32) : random.bytes(Math.min(length, 300))
  const method = random.pick([0, 1, 1, 1, 2])
  const stored = method === 1 ? new Uint8Array(deflateRawSync(content, { level: random.pick([0, 1, 9]) })) : content
  const near = (number: number): number => Math.max(0, number + random.pick([-1, 0, 0, 0, 0, 1]))
  const padding = new Uint8Array(random.below(40)).fill(random.below(16) === 0 ? 1 : 0)
  const trailing = random.bytes(random.below(16) === 0 ? 3 : 0)
  const head = concatBytes(
    Uint8Array.of(method),
    u32be(near(content.length)),
    u32be(near(stored.length + trailing.length)),
  )
  return concatBytes(head, stored, trailing, padding)
}

function frames({ context, bodies }: Materials): FuzzTarget {
  return {
    name: 'frame',
    weight: 8,
    generate: (random) => {
      const kind = random.below(8)
      if (kind === 0) return random.bytes(random.below(40))
      return kind < 4 ? lyingFrame(random) : mutateBytes(random, random.pick(bodies), bodies)
    },
    judge: async (input) => {
      let asked = 0
      let given = 0
      const runtime: Runtime = {
        ...context.runtime,
        inflate: async (data, maxBytes) => {
          asked = maxBytes
          const out = (await context.runtime.inflate?.(data, maxBytes)) ?? data
          given = out.length
          return out
        },
      }
      const json = await unframeBody(runtime, input, MAX_JSON_BYTES).catch((error: unknown) => {
        if (error instanceof FormatError) return null
        throw error
      })
      promise(asked <= MAX_JSON_BYTES && given <= asked + 1, `${given} bytes inflated where ${asked} were asked for`)
      if (json === null) return 'refused'
      const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
      const end = 9 + view.getUint32(5)
      promise(json.length === view.getUint32(1) && end <= input.length, 'a length is not what was stated')
      promise(
        input.subarray(end).every((byte) => byte === 0),
        'the padding holds something',
      )
      const again = await unframeBody(runtime, await frameBody(runtime, json, input[0] === 1 ? 'deflate' : 'none'))
      promise(toBase64Url(again) === toBase64Url(json), 'a body does not survive being framed')
      return input[0] === 1 ? 'accepted, deflated' : 'accepted, stored'
    },
  }
}

const JSON_EXAMPLES = [
  '{"a":[1,-0,1e400,"\\ud800","\\\\\\"",{"__proto__":[],"b":{}}]}',
  '[["/",[["a",1,{"x":[1,2]}],["b/",2],["c",3,[1,2,3]]]],["/b/",[["c",1,"],["]]]]',
  '{"seq":1,"items":[["/",[["a",1,"]"],["b",1,[[]]]]]]}',
]
const MAX_DEPTH = 12
/** Nesting of the arrays whose third elements are asked for. */
const THIRDS_DEPTH = 4

/** Start and end of the third elements of three-element arrays at the depth asked for, found in the tree. */
function thirdsOf(value: unknown, depth: number): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (depth < THIRDS_DEPTH) return Object.values(value).flatMap((part) => thirdsOf(part, depth + 1))
  return Array.isArray(value) && value.length === 3 ? [value[2]] : []
}

/** Whether only arrays stand at the depth where thirds are looked for, as in every shard. */
function hasArraysOnly(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === THIRDS_DEPTH) return Array.isArray(value)
  return Object.values(value).every((part) => hasArraysOnly(part, depth + 1))
}

function json(): FuzzTarget {
  const encoded = JSON_EXAMPLES.map(utf8)
  return {
    name: 'json',
    weight: 16,
    generate: (random) => {
      const kind = random.below(4)
      if (kind === 0) return mutateBytes(random, random.pick(encoded), encoded)
      const tree = kind === 1 ? randomTree(random, 6) : treeOf(JSON.parse(random.pick(JSON_EXAMPLES)))
      return utf8(textOf(mutateTree(random, tree)))
    },
    judge: (input) => {
      const text = textFrom(input)
      const expected = text === null ? null : strictly(text)
      let found: ReturnType<typeof parseJson>
      try {
        found = parseJson(input, MAX_DEPTH, THIRDS_DEPTH)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        promise(expected === null, `refused (${error.message}), and yet it is JSON`)
        return 'refused'
      }
      promise(expected !== null, 'accepted, and yet it is not JSON as the format has it')
      promise(exactly(found.value) === exactly(expected.value), 'another value than the one that stands there')
      if (!hasArraysOnly(found.value, 1)) return 'accepted'
      const { thirds } = found
      const pieces = Array.from({ length: thirds.length / 2 }, (_, at) =>
        found.text.slice(thirds[2 * at], thirds[2 * at + 1]),
      )
      promise(
        exactly(pieces.map((piece): unknown => JSON.parse(piece))) === exactly(thirdsOf(found.value, 1)),
        'the documents are not cut out where they stand',
      )
      return 'accepted'
    },
  }
}

function strictly(text: string): { readonly value: unknown } | null {
  try {
    return { value: spelledValue(readStrictly(text, MAX_DEPTH)) }
  } catch (error) {
    if (error instanceof SpellingError) return null
    throw error
  }
}

/** What is inside of a seal: the frame, and the JSON in it. */
export function frameTargets(materials: Materials): FuzzTarget[] {
  return [frames(materials), json()]
}
