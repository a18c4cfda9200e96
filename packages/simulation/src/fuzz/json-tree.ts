import type { SeededRandom } from '../seeded-random.ts'
import { oddText } from './byte-mutations.ts'

/** JSON as it is spelled: names may stand twice, numbers and strings may be written in any way, or be no JSON at all. */
export type JsonTree =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly JsonTree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: JsonTree])[] }

const literal = (text: string): JsonTree => ({ kind: 'literal', text })

/** The tree of a parsed value. */
export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) }
  if (typeof value !== 'object' || value === null) return literal(JSON.stringify(value))
  return {
    kind: 'object',
    members: Object.entries(value).map(([name, member]) => [JSON.stringify(name), treeOf(member)]),
  }
}

/** The JSON text of a tree. */
export function textOf(tree: JsonTree): string {
  if (tree.kind === 'literal') return tree.text
  if (tree.kind === 'array') return `[${tree.items.map(textOf).join(',')}]`
  return `{${tree.members.map(([name, value]) => `${name}:${textOf(value)}`).join(',')}}`
}

/** How a number may be written; the last ones are none. */
const NUMBERS: readonly string[] = (
  '0 1 2 15 16 17 64 65 80 81 256 257 1023 1024 65536 1048576 2147483647 2147483648 4294967296 9007199254740991 ' +
  '9007199254740992 9007199254740993 -0 -1 0.5 1.0 1e2 1E2 1e400 -1e400 1e-400 123456789012345678901234567890 01 +1 .5 1. 0x10 NaN'
)
  .split(' ')
  .concat('9'.repeat(400))

const STRINGS: readonly string[] = [
  '""',
  '"/"',
  '"//"',
  '"/a/"',
  '"a/"',
  '"."',
  '".."',
  '"/a/../"',
  '"a/b"',
  '"\\u0000"',
  '"\\u0061"',
  '"\\/"',
  '"\\ud800"',
  '"\\uD83E\\uDD8A"',
  '"🦊"',
  '"\ufeff"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"0"',
  '"AAAAAAAAAAA"',
  '"AAAAAAAAAAB"',
  '"AAAAAAAAAAAAAAAAAAAAAA"',
  `"${'0'.repeat(32)}"`,
  `"${'f'.repeat(32)}"`,
  `"${'x'.repeat(1024)}"`,
  `"${'é'.repeat(600)}"`,
  '"\t"',
  '"',
]

/** Names that the format knows, and some that a careless reader trips over. */
const NAMES = [
  '"__proto__"',
  '"constructor"',
  '"length"',
  '"0"',
  '"4294967295"',
  '"seq"',
  '"log"',
  '"kdf"',
  '"kind"',
  '""',
]

const CONSTANTS = ['null', 'true', 'false', '{}', '[]', 'undefined', '']

/** A literal of any kind. */
function randomLiteral(random: SeededRandom): JsonTree {
  switch (random.below(6)) {
    case 0:
      return literal(random.pick(CONSTANTS))
    case 1:
    case 2:
      return literal(random.pick(NUMBERS))
    case 3:
      return literal(JSON.stringify(oddText(random, 6)))
    default:
      return literal(random.pick(STRINGS))
  }
}

/** Any tree; at most `depth` deep, but for some that are nested far beyond what parsers take. */
export function randomTree(random: SeededRandom, depth: number): JsonTree {
  if (depth === 0 || random.below(3) === 0) return randomLiteral(random)
  if (random.below(50) === 0) return nest(random, randomLiteral(random), 1 + random.below(300))
  const length = random.below(5)
  if (random.below(2) === 0) {
    return { kind: 'array', items: Array.from({ length }, () => randomTree(random, depth - 1)) }
  }
  return {
    kind: 'object',
    members: Array.from({ length }, () => [randomName(random), randomTree(random, depth - 1)] as const),
  }
}

function randomName(random: SeededRandom): string {
  return random.below(2) === 0 ? random.pick(NAMES) : JSON.stringify(oddText(random, 3))
}

function nest(random: SeededRandom, tree: JsonTree, levels: number): JsonTree {
  let nested = tree
  for (let level = 0; level < levels; level++) {
    nested = random.below(2) === 0 ? { kind: 'array', items: [nested] } : { kind: 'object', members: [['"a"', nested]] }
  }
  return nested
}

function sizeOf(tree: JsonTree): number {
  if (tree.kind === 'literal') return 1
  const parts = tree.kind === 'array' ? tree.items : tree.members.map(([, value]) => value)
  return parts.reduce((sum, part) => sum + sizeOf(part), 1)
}

/** The node at `index`, counted from the root, which is 0. */
function nodeAt(tree: JsonTree, index: number): JsonTree {
  if (index === 0 || tree.kind === 'literal') return tree
  let left = index - 1
  for (const part of tree.kind === 'array' ? tree.items : tree.members.map(([, value]) => value)) {
    const size = sizeOf(part)
    if (left < size) return nodeAt(part, left)
    left -= size
  }
  return tree
}

