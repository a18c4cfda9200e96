import { each, find, get, list, prune, put, remove, type Sketches, sequence, update } from './sketch.ts'

/** What is read while others write, and what is concluded from old knowledge. */
export const READERS: Sketches = {
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
  'a slow read and a removal': {
    in: 'spanning',
    with: ['/a/1'],
    cold: true,
    clients: [[[get('/a/2')], [get('/a/2'), sequence(get('/x'), remove('/a/2'))]], [[put('/a/2')]]],
  },
}
