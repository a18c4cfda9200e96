// Races for one key: each line of the input names the version to replace (`null`: to create); answers `won <version>` or
// the code of the error.
import { createInterface } from 'node:readline'

const [, , storePath = '', json = ''] = process.argv
const { createFileStore } = await import(storePath)
const { folder, name } = JSON.parse(json)
const store = createFileStore(folder)
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const expected = JSON.parse(line)
  try {
    console.log(`won ${await store.write('shards/0', new TextEncoder().encode(`${name} after ${expected}`), expected)}`)
  } catch (error) {
    console.log(/** @type {NodeJS.ErrnoException} */ (error).code)
  }
}
