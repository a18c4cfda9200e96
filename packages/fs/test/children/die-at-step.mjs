// Performs one change and kills itself with SIGKILL before the n-th call of `node:fs` that touches the disk (`dieBefore`); a
// write of bytes dies half-way. Prints the names of the calls where none is to be fatal, and `acknowledged <version>`.
import fs from 'node:fs'

const [, , storePath, json] = process.argv
const { createFileStore } = await import(storePath)
const { folder, options, change, dieBefore } = JSON.parse(json)
const { writeSync } = fs
const print = (line) => writeSync(1, `${line}\n`)

const steps = []
const store = createFileStore(folder, options)
const expected = change.first ? null : ((await store.read(change.key))?.version ?? null)

for (const name of [
  'openSync',
  'closeSync',
  'writeSync',
  'fsync',
  'mkdirSync',
  'renameSync',
  'unlinkSync',
  'rmSync',
  'readdirSync',
]) {
  const original = fs[name]
  fs[name] = (...args) => {
    steps.push(name)
    if (steps.length === dieBefore) {
      if (name === 'writeSync') writeSync(args[0], args[1], 0, args[1].length >> 1, 0)
      process.kill(process.pid, 'SIGKILL')
      for (;;); // the signal is on its way
    }
    return original(...args)
  }
}

if (change.kind === 'delete') {
  await store.delete(change.key, expected)
  print('acknowledged')
} else {
  print(`acknowledged ${await store.write(change.key, new Uint8Array(change.bytes).fill(change.fill), expected)}`)
}
print(`steps ${steps.join(' ')}`)
