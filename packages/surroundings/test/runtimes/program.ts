// What another runtime runs by itself, in memory or in folders below the one that it is told. Prints one line of JSON
// for each trial.

import { foldersBelow, memory, trialsIn } from './trials.ts'

const [folder] = process.argv.slice(2)

for (const { name, run } of await trialsIn(folder === undefined ? memory : foldersBelow(folder))) {
  const error = await run().then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : String(thrown)),
  )
  console.log(JSON.stringify({ name, error }))
}
