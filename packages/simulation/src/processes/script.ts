import type { SeededRandom } from '../seeded-random.ts'
import type { Operation, UpdateKind } from './operation.ts'

/** What one process does next: operations at once, or one after the other in a task. */
export interface Passage {
  readonly inTask: boolean
  readonly operations: readonly Operation[]
}

/** Names that are seen in paths, and must be seen in no file and no file's name. */
export const SECRET_NAMES: readonly string[] = ['household', 'insurance', 'pictures', 'letters']

const WIDE = SECRET_NAMES.slice(0, 3)
const DEEP = SECRET_NAMES.slice(1)

/** Few enough that processes meet and directories empty, many enough for a dozen shards of 1,024 bytes. */
export const UNIVERSE: readonly string[] = [
  '/passport',
  '/licence',
  ...WIDE.flatMap((top) => [`/${top}/one`, `/${top}/two`]),
  ...WIDE.flatMap((top) => DEEP.flatMap((inner) => ['one', 'two', 'three'].map((name) => `/${top}/${inner}/${name}`))),
  ...WIDE.map((top) => `/${top}/archive/${top}/old/one`),
]

/** Directories to look at and to prune. */
export const DIRECTORIES: readonly string[] = [
  ...WIDE.map((top) => `/${top}/`),
  ...WIDE.flatMap((top) => DEEP.map((inner) => `/${top}/${inner}/`)),
  ...WIDE.map((top) => `/${top}/archive/`),
]

const UPDATES: readonly UpdateKind[] = ['update', 'update', 'update', 'update-later', 'update-away', 'update-refused']

/** Draws what a process does. */
export function drawPassage(random: SeededRandom): Passage {
  const inTask = random.below(6) === 0
  const count = inTask ? 2 + random.below(3) : 1 + random.below(3)
  return { inTask, operations: Array.from({ length: count }, () => drawOperation(random)) }
}

/** Draws one operation. Every kind comes up; those that add and those that remove hold each other in balance. */
export function drawOperation(random: SeededRandom): Operation {
  const kind = random.below(100)
  const path = random.pick(UNIVERSE)
  if (kind < 10) return { kind: 'get', path }
  if (kind < 30) return { kind: 'put', path }
  if (kind < 55) return { kind: random.pick(UPDATES), path }
  if (kind < 70) return { kind: 'remove', path }
  if (kind < 82) return drawWrite(random)
  const directory = random.below(4) === 0 ? '/' : random.pick(DIRECTORIES)
  if (kind < 87) return { kind: 'list', directory }
  if (kind < 91) return { kind: 'find', directory }
  if (kind < 94) return { kind: 'entries', directory }
  if (kind < 96) return { kind: 'mend' }
  return { kind: 'prune', directory: random.pick(DIRECTORIES) }
}

/** A bulk, mostly over one directory: sometimes it fills or empties all of it at once. */
function drawWrite(random: SeededRandom): Operation {
  const directory = random.below(3) === 0 ? '/' : random.pick(DIRECTORIES)
  const paths = UNIVERSE.filter((path) => path.startsWith(directory) && random.below(3) > 0).slice(0, 12)
  const removing = random.below(4)
  const remove = paths.filter(() => random.below(4) < removing)
  return { kind: 'write', put: paths.filter((path) => !remove.includes(path)), remove }
}
