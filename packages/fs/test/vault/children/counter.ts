// Works on documents that another process works on as well, from the moment it is told to.
import { once } from 'node:events'
import { VaultDB } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { KEY } from '../../../../core/test/support/vault.ts'

/** A counter's input. */
export interface CounterInput {
  readonly folder: string
  readonly name: string
  readonly times: number
  /** Increments these documents in turn, each `times` times. */
  readonly counters?: readonly string[]
  /** Creates and removes documents in this directory, and leaves one behind. */
  readonly directory?: string
}

const { folder, name, times, counters = [], directory } = JSON.parse(process.argv[2] ?? '') as CounterInput
const db = await VaultDB.open(createFileStore(folder), { key: KEY })
console.log('ready')
await once(process.stdin, 'data')
for (let time = 0; time < times; time++) {
  for (const path of counters) await db.update<number>(path, (count) => (count ?? 0) + 1)
  if (directory === undefined) continue
  await db.put(`${directory}${name}`, time)
  if (!(await db.remove(`${directory}${name}`))) throw new Error(`What ${name} put in round ${time} was gone.`)
}
if (directory !== undefined) await db.put(`${directory}${name}`, times)
await db.close()
process.stdin.destroy()
console.log('finished')
