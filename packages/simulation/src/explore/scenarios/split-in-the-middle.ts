import type { Batch, Step } from '../steps.ts'
import { find, get, list, NARROW, prune, put, remove, type Sketches, task, update, write } from './sketch.ts'

/** Every kind of operation, on a directory that is being split. */
const OPERATIONS: Readonly<Record<string, Batch>> = {
  'a creation': [put('/a/6')],
  'a creation elsewhere': [put('/b/1')],
  'an update': [update('/a/2')],
  'an update that takes its time': [{ kind: 'update-later', path: '/a/2' }],
  'a removal': [remove('/a/1')],
  'a removal by an update': [{ kind: 'update-null', path: '/a/3' }],
  'a prune of it': [prune('/a/')],
  'a bulk': [write(['/a/6', '/b/1'], ['/a/1', '/a/2'])],
  'reads of all kinds': [get('/a/3'), list('/a/'), find('/'), { kind: 'entries', directory: '/a/' }],
  'a task': [task([get('/a/3'), remove('/a/1')], [update('/a/3')])],
  'a removal of everything, one by one': ['/a/1', '/a/2', '/a/3'].map(remove),
}

/** Makes the shard outgrow its size. */
const SPLITTING: Step = write(['/a/4', '/a/5'], [])

const BASE = { in: 'together', shardBytes: NARROW, with: ['/a/1', '/a/2', '/a/3'] } as const

/** What leaves nothing to split where it is planned together with what splits. */
const EMPTYING: ReadonlySet<string> = new Set(['a removal of everything, one by one'])

/** A split in the middle of each operation, by another client and by the same. */
export const SPLITS_IN_THE_MIDDLE: Sketches = Object.fromEntries(
  Object.entries(OPERATIONS).flatMap(([name, batch]) => {
    const apart = [`a split in the middle of ${name}`, { ...BASE, clients: [[[SPLITTING]], [batch]] }] as const
    if (EMPTYING.has(name)) return [apart]
    return [apart, [`a split in the middle of ${name}, of one client`, { ...BASE, clients: [[[SPLITTING, ...batch]]] }]]
  }),
)
