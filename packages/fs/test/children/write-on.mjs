// Writes on and on, and reports each acknowledged write, until it is killed. A content is its number, repeated: cut or mixed
// ones show. Once in a while it deletes the file and creates it again.
import { writeSync } from 'node:fs'

const [, , storePath, json] = process.argv
const { createFileStore } = await import(storePath)
const { folder, first, bytes } = JSON.parse(json)
const store = createFileStore(folder)
let version = (await store.read('shards/0'))?.version ?? null
for (let number = first; ; number++) {
  if (number % 17 === 0 && version !== null) {
    writeSync(1, `deleting ${number}\n`)
    await store.delete('shards/0', version)
    writeSync(1, `deleted ${number}\n`)
    version = null
  }
  version = await store
    .write('shards/0', new Uint8Array(new Uint32Array(bytes / 4).fill(number).buffer), version)
    .catch((error) => {
      throw error instanceof TypeError ? error : new Error(`write ${number}: ${error.code} ${error.message}`)
    })
  writeSync(1, `${number} ${version}\n`)
}
