import { each, get, one, put, remove, type Sketches, update } from './sketch.ts'

/** Directories that are filled, emptied and filled again. */
export const DIRECTORIES: Sketches = {
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
  'a new directory, and a put': { in: 'spanning', clients: each(put('/a/1'), put('/x')) },
  'a document removed twice at once, and changed': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[remove('/a/1'), remove('/a/1')]], [[update('/a/1')]]],
  },
  'a document removed above another': {
    in: 'nested',
    with: ['/a/1', '/a/b/1'],
    clients: each(remove('/a/1'), get('/a/b/1')),
  },
  'a nested document removed and changed': {
    in: 'scattered',
    with: ['/a/b/1'],
    clients: each(remove('/a/b/1'), update('/a/b/1')),
  },
  'a removal aborted beside a put in another directory': {
    in: 'paired',
    with: ['/a/1'],
    clients: [[[{ ...remove('/a/1'), abortable: true }, put('/b/1')]]],
  },
}
