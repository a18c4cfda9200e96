import type { Engine } from './engine.ts'
import type { InFlight } from './in-flight.ts'

/** What maintenance may see of a database and its users may not. */
export interface Internals {
  readonly engine: Engine
  readonly inFlight: InFlight
}

// On the object and not in a module's map: the entry points are separate bundles, each with its own copy of the modules.
const INTERNALS = Symbol.for('@vaultdb/core internals')

/** Lets maintenance find the engine of a database. */
export function keepEngine(database: object, engine: Engine, inFlight: InFlight): void {
  Object.defineProperty(database, INTERNALS, { value: { engine, inFlight } satisfies Internals })
}

/** The engine of an open database. `TypeError` for anything else. */
export function internalsOf(database: object): Internals {
  const internals = (database as { readonly [INTERNALS]?: Internals })?.[INTERNALS]
  if (internals === undefined) throw new TypeError('The first argument must be an open VaultDB.')
  return internals
}
