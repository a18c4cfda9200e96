import type { Fault, Scenario } from '../exhaustive-run.ts'
import type { Opening } from '../opening.ts'
import type { Batch, DocumentStep, Sequence, Step } from '../steps.ts'

export const put = (path: string): DocumentStep => ({ kind: 'put', path })
export const update = (path: string): DocumentStep => ({ kind: 'update', path })
export const remove = (path: string): DocumentStep => ({ kind: 'remove', path })
export const prune = (directory: string): DocumentStep => ({ kind: 'prune', directory })
export const write = (puts: readonly string[], removals: readonly string[]): Step => ({
  kind: 'write',
  put: puts,
  remove: removals,
})
export const get = (path: string): DocumentStep => ({ kind: 'get', path })
export const list = (directory: string): DocumentStep => ({ kind: 'list', directory })
export const find = (directory: string): DocumentStep => ({ kind: 'find', directory })
export const sequence = (...steps: readonly Step[]): Sequence => ({ kind: 'sequence', steps })

export const task = (...batches: readonly (readonly DocumentStep[])[]): Step => ({
  kind: 'task',
  preload: false,
  batches,
  left: [],
})

/** One operation for each client. */
export const each = (...steps: readonly Step[]): readonly (readonly Batch[])[] => steps.map((step) => [[step]])
/** All operations at once in one client. */
export const one = (...steps: readonly Step[]): readonly (readonly Batch[])[] => [[steps]]

/**
 * All in one shard; a directory apart from its marker; two such, together and each in its own shard; one over two shards; nested,
 * and each level apart.
 */
export const ARRANGEMENTS: Readonly<
  Record<
    'together' | 'apart' | 'paired' | 'separate' | 'spanning' | 'nested' | 'scattered',
    readonly (readonly string[])[]
  >
> = {
  together: [['/a/']],
  apart: [['/a/'], ['/a/1', '/a/2']],
  paired: [
    ['/a/', '/b/'],
    ['/a/1', '/b/1'],
  ],
  separate: [
    ['/a/', '/b/'],
    ['/a/1', '/a/2', '/a/3', '/a/4', '/a/5'],
    ['/b/1', '/b/2', '/b/3', '/b/4', '/b/5'],
  ],
  spanning: [['/a/'], ['/a/1'], ['/a/2']],
  nested: [['/a/'], ['/a/b/1'], ['/a/1', '/a/b/']],
  scattered: [['/a/'], ['/a/1'], ['/a/b/'], ['/a/b/1']],
}

/** Large enough never to split, and the least that a vault takes: a few documents fill it. */
const WIDE = 65_536
export const NARROW = 1_024

/** What happens, before anything goes wrong. */
export interface Sketch {
  readonly in: keyof typeof ARRANGEMENTS
  /** Default: large enough never to split. */
  readonly shardBytes?: number
  /** Documents that are there from the beginning. */
  readonly with?: readonly string[]
  readonly clients: readonly (readonly Batch[])[]
  /** The clients have read nothing before. */
  readonly cold?: boolean
  /** How each client comes to its database; without it all have opened the vault before anything begins. */
  readonly openings?: readonly Opening[]
  /** What there is of the vault before; default: all. */
  readonly vault?: 'absent' | 'pending'
  /** Whether the vault takes a password, beside the key that opens it. */
  readonly hasPassword?: boolean
}

/** Sketches by the name of what they show. */
export type Sketches = Readonly<Record<string, Sketch>>

/** A sketch as a scenario in which some calls may go wrong. */
export function toScenario(name: string, sketch: Sketch, faults: readonly Fault[], maxFaults: number): Scenario {
  const { in: arrangement, shardBytes = WIDE, with: documents = [], clients, cold = false } = sketch
  const layout = { shardBytes, documents, shards: ARRANGEMENTS[arrangement] }
  const { openings, vault, hasPassword = false } = sketch
  return {
    ...{ name, layout, clients, preload: !cold, faults, maxFaults, hasPassword },
    ...(openings && { openings }),
    ...(vault && { vault }),
  }
}
