import { each, get, one, prune, put, remove, type Sketches, sequence, update, write } from './sketch.ts'

/** Operations on many documents beside others. */
export const PRUNES_AND_BULKS: Sketches = {
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
  'a bulk into a new directory, and a put': {
    in: 'spanning',
    clients: each(write(['/a/1', '/a/2'], []), put('/x')),
  },
  'a put with an update, beside a read': {
    in: 'spanning',
    with: ['/a/2'],
    clients: [[[put('/a/1'), update('/a/2'), get('/a/2')]], [[update('/a/2')]]],
  },
  'a put with an update, and a later update of one client': {
    in: 'spanning',
    with: ['/a/2'],
    clients: [[[put('/a/1'), update('/a/2'), sequence(get('/x'), update('/a/2'))]]],
  },
}
