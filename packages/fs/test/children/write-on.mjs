// Writes on and on in several folders at once, and reports each acknowledged write, until it is killed. A content is its
// number, repeated: cut or mixed ones show. Once in a while it deletes the file and creates it again. A line begins with the
// folder's place in the input.
import { writeSync } from 'node:fs'

const [, , storePath = '', json = ''] = process.argv
const { createFileStore } = await import(storePath)
const { folders, firsts, bytes } = JSON.parse(json)

/**
 * @param {string} folder
 * @param {number} index
 */
async function writeOn(folder, index) {
  /** @param {string} line */
  const print = (line) => writeSync(1, `${index} ${line}\n`)
  const store = createFileStore(folder)
  let version = (await store.read('shards/0'))?.version ?? null
  for (let number = firsts[index]; ; number++) {
    if (number % 17 === 0 && version !== null) {
      print(`deleting ${number}`)
      await store.delete('shards/0', version)
      print(`deleted ${number}`)
      version = null
    }
    version = await store
      .write('shards/0', new Uint8Array(new Uint32Array(bytes / 4).fill(number).buffer), version)
      .catch((/** @type {NodeJS.ErrnoException} */ error) => {
        throw error instanceof TypeError ? error : new Error(`write ${number}: ${error.code} ${error.message}`)
      })
    print(`${number} ${version}`)
  }
}

await Promise.all(folders.map(writeOn))
