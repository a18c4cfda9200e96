import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import { type Decide, decideAtRandom } from './random-run.ts'
import type { Batch, DocumentStep, Step, TaskStep } from './steps.ts'
import type { Script, Workload } from './workload.ts'

const DOCUMENTS: readonly string[] = [
  '/x',
  '/y',
  '/a/1',
  '/a/2',
  '/a/3',
  '/a/b/1',
  '/a/b/2',
  '/a/b/c/1',
  '/d/1',
  '/d/2',
  '/d/e/f/1',
  '/g/1',
  '/g/2',
  '/g/3',
  '/g/4',
  '/g/5',
  '/g/6',
  '/h/i/1',
  '/h/i/2',
  '/h/j/1',
]
const DIRECTORIES: readonly string[] = [
  '/',
  '/a/',
  '/a/b/',
  '/a/b/c/',
  '/d/',
  '/d/e/',
  '/d/e/f/',
  '/g/',
  '/h/',
  '/h/i/',
]

/** Ages around which the clocks of simulated clients move: their pauses, and a moment after faults. */
const AGES_MS: readonly number[] = [1, 50, 200, 1_000, 1e12]

/** What every operation of one workload is drawn with. */
interface Draw {
  readonly random: SeededRandom
  readonly universe: readonly string[]
  /** Share of operations that the driver may abort. */
  readonly abortable: number
  /** Share of reads that take old answers. */
  readonly aged: number
  /** Share of batches with a task in them. */
  readonly tasks: number
  readonly hasPassword: boolean
}

/** A workload drawn from one seed. */
export function randomWorkload(seed: number): { readonly workload: Workload; readonly decide: Decide } {
  const random = createSeededRandom(seed)
  const first = random.below(DOCUMENTS.length - 3)
  const universe = random.fraction() < 0.4 ? DOCUMENTS : DOCUMENTS.slice(first, first + 3 + random.below(4))
  const hasPassword = random.fraction() < 0.1
  const draw: Draw = {
    random,
    universe,
    abortable: random.pick([0, 0, 0.3]),
    aged: random.pick([0, 0, 0.4]),
    tasks: random.pick([0, 0.2]),
    hasPassword,
  }
  const scripts = randomScripts(draw)
  const workload: Workload = {
    seed,
    universe,
    shardBytes: random.pick([1_024, 1_024, 2_048, 65_536]),
    atomicReads: random.fraction() < 0.8,
    hasPassword,
    retry: { requestAttempts: random.pick([1, 2, 5]), conflictAttempts: random.pick([3, 30]) },
    scripts,
  }
  return { workload, decide: decideAtRandom(random, random.pick([0, 0.05, 0.15, 0.3])) }
}

function randomScripts(draw: Draw): Script[] {
  const { random } = draw
  const clients = 1 + random.below(random.pick([3, 4, 4, 7]))
  const isMortal = random.fraction() < 0.4
  const devices = random.pick([0, 0, 1, 2])
  const longest = random.pick([2, 3, 4, 8])
  const scripts = Array.from({ length: clients }, (_each, client): Script => {
    const bornAt = client === 0 ? 0 : random.below(random.pick([3, 40, 120]))
    return {
      bornAt,
      diesAt: isMortal && random.fraction() < 0.5 ? bornAt + 1 + random.below(60) : null,
      opening: random.pick(['open-or-create', 'open-or-create', 'create', 'open']),
      device: devices > 0 && random.fraction() < 0.8 ? random.below(devices) : null,
      maxAgeMs: random.fraction() < draw.aged ? random.pick(AGES_MS) : 0,
      batches: Array.from({ length: 1 + random.below(longest) }, () => randomBatch(draw)),
    }
  })
  return scripts.sort((a, b) => a.bornAt - b.bornAt)
}

function randomBatch(draw: Draw): Batch {
  const { random } = draw
  return Array.from({ length: random.pick([1, 1, 2, 3, 4]) }, () =>
    random.fraction() < 0.7 ? randomStep(draw) : { kind: 'sequence', steps: [1, 2, 3].map(() => randomStep(draw)) },
  )
}

function randomStep(draw: Draw): Step {
  const { random } = draw
  if (draw.aged > 0 && random.fraction() < 0.1) return { kind: 'pause', ms: random.pick([10, 100, 500]) }
  if (random.fraction() < draw.tasks) return randomTask(draw)
  if (draw.hasPassword && random.fraction() < 0.15) return { kind: 'change-password', ...interruption(draw) }
  if (random.fraction() < 0.004) return { kind: 'close' }
  return randomDocumentStep(draw)
}

function interruption({ random, abortable }: Draw): { readonly abortable?: boolean } {
  return random.fraction() < abortable ? { abortable: true } : {}
}

function randomTask(draw: Draw): TaskStep {
  const { random } = draw
  const steps = (most: number): DocumentStep[] =>
    Array.from({ length: 1 + random.below(most) }, () => randomDocumentStep(draw))
  return {
    kind: 'task',
    preload: random.fraction() < 0.3,
    batches: Array.from({ length: 1 + random.below(3) }, () => steps(2)),
    left: random.fraction() < 0.5 ? steps(2) : [],
    ...interruption(draw),
  }
}

const KINDS = [
  'get',
  'put',
  'put',
  'update',
  'update',
  'update-later',
  'update-null',
  'update-throws',
  'update-rejects',
  'remove',
  'remove',
  'remove',
  'list',
  'find',
  'entries',
  'prune',
  'write',
] as const

function randomDocumentStep(draw: Draw): DocumentStep {
  const { random, universe } = draw
  const age = random.fraction() < draw.aged ? { maxAgeMs: random.pick(AGES_MS) } : {}
  const rest = interruption(draw)
  const kind = random.pick(KINDS)
  switch (kind) {
    case 'get':
      return { kind, path: random.pick(universe), ...age, ...rest }
    case 'list':
    case 'find':
    case 'entries':
      return { kind, directory: random.pick(DIRECTORIES), ...age, ...rest }
    case 'prune':
      return { kind, directory: random.pick(DIRECTORIES), ...rest }
    case 'write': {
      const chosen = universe.filter(() => random.fraction() < 0.5)
      const put = chosen.filter(() => random.fraction() < 0.7)
      return { kind, put, remove: chosen.filter((path) => !put.includes(path)), ...rest }
    }
    default:
      return { kind, path: random.pick(universe), ...rest }
  }
}
