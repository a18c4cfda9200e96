// What a web page of another origin does with a bucket. The test calls `run`.

import { VaultError } from '@vaultdb/core'
import { blobStoreConformance } from '@vaultdb/core/testing'
import { createS3Store, type S3StoreOptions } from '@vaultdb/s3'
import { runScenario, SETTINGS } from '../../../core/test/scenario.ts'

type Outcome = Record<string, string>

/** Runs the cases that need none of `lacking`; what each of them came to. */
async function conformance(options: S3StoreOptions, lacking: readonly string[]): Promise<Outcome> {
  const applicable = blobStoreConformance.filter(
    ({ requires = [] }) => !requires.some((each) => lacking.includes(each)),
  )
  const outcome: Outcome = {}
  for (const [index, conformanceCase] of applicable.entries()) {
    const place = { ...options, prefix: `page-${index}` }
    outcome[conformanceCase.name] = await conformanceCase
      .run(async () => ({
        open: async () => {
          const store = createS3Store(place)
          await store.probe()
          return store
        },
      }))
      .then(
        () => 'ok',
        (error) => String(error),
      )
  }
  return outcome
}

async function life(options: S3StoreOptions): Promise<Outcome> {
  const [, setting] = SETTINGS
  if (setting === undefined) throw new Error('There is no such setting.')
  await runScenario(setting, createS3Store({ ...options, prefix: 'life' }))
  return { life: 'ok' }
}

/** The error of each method. */
async function errors(options: S3StoreOptions): Promise<Outcome> {
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

type Task = 'conformance' | 'life' | 'errors'
type Run = (options: S3StoreOptions, lacking: readonly string[]) => Promise<Outcome>

const TASKS: Record<Task, Run> = { conformance, life, errors }

declare global {
  var run: (task: Task, ...given: Parameters<Run>) => Promise<Outcome>
}

globalThis.run = (task, ...given) => TASKS[task](...given)
