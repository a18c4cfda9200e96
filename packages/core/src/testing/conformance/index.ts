import type { ConformanceCase } from './case.ts'
import { contentCases } from './content.ts'
import { lifecycleCases } from './lifecycle.ts'
import { listingCases } from './listings.ts'
import { raceCases } from './races.ts'
import { versionCases } from './versions.ts'

export type { ConformanceCase, MakeStore, StoreLocation } from './case.ts'
export { missingCapabilities } from './case.ts'

/**
 * Everything that the blob store contract promises, as plain data for any test runner, a browser page or a user's own bucket.
 * Run each case of which {@link missingCapabilities} names nothing; it rejects if the store breaks the promise.
 *
 * ```ts no-run
 * const { capabilities } = createMemoryStore()
 * for (const each of blobStoreConformance) {
 *   if (missingCapabilities(each, capabilities).length > 0) continue
 *   test(each.name, () => each.run(async () => ({ open: async () => createMemoryStore() })))
 * }
 * ```
 */
export const blobStoreConformance: readonly ConformanceCase[] = [
  ...contentCases,
  ...versionCases,
  ...raceCases,
  ...listingCases,
  ...lifecycleCases,
]