function replaceAt(tree: JsonTree, index: number, change: (node: JsonTree) => JsonTree): JsonTree {
  if (index === 0) return change(tree)
  if (tree.kind === 'literal') return tree
  let left = index - 1
  const replaced = (part: JsonTree): JsonTree => {
    const size = sizeOf(part)
    const isHere = left >= 0 && left < size
    const out = isHere ? replaceAt(part, left, change) : part
    left -= size
    return out
  }
  return tree.kind === 'array'
    ? { kind: 'array', items: tree.items.map(replaced) }
    : { kind: 'object', members: tree.members.map(([name, value]) => [name, replaced(value)]) }
}

/** A list with one element taken away, doubled, moved, or another one added. */
function changeList<T>(random: SeededRandom, list: readonly T[], added: T): T[] {
  const at = random.below(list.length + 1)
  const here = list.slice(at, at + 1)
  switch (random.below(4)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return list.toSpliced(at, 0, ...here)
    case 2:
      return list.toSpliced(at, 1).toSpliced(random.below(list.length + 1), 0, ...here)
    default:
      return list.toSpliced(at, 0, added)
  }
}

/** A literal a little different: a number one off, the other boolean, a string with one character changed. */
function nudge(random: SeededRandom, text: string): string {
  if (text === 'true' || text === 'false') return text === 'true' ? 'false' : 'true'
  if (/^-?\d{1,17}$/.test(text)) return String(Number(text) + random.below(3) - 1)
  const at = 1 + random.below(Math.max(1, text.length - 1))
  const inserted = random.pick(['', 'A', '0', 'f', '/', '.', '\\u0000', '=', 'é'])
  return text.slice(0, at) + inserted + text.slice(at + random.below(2))
}

function changeNode(random: SeededRandom, node: JsonTree, borrowed: JsonTree): JsonTree {
  switch (random.below(8)) {
    case 0:
      return randomTree(random, 2)
    case 1:
      return borrowed
    case 2:
      return randomLiteral(random)
    case 3:
      if (random.below(8) === 0) return nest(random, node, 1 + random.below(140))
  }
  if (node.kind === 'literal') return literal(nudge(random, node.text))
  if (node.kind === 'array') return { kind: 'array', items: changeList(random, node.items, borrowed) }
  const { members } = node
  if (members.length > 0 && random.below(3) === 0) {
    const at = random.below(members.length)
    const [name, value] = members[at] as readonly [string, JsonTree]
    const renamed = random.below(2) === 0 ? randomName(random) : name.replace('"', '"\\u0061')
    return { kind: 'object', members: members.with(at, [renamed, value]) }
  }
  return { kind: 'object', members: changeList(random, members, [randomName(random), borrowed]) }
}

/** The index of a node, found on a random way down: a long list is no likelier to be changed than a short one beside it. */
function pickNode(random: SeededRandom, tree: JsonTree): number {
  if (tree.kind === 'literal' || random.below(4) === 0) return 0
  const parts = tree.kind === 'array' ? tree.items : tree.members.map(([, value]) => value)
  if (parts.length === 0) return 0
  const chosen = random.below(parts.length)
  const before = parts.slice(0, chosen).reduce((sum, part) => sum + sizeOf(part), 0)
  return 1 + before + pickNode(random, parts[chosen] as JsonTree)
}

function literalsOf(tree: JsonTree): string[] {
  if (tree.kind === 'literal') return [tree.text]
  return (tree.kind === 'array' ? tree.items : tree.members.map(([, value]) => value)).flatMap(literalsOf)
}

/** Another literal of the tree that looks like this one: as long, and of its kind. */
function lookalike(random: SeededRandom, tree: JsonTree, text: string): JsonTree {
  const kindOf = (each: string): string => (each.startsWith('"') ? `text of ${each.length}` : typeof JSON.parse(each))
  const isAlike = (each: string): boolean => {
    try {
      return kindOf(each) === kindOf(text)
    } catch {
      return false
    }
  }
  const alike = literalsOf(tree).filter(isAlike)
  return literal(alike.length === 0 ? text : random.pick(alike))
}

/** `tree` after one to some changes, each in one place; parts are borrowed from the tree itself. */
export function mutateTree(random: SeededRandom, tree: JsonTree): JsonTree {
  let out = tree
  do {
    const borrowed = nodeAt(out, random.below(sizeOf(out)))
    const before = out
    out = replaceAt(before, pickNode(random, before), (node) => {
      if (node.kind === 'literal' && random.below(3) === 0) return lookalike(random, before, node.text)
      return changeNode(random, node, borrowed)
    })
  } while (random.below(3) === 0)
  return out
}
