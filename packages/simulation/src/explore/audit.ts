import type { SeededRandom } from '../seeded-random.ts'
import { ancestorsOf } from './ancestors.ts'
import { SimulatedClient } from './client.ts'
import { Violation } from './inspector.ts'
import type { Batch } from './steps.ts'
import { ORDINARY } from './workload.ts'
import type { Event, World } from './world.ts'

/** Number of the client that looks at the vault when all others have ended. */
const AUDITOR = 1_000

/** The device whose witness it has, if there is one: an honest store never makes it raise an alarm. */
const WITNESSED = 0

/** More decisions than an audit needs. */
const MOST_DECISIONS = 5_000

/** How thoroughly: `'brief'` changes all documents at once, `'thorough'` one after the other as well. */
export type Thoroughness = 'brief' | 'thorough'

/**
 * A fresh client reads everything in every way, changes every document, and removes all. Writes of the dead that are still
 * under way arrive in the middle, if `stragglers` decides so, until everything is removed.
 */
export async function audit(
  world: World,
  thoroughness: Thoroughness,
  stragglers: SeededRandom | null = null,
): Promise<void> {
  const { universe } = world.ledger
  let isRemoving = false
  const finish = (async () => {
    const { database, surroundings } = await world.connect(AUDITOR, { ...ORDINARY, device: WITNESSED })
    const client = new SimulatedClient(AUDITOR, database, world.ledger, surroundings, 0)
    for (const batch of program(universe, thoroughness)) await client.run(batch)
    isRemoving = true
    await client.run([{ kind: 'prune', directory: '/' }])
    await client.close()
    surroundings.meter.checkTotal()
  })()
  let over = false
  let failure: unknown
  finish
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => {
      over = true
    })
    .catch(() => undefined)
  for (let steps = 0; !over; steps++) {
    await world.settle()
    if (over) break
    const event = nextEvent(world.events(), isRemoving ? null : stragglers)
    if (event === undefined || steps > MOST_DECISIONS) throw new Violation('The last client waits for ever.')
    world.perform(event, 'done')
  }
  if (failure !== undefined) throw failure
  world.check()
  const { documents, markers } = world.inspector
  if (documents.size > 0) throw new Violation('Documents are left after everything was removed.')
  if (markers.size > 0) throw new Violation(`Markers are left: ${[...markers].join(' ')}`)
}

function* program(universe: readonly string[], thoroughness: Thoroughness): Generator<Batch> {
  const directories = new Set(['/', ...universe.flatMap(ancestorsOf)])
  yield [
    { kind: 'entries', directory: '/' },
    { kind: 'find', directory: '/' },
  ]
  yield [...directories].map((directory) => ({ kind: 'list', directory }))
  yield universe.map((path) => ({ kind: 'get', path }))
  if (thoroughness === 'thorough') {
    for (const path of universe) yield [{ kind: 'remove', path }]
    for (const path of universe) yield [{ kind: 'update', path }]
  }
  yield universe.map((path) => ({ kind: 'update', path }))
  yield [{ kind: 'entries', directory: '/' }]
}

function nextEvent(events: readonly Event[], stragglers: SeededRandom | null): Event | undefined {
  const late = events.filter(({ kind }) => kind === 'arrive')
  const prompt = events.filter(({ kind }) => kind !== 'arrive')
  if (stragglers !== null && late.length > 0 && stragglers.below(8) === 0) return stragglers.pick(late)
  return prompt[0]
}
