import { get, type Sketches, task, update } from './sketch.ts'

/** Operations that share a cache. */
export const TASKS: Sketches = {
  'a task that reads and updates': {
    in: 'together',
    with: ['/a/1'],
    clients: [[[task([get('/a/2'), update('/a/1')], [get('/a/1')])]]],
  },
}
