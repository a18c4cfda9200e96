import { each, get, list, NARROW, one, prune, remove, type Sketches, update, write } from './sketch.ts'

/** Shards that outgrow their size in the middle of something else. */
export const SPLITS: Sketches = {
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
  'a split and reads of everything': {
    in: 'apart',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2'],
    cold: true,
    clients: [
      [[write(['/a/3', '/a/4', '/a/5', '/a/6'], [])]],
      [['/a/1', '/a/2', '/a/3', '/a/4', '/a/5', '/a/6'].map(get)],
    ],
  },
}
