import type { DocumentStep, Step } from '../steps.ts'
import { get, NARROW, prune, put, remove, type Sketches, task, update, write } from './sketch.ts'

/** The same operation, which may be aborted at any moment. */
function abortable<T extends Step>(step: T): T {
  return { ...step, abortable: true }
}

const later: DocumentStep = { kind: 'update-later', path: '/a/1' }

/** Operations that are aborted beside others which are not, and databases that are closed in the middle. */
export const INTERRUPTIONS: Sketches = {
  'a removal aborted beside a put of the same document': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[put('/a/2'), abortable(remove('/a/2')), update('/a/1')]]],
  },
  'a prune aborted beside what it would remove': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[put('/a/2'), abortable(prune('/a/')), put('/x')]], [[update('/a/1')]]],
  },
  'a put aborted beside another of a new directory': {
    in: 'spanning',
    clients: [[[abortable(put('/a/1')), put('/a/2')]]],
  },
  'an update aborted beside another of the same document': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[abortable(update('/a/1')), update('/a/1')]], [[update('/a/1')]]],
  },
  'a slow function aborted beside another': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[abortable(later), later, get('/a/1')]], [[update('/a/1')]]],
  },
  'the last removal aborted while another fills the directory': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[abortable(remove('/a/1'))], [put('/a/1')]], [[put('/a/2')]]],
  },
  'a bulk aborted in the middle of a split': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    clients: [[[abortable(write(['/a/3', '/a/4', '/a/5', '/a/6'], ['/a/2'])), update('/a/1')]]],
  },
  'a read aborted beside another of the same shard': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[abortable(get('/a/1')), get('/a/1'), get('/a/2')]], [[update('/a/1')]]],
  },
  'a task aborted beside another': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[abortable(task([update('/a/1')], [remove('/a/1')])), task([get('/a/1')], [update('/a/1')])]]],
  },
  'a database closed while operations are under way': {
    in: 'spanning',
    with: ['/a/1'],
    clients: [[[put('/a/2'), remove('/a/1'), { kind: 'close' }, update('/x')]], [[update('/a/1')]]],
  },
  'a database closed while its shard is split': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: [[[write(['/a/4', '/a/5'], []), { kind: 'close' }]], [[update('/a/1')]]],
  },
}
