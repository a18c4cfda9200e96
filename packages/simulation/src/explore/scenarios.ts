import type { Batch, Sequence, Step } from './client.ts'
import type { Outcome } from './controlled-store.ts'
import type { Scenario } from './exhaustive-run.ts'
import type { Layout } from './layout.ts'

const put = (path: string): Step => ({ kind: 'put', path })
const update = (path: string): Step => ({ kind: 'update', path })
const remove = (path: string): Step => ({ kind: 'remove', path })
const prune = (directory: string): Step => ({ kind: 'prune', directory })
const write = (puts: readonly string[], removals: readonly string[]): Step => ({
  kind: 'write',
  put: puts,
  remove: removals,
})
const sequence = (...steps: readonly Step[]): Sequence => ({ kind: 'sequence', steps })
const get = (path: string): Step => ({ kind: 'get', path })
const list = (directory: string): Step => ({ kind: 'list', directory })
const find = (directory: string): Step => ({ kind: 'find', directory })

/** Everything in one shard; a directory apart from its marker; over two shards; nested, and each level apart. */
const ARRANGEMENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  together: [['/a/']],
  apart: [['/a/'], ['/a/1', '/a/2']],
  spanning: [['/a/'], ['/a/1'], ['/a/2']],
  nested: [['/a/'], ['/a/b/1'], ['/a/1', '/a/b/']],
  scattered: [['/a/'], ['/a/1'], ['/a/b/'], ['/a/b/1']],
}

/** Large enough never to split, and the least that a vault takes: a few documents fill it. */
const WIDE = 65_536
const NARROW = 1_024

interface Sketch {
  readonly in: keyof typeof ARRANGEMENTS
  readonly shardBytes?: number
  readonly with?: readonly string[]
  readonly clients: readonly (readonly Batch[])[]
  readonly cold?: boolean
}

/** One operation for each client. */
const each = (...steps: readonly Step[]): readonly (readonly Batch[])[] => steps.map((step) => [[step]])
/** All operations at once in one client. */
const one = (...steps: readonly Step[]): readonly (readonly Batch[])[] => [[steps]]

