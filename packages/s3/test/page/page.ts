// What a web page of another origin does with a bucket. The test calls it by name.

import { VaultError } from '@vaultdb/core'
import { createS3Store, type S3StoreOptions } from '@vaultdb/s3'
import { reportOnAll, storeTrials, type TrialReport } from '../../../core/test/support/trials.ts'

/** All trials of which the bucket, probed from here, is capable; each has a prefix of its own. */
async function runTrials(options: S3StoreOptions): Promise<TrialReport[]> {
  const probed = createS3Store({ ...options, prefix: 'probed' })
  const traits = await probed.probe()
  let places = 0
  return reportOnAll(
    storeTrials(probed.capabilities, async () => {
      places += 1
      const prefix = `page-${places}`
      return { open: async () => createS3Store({ ...options, prefix, traits }) }
    }),
  )
}

/** The error of each method. */
async function errors(options: S3StoreOptions): Promise<Record<'read' | 'write', string>> {
  const store = createS3Store({ ...options, prefix: 'errors' })
  const describe = (work: Promise<unknown>): Promise<string> =>
    work.then(
      (value) => `no error but ${JSON.stringify(value)}`,
      (error) => (error instanceof VaultError ? `${error.code} ${error.message}` : String(error)),
    )
  return {
    read: await describe(store.read('vault')),
    write: await describe(store.write('vault', Uint8Array.of(1), null)),
  }
}

export interface Tasks {
  readonly runTrials: typeof runTrials
  readonly errors: typeof errors
}

const tasks: Tasks = { runTrials, errors }
Object.assign(globalThis, { tasks })
