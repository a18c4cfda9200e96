import { each, type Sketches, update } from './sketch.ts'

/** Changes of one document that must all show in the end. */
export const COUNTERS: Sketches = {
  'two counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1')) },
  'three counters': { in: 'together', with: ['/a/1'], clients: each(update('/a/1'), update('/a/1'), update('/a/1')) },
  'a counter twice in one client, and in another': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[update('/a/1'), update('/a/1')]], [[update('/a/1')]]],
  },
}
