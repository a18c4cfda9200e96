// Performs one change of each of the keys, all at once, and kills itself with SIGKILL before the n-th call of `node:fs` that
// changes the disk or waits for it (`dieBefore`); a write of bytes dies half-way. Calls that only look or close are not
// counted: what is on the disk before one of them is what is there before the next that counts. Prints
// `acknowledged <key>` for each and, where no call is to be fatal, the names of the calls.
import fs from 'node:fs'

const [, , storePath = '', json = ''] = process.argv
const { createFileStore } = await import(storePath)
const { folder, options, change, dieBefore } = JSON.parse(json)
const { writeSync } = fs
/** @param {string} line */
const print = (line) => writeSync(1, `${line}\n`)

/** @type {string[]} */
const steps = []
const store = createFileStore(folder, options)
const expected = new Map()
for (const key of change.keys) expected.set(key, (await store.read(key))?.version ?? null)

/** @type {Record<string, (...args: unknown[]) => unknown>} */
const calls = /** @type {never} */ (fs)
for (const name of ['openSync', 'writeSync', 'fsync', 'mkdirSync', 'renameSync', 'unlinkSync', 'rmSync']) {
  const original = /** @type {(...args: unknown[]) => unknown} */ (calls[name])
  calls[name] = (...args) => {
    if (name === 'openSync' && args[1] !== 'wx') return original(...args)
    steps.push(name)
    if (steps.length === dieBefore) {
      if (name === 'writeSync') {
        const [file, bytes] = /** @type {[number, Uint8Array]} */ (/** @type {unknown} */ (args))
        writeSync(file, bytes, 0, bytes.length >> 1, 0)
      }
      process.kill(process.pid, 'SIGKILL')
      for (;;); // the signal is on its way
    }
    return original(...args)
  }
}

/** @param {string} key */
async function perform(key) {
  if (change.kind === 'delete') await store.delete(key, expected.get(key))
  else await store.write(key, new Uint8Array(change.bytes).fill(change.fill), expected.get(key))
  print(`acknowledged ${key}`)
}

await Promise.all(change.keys.map(perform))
print(`steps ${steps.join(' ')}`)
