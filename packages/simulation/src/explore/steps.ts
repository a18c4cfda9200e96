/** What a driver may do to an operation while it is under way. */
interface Interruptible {
  /** It has a signal, which the driver may abort at any of its decisions. */
  readonly abortable?: boolean
}

/** What an update's function does: answers at once or later, removes the document, throws, or rejects later. */
export type UpdateKind = 'update' | 'update-later' | 'update-null' | 'update-throws' | 'update-rejects'

/** One operation on documents. */
export type DocumentStep = Interruptible &
  (
    | { readonly kind: 'put' | 'remove' | UpdateKind; readonly path: string }
    | { readonly kind: 'get'; readonly path: string; readonly maxAgeMs?: number }
    | { readonly kind: 'list'; readonly directory: string; readonly maxAgeMs?: number }
    | { readonly kind: 'find'; readonly directory: string; readonly maxAgeMs?: number }
    | { readonly kind: 'entries'; readonly directory: string; readonly maxAgeMs?: number }
    | { readonly kind: 'prune'; readonly directory: string }
    | { readonly kind: 'write'; readonly put: readonly string[]; readonly remove: readonly string[] }
  )

/** Operations over one shared cache. */
export interface TaskStep extends Interruptible {
  readonly kind: 'task'
  /** Whether it begins by reading the whole vault. */
  readonly preload: boolean
  /** Each is awaited before the next begins. */
  readonly batches: readonly (readonly DocumentStep[])[]
  /** Begun at last, and not awaited. */
  readonly left: readonly DocumentStep[]
}

/** One operation of a client's script. */
export type Step =
  | DocumentStep
  | TaskStep
  /** Sleeps: its clock advances, and nothing else happens. */
  | { readonly kind: 'pause'; readonly ms: number }
  /** Changes the password to one of its own. For vaults that have a password. */
  | (Interruptible & { readonly kind: 'change-password' })
  /** Closes the database, whatever is under way. */
  | { readonly kind: 'close' }

/** Operations one after the other. */
export interface Sequence {
  readonly kind: 'sequence'
  readonly steps: readonly Step[]
}

/** Operations and sequences of them that a client begins at once; it waits for all of them before the next batch. */
export type Batch = readonly (Step | Sequence)[]

/** The operations on documents among these, those in tasks and sequences included. */
export function documentSteps(batch: Batch): DocumentStep[] {
  return batch.flatMap((each): DocumentStep[] => {
    switch (each.kind) {
      case 'sequence':
        return documentSteps(each.steps)
      case 'task':
        return [...each.batches.flat(), ...each.left]
      case 'pause':
      case 'change-password':
      case 'close':
        return []
      default:
        return [each]
    }
  })
}

/** The documents that an operation names. */
export function pathsIn(step: DocumentStep): readonly string[] {
  if ('path' in step) return [step.path]
  return step.kind === 'write' ? [...step.put, ...step.remove] : []
}
