import type { Step } from '../steps.ts'
import { each, NARROW, put, type Sketches, write } from './sketch.ts'

const changePassword: Step = { kind: 'change-password' }

/** Writes of the root file: passwords beside each other, and beside splits, which write the map there. */
export const PASSWORDS: Sketches = {
  'a password changed by two': { in: 'together', hasPassword: true, clients: each(changePassword, changePassword) },
  'a password changed twice, and a put': {
    in: 'together',
    hasPassword: true,
    clients: [[[changePassword], [changePassword]], [[put('/x')]]],
  },
  'a password changed during a split': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    hasPassword: true,
    clients: each(write(['/a/4', '/a/5'], []), changePassword),
  },
  'a password changed during a split of one client, and aborted by another': {
    in: 'together',
    shardBytes: NARROW,
    with: ['/a/1', '/a/2', '/a/3'],
    hasPassword: true,
    clients: [[[write(['/a/4', '/a/5'], []), changePassword]], [[{ ...changePassword, abortable: true }]]],
  },
}
