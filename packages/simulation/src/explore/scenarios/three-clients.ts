import { each, find, get, list, NARROW, prune, put, remove, type Sketches, update, write } from './sketch.ts'

/** Three clients at once. */
export const THREE_CLIENTS: Sketches = {
  'a directory filled, emptied and pruned': {
    in: 'spanning',
    with: ['/a/1'],
    clients: each(put('/a/2'), remove('/a/1'), prune('/')),
  },
  'a directory emptied by two and filled': {
    in: 'spanning',
    with: ['/a/1', '/a/2'],
    clients: each(remove('/a/1'), remove('/a/2'), put('/a/1')),
  },
  'nested directories emptied and refilled at once': {
    in: 'nested',
    with: ['/a/b/1'],
    clients: each(remove('/a/b/1'), put('/a/b/2'), put('/a/1')),
  },
  'nested directories pruned and refilled at each level': {
    in: 'scattered',
    with: ['/a/1', '/a/b/1'],
    clients: each(prune('/a/'), put('/a/b/2'), put('/a/2')),
  },
  'a directory emptied, refilled and emptied again': {
    in: 'apart',
    with: ['/a/1'],
    clients: [[[remove('/a/1')], [put('/a/1')], [remove('/a/1')]], [[update('/a/2')]], [[list('/')]]],
  },
  'two splits of one shard, and a reader': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: [[[write(['/a/4', '/a/5'], [])]], [[write(['/a/6', '/a/7'], [])]], [[get('/a/1')], [find('/')]]],
  },
  'two splits of one shard, and a prune': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: each(write(['/a/4', '/a/5'], []), write(['/a/6', '/a/7'], []), prune('/a/')),
  },
  'two splits of one shard, and an update of an old cache': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    clients: each(write(['/a/4', '/a/5'], []), write(['/a/6', '/a/7'], []), update('/a/3')),
  },
  'a bulk, a prune and an update': {
    in: 'spanning',
    with: ['/a/1', '/a/2'],
    clients: each(write(['/a/1', '/x'], ['/a/2']), prune('/a/'), update('/a/2')),
  },
  'three creators': {
    in: 'together',
    vault: 'absent',
    openings: ['create', 'open', 'open-or-create'],
    clients: each(update('/x'), put('/a/1'), get('/x')),
  },
}
