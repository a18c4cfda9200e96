import { each, type Sketches, update } from './sketch.ts'

/** Vaults that several clients make at once, or that one has left half made. */
export const CREATION: Sketches = {
  'a creator and another': {
    in: 'together',
    vault: 'absent',
    openings: ['create', 'open-or-create'],
    clients: each(update('/x'), update('/x')),
  },
  'a vault left half made and two who find it': {
    in: 'together',
    vault: 'pending',
    openings: ['open', 'open'],
    clients: each(update('/x'), update('/x')),
  },
}