const SKETCHES: Readonly<Record<string, Sketch>> = {
  'two counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1')) },
  'three counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1'), update('/a/1')) },
  'a counter twice in one client, and in another': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[update('/a/1'), update('/a/1')]], [[update('/a/1')]]],
  },
  'a directory filled and emptied': { in: 'apart', with: ['/a/1'], clients: each(put('/a/2'), remove('/a/1')) },
  'a directory filled and emptied in other shards': {
    in: 'spanning',
    with: ['/a/1'],
    clients: each(put('/a/2'), remove('/a/1')),
  },
  'a directory filled twice and emptied': {
    in: 'apart',
    with: ['/a/1'],
    clients: each(put('/a/2'), remove('/a/1'), update('/a/1')),
  },
  'the same in one client': { in: 'spanning', with: ['/a/1'], clients: one(put('/a/2'), remove('/a/1')) },
  'both last documents removed': {
    in: 'spanning',
    with: ['/a/1', '/a/2'],
    clients: each(remove('/a/1'), remove('/a/2')),
  },
  'both last documents removed in one client': {
    in: 'spanning',
    with: ['/a/1', '/a/2'],
    clients: one(remove('/a/1'), remove('/a/2')),
  },
  'a document removed twice': { in: 'apart', with: ['/a/1'], clients: each(remove('/a/1'), remove('/a/1')) },
  'removed and put back': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[remove('/a/1')], [put('/a/1')]], [[update('/a/1')]]],
  },
  'a nested directory filled and emptied': {
    in: 'nested',
    with: ['/a/b/1'],
    clients: each(put('/a/1'), remove('/a/b/1')),
  },
  'nested directories filled at once': { in: 'scattered', clients: each(put('/a/1'), put('/a/b/1')) },
  'nested directories emptied at once': {
    in: 'scattered',
    with: ['/a/1', '/a/b/1'],
    clients: each(remove('/a/1'), remove('/a/b/1')),
  },
  'a prune and a put': { in: 'spanning', with: ['/a/1'], clients: each(prune('/a/'), put('/a/2')) },
  'a prune and a put below': { in: 'nested', with: ['/a/1'], clients: each(prune('/a/'), put('/a/b/1')) },
  'a prune and a put of one client': { in: 'spanning', with: ['/a/1'], clients: one(prune('/a/'), put('/a/2')) },
  'two prunes': { in: 'nested', with: ['/a/1', '/a/b/1'], clients: each(prune('/a/'), prune('/')) },
  'a prune and what was put back': {
    in: 'spanning',
    with: ['/a/1', '/a/2'],
    clients: [[[prune('/a/')]], [[update('/a/2')], [update('/a/1')]]],
  },
  'a bulk and a removal': { in: 'nested', with: ['/a/1'], clients: each(write(['/a/b/1', '/x'], []), remove('/a/1')) },
  'a bulk that swaps and a put': {
    in: 'spanning',
    with: ['/a/1'],
    clients: each(write(['/a/2'], ['/a/1']), put('/a/1')),
  },
  'a bulk beside single writes': {
    in: 'spanning',
    with: ['/a/1'],
    clients: one(write(['/a/2'], ['/a/1']), update('/a/1'), get('/a/2')),
  },
  'a reader beside a mover': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [
      [[put('/a/2')], [remove('/a/1')]],
      [[get('/a/1')], [list('/a/')], [find('/')]],
    ],
  },
  'a cold reader beside a writer': {
    in: 'scattered',
    with: ['/a/b/1'],
    cold: true,
    clients: each(find('/a/'), update('/a/b/1')),
  },
  'a put beside a read, and a removal': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[put('/a/2'), get('/a/2')]], [[get('/x')], [remove('/a/1')]]],
  },
  'a slow read and a later one': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[get('/a/1'), sequence(put('/x'), get('/a/1'))]], [[update('/a/1')]]],
  },
  'a removal from an old cache': {
    in: 'apart',
    with: ['/a/2'],
    clients: [[[get('/x')], [remove('/a/1')]], [[put('/a/1')]]],
  },
  'a prune and a put on an old cache': {
    in: 'apart',
    clients: [[[get('/x')], [prune('/a/'), put('/a/2')]], [[put('/a/1')]]],
  },
  'an update between two reads': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[get('/a/1'), sequence(put('/x'), update('/a/1'), remove('/a/2'))]], [[put('/a/2')]]],
  },
  'a split under a put': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: each(write(['/a/4', '/a/5'], []), update('/a/1')),
  },
  'two splits of one shard': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: each(write(['/a/4', '/a/5'], []), write(['/a/6', '/a/7'], [])),
  },
  'a split and a removal': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    clients: each(write(['/a/3', '/a/4', '/a/5', '/a/6'], []), remove('/a/1')),
  },
  'a split and a prune': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    clients: each(write(['/a/3', '/a/4', '/a/5', '/a/6'], []), prune('/a/')),
  },
  'a split and a reader': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    cold: true,
    clients: [[[write(['/a/3', '/a/4', '/a/5', '/a/6'], [])]], [[get('/a/3')], [list('/a/')]]],
  },
  'a split and an update of one client': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    clients: one(write(['/a/3', '/a/4', '/a/5', '/a/6'], []), update('/a/1')),
  },
}

function toScenario(name: string, sketch: Sketch, faults: readonly Outcome[], maxFaults: number): Scenario {
  const layout: Layout = {
    shardBytes: sketch.shardBytes ?? WIDE,
    documents: sketch.with ?? [],
    shards: ARRANGEMENTS[sketch.in] as readonly (readonly string[])[],
  }
  return { name, layout, clients: sketch.clients, preload: sketch.cold !== true, faults, maxFaults }
}

const WRITES_ASTRAY: readonly Outcome[] = ['lost', 'late', 'timeout', 'resent', 'refused']

/** The scenarios, without faults, with one write that goes wrong, and with one read that does. */
export const SCENARIOS: readonly Scenario[] = [
  toScenario('two counters, two writes astray', SKETCHES['two counters'] as Sketch, WRITES_ASTRAY, 2),
  ...Object.entries(SKETCHES).flatMap(([name, sketch]) => [
    toScenario(name, sketch, [], 0),
    toScenario(`${name}, a write astray`, sketch, WRITES_ASTRAY, 1),
    toScenario(`${name}, a slow answer`, sketch, ['slow'], 1),
    toScenario(`${name}, a torn read`, sketch, ['torn', 'absent'], 1),
  ]),
]
