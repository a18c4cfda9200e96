import { each, get, type Sketches, update } from './sketch.ts'

/** Changes of one document that must all show in the end. */
export const COUNTERS: Sketches = {
  'two counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1')) },
  'three counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1'), update('/a/1')) },
  'a counter twice in one client, and in another': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[update('/a/1'), update('/a/1')]], [[update('/a/1')]]],
  },
  'two counters that take their time': {
    in: 'together',
    with: ['/a/1'],
    clients: each({ kind: 'update-later', path: '/a/1' }, { kind: 'update-later', path: '/a/1' }),
  },
  'a counter and a busy one': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[update('/a/1')]], [[update('/a/1')], [update('/a/1')], [update('/a/1')]]],
  },
  'a counter that is read': { in: 'together', with: ['/a/1'], clients: [[[update('/a/1')], [get('/a/1')]]] },
  'an update that is refused by its function, and a reader': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[{ kind: 'update-throws', path: '/a/1' }], [get('/a/1')]]],
  },
}
