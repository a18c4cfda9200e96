import type { FuzzTarget } from '../../../src/fuzz/target.ts'
import { prepareMaterials } from '../materials.ts'
import { commandTargets } from './commands.ts'
import { fileTargets } from './files.ts'
import { frameTargets } from './frames.ts'
import { textTargets } from './texts.ts'
import { vaultTargets } from './vaults.ts'

/** Every parser of the project. */
export async function prepareTargets(): Promise<FuzzTarget[]> {
  const materials = await prepareMaterials()
  return [
    ...fileTargets(materials),
    ...frameTargets(materials),
    ...vaultTargets(materials),
    ...textTargets(),
    ...commandTargets(),
  ]
}
