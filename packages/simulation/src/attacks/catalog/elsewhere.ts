import { VaultDB } from '@vaultdb/core'
import { createVirtualClock } from '../../virtual-clock.ts'
import { createAttackRuntime, noWork } from '../attack-runtime.ts'
import { increment, type Marked, SECRET } from '../stage.ts'
import type { World } from '../world.ts'

/** Another client, for which the store is honest, puts a document. */
export async function putElsewhere(world: World, path: string, value: unknown): Promise<void> {
  const runtime = createAttackRuntime(createVirtualClock(), 78, noWork())
  const db = await VaultDB.open(world, { key: SECRET, runtime })
  await db.put(path, value)
  await db.close()
}

/** Another client, for which the store is honest, updates these documents so many times; answers what they are then. */
export async function updatedElsewhere(
  world: World,
  paths: readonly string[],
  times: number = 1,
): Promise<ReadonlyMap<string, Marked | null>> {
  const runtime = createAttackRuntime(createVirtualClock(), 77, noWork())
  const db = await VaultDB.open(world, { key: SECRET, runtime })
  const values = new Map<string, Marked | null>()
  for (let time = 0; time < times; time++) {
    for (const path of paths) values.set(path, await db.update<Marked>(path, increment))
  }
  await db.close()
  return values
}
