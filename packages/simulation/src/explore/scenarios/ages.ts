import type { Batch, DocumentStep, Step } from '../steps.ts'
import { get, list, NARROW, put, remove, type Sketches, task, update, write } from './sketch.ts'

const pause: Step = { kind: 'pause', ms: 100 }
const aged = (path: string, maxAgeMs: number): DocumentStep => ({ kind: 'get', path, maxAgeMs })

/** Reads of another shard, between which time passes, let the writer in. */
const wait: readonly Batch[] = [[update('/b/1')], [pause]]
const reader: readonly Batch[] = [
  [get('/a/1')],
  ...wait,
  [aged('/a/1', 150)],
  ...wait,
  [aged('/a/1', 150)],
  [get('/a/1')],
]

const ALL = [1, 2, 3, 4, 5].map((n) => `/a/${n}`)

/** Reads that take old answers, and tasks whose reads are kept. */
export const AGES: Sketches = {
  'reads of a certain age, and a writer': { in: 'apart', with: ['/a/1'], clients: [reader, [[update('/a/1')]]] },
  'old answers after own writes': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[put('/a/2')], [aged('/a/2', 1e9)], [pause], [aged('/a/1', 50), aged('/a/2', 50)]], [[remove('/a/1')]]],
  },
  'a task after another operation, and a writer': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[get('/a/1')], [task([get('/a/1')], [get('/a/1')])]], [[update('/a/1')]]],
  },
  'a task that looks twice, and a writer': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[task([get('/a/1')], [list('/a/'), get('/a/1')], [remove('/a/2')])]], [[put('/a/2')], [update('/a/1')]]],
  },
  'a task that splits a shard, while a rival splits one that it has read': {
    in: 'separate',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3', '/b/1', '/b/2', '/b/3'],
    clients: [
      [
        [
          task(
            [list('/a/')],
            [4, 5, 6].map((n) => put(`/b/${n}`)),
            [update('/b/1')],
            ALL.map(get),
            [{ kind: 'entries', directory: '/a/' }],
          ),
        ],
      ],
      [[write(['/a/4', '/a/5'], [])], ALL.map(update)],
    ],
  },
  'two tasks and a plain operation at once': {
    in: 'apart',
    with: ['/a/1'],
    clients: [
      [[task([get('/a/1')], [update('/a/1')]), task([remove('/a/1')], [get('/a/1'), update('/a/1')]), update('/a/1')]],
    ],
  },
  'a task that leaves its operations under way, and a rival': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [
      [[{ kind: 'task', preload: true, batches: [[get('/a/1')]], left: [put('/a/2'), remove('/a/1')] }]],
      [[update('/a/1')]],
    ],
  },
}
