import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { expect } from 'vitest'
import { FAULTS } from '../../src/bad-network/faults.ts'
import { type LoadReport, runLoad } from '../../src/bad-network/load.ts'
import type { RemotePlace } from '../../src/bad-network/place.ts'
import { changeSources, PACKAGES, SOURCES, type SourceChange } from '../changed-sources.ts'
import { activeResources, expectNoMoreActive } from './active-resources.ts'

const OPERATIONS = 1_000

/** A defect shows sooner. */
const OPERATIONS_OF_TEETH = 240

/**
 * How it shows that an answer was mistaken for another one, according to who meets it first: a change is lost, in a history, to a
 * client that had seen it, or by the map; or a version is none, so that writes conflict with nobody's, those of the probe too.
 */
export const MISTAKEN: RegExp = new RegExp(
  [
    'No order of the operations explains',
    'is older \\(write \\d+\\) than this device has seen',
    'does not descend from what this device has seen',
    'is missing from the store though the vault names it',
    'writes were sent again though their answers were known',
    'failed for no reason: VaultError',
  ].join('|'),
)

/** Faults that a store must not even notice, by which it can mistake a version. */
export const MARKED_ETAGS: readonly string[] = ['weak ETag', 'ETag of a coding']

/** Answers of something that is not the server, which look like its own. Among all faults they may happen to meet no write. */
export const PAGES: readonly string[] = ['login page', 'login page after']

const load = (
  place: RemotePlace,
  seed: number,
  operations: number,
  faults: readonly string[] = Object.keys(FAULTS),
): Promise<LoadReport> => runLoad({ place, seed, operations, clients: 3, faultPercent: 10, faults })

/** Three clients at once do 1,000 operations of all kinds on a network of all faults, and all that was promised is kept. */
export async function expectSurvival(place: RemotePlace, seed: number): Promise<void> {
  const before = await activeResources()
  const report = await load(place, seed, OPERATIONS)
  await expectNoMoreActive(before)
  // It was no good network, and none on which nothing works.
  expect(new Set(report.faults.keys())).toEqual(new Set(Object.keys(FAULTS)))
  expect(report.acknowledged).toBeGreaterThan(0.7 * OPERATIONS)
  expect(report.reusedConnections).toBeGreaterThan(0)
  expect(report.shards).toBeGreaterThan(4)
}

/** An adapter with this change of its source is caught at it. `place` makes a place whose stores the changed adapter makes. */
export async function expectNoticed<Adapter>(
  change: SourceChange,
  place: (adapter: Adapter) => RemotePlace,
  noticed: RegExp,
  faults?: readonly string[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vaultdb-adapter-'))
  try {
    const [name = ''] = change.file.split('/')
    const adapter: Adapter = await import(await bundleAdapter(name, folder, change))
    await expect(load(place(adapter), 1, OPERATIONS_OF_TEETH, faults)).rejects.toThrow(noticed)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function bundleAdapter(name: string, folder: string, change: SourceChange): Promise<string> {
  await build({
    configFile: false,
    root: PACKAGES,
    logLevel: 'error',
    publicDir: false,
    plugins: [changeSources([change])],
    resolve: { alias: [...SOURCES] },
    ssr: { noExternal: true, external: ['remotestoragejs'] },
    build: {
      ssr: join(PACKAGES, name, 'src/index.ts'),
      outDir: folder,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'adapter.mjs' } },
    },
  })
  return join(folder, 'adapter.mjs')
}
