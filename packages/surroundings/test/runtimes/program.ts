// What another runtime runs by itself, in memory or in folders below the one that it is told. Prints one line of JSON
// for each trial.

import { reportOn } from '../../../core/test/support/trials.ts'
import { foldersBelow, memory, trialsIn } from './trials.ts'

const [folder] = process.argv.slice(2)

for (const trial of await trialsIn(folder === undefined ? memory : foldersBelow(folder))) {
  console.log(JSON.stringify(await reportOn(trial)))
}
