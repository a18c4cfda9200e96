import { createMemoryStore, type VaultDB } from '@vaultdb/core'
import { type Fault, withFaults } from '@vaultdb/core/testing'
import fc from 'fast-check'
import { test } from 'vitest'
import { Director } from '../support/director.ts'
import { assertLinearizable } from '../support/linearizability.ts'
import { createVault, inspect, openVault } from '../support/vault.ts'
import { type Operation, operation, Recorder } from './operations.ts'

interface Turn {
  readonly client: number
  readonly operation: Operation
}

/** For a machine that has much else to do; it takes seconds. */
const TIME_LIMIT_MS = 300_000

const FAULTS = ['pass', 'drop', 'lose-answer', 'land-late'] as const

interface Scenario {
  /** Batches of operations that begin at once, each batch when the one before it has ended. */
  readonly batches: readonly (readonly Turn[])[]
  /** Who has the next turn, decision by decision; whoever waits longest where the list is at its end. */
  readonly order: readonly number[]
  /** What becomes of the requests, one by one; nothing unusual where the list is at its end. */
  readonly faults: readonly (typeof FAULTS)[number][]
}

function scenario(clients: number, hasFaults: boolean): fc.Arbitrary<Scenario> {
  const turn = fc.record({ client: fc.nat(clients - 1), operation })
  const fault = fc.oneof(
    { weight: 3, arbitrary: fc.constant(FAULTS[0]) },
    { weight: 1, arbitrary: fc.constantFrom(...FAULTS) },
  )
  return fc.record({
    batches: fc.array(fc.array(turn, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    order: fc.array(fc.nat(30), { maxLength: 120, size: 'max' }),
    faults: hasFaults ? fc.array(fault, { maxLength: 60, size: 'max' }) : fc.constant([]),
  })
}

function takeFrom<T>(list: readonly T[], otherwise: T): () => T {
  let at = 0
  return () => list[at++] ?? otherwise
}

/** Runs the batches, and throws unless some order of the operations explains every result and what is there in the end. */
async function explain(clients: number, { batches, order, faults }: Scenario): Promise<void> {
  const director = new Director(takeFrom(order, 0))
  const store = createMemoryStore()
  await (await createVault(store)).close()
  let nextFault = (): (typeof FAULTS)[number] => 'pass'
  const network = withFaults(director.over(store), ({ kind }): Fault => {
    const fault = nextFault()
    if (fault !== 'land-late') return fault
    return kind === 'write' ? { landAfter: director.turn() } : 'drop'
  })
  const databases: VaultDB[] = []
  for (let client = 0; client < clients; client++) {
    const opening = openVault(network, { runtime: director.runtime(client + 1), retry: { requestAttempts: 3 } })
    databases.push(await director.run(opening))
  }
  nextFault = takeFrom(faults, 'pass')
  const recorder = new Recorder()
  for (const batch of batches) {
    const work = batch.map((turn) => recorder.perform(databases[turn.client] as VaultDB, turn.operation))
    await director.run(Promise.all(work))
  }
  await director.run(Promise.all(databases.map((db) => db.close())))
  await director.drain() // what is still on its way lands now
  recorder.conclude((await inspect(store)).documents)
  assertLinearizable(recorder.steps, recorder.totals)
}

test.each([
  { clients: 1, faults: false, numRuns: 200 },
  { clients: 3, faults: false, numRuns: 300 },
  { clients: 1, faults: true, numRuns: 150 },
  { clients: 3, faults: true, numRuns: 200 },
])(
  'operations at once end as some order of them: $clients clients, faults: $faults',
  async (each) => {
    const property = fc.asyncProperty(scenario(each.clients, each.faults), (drawn) => explain(each.clients, drawn))
    await fc.assert(property, { numRuns: Number(process.env.RUNS ?? each.numRuns) })
  },
  TIME_LIMIT_MS,
)
