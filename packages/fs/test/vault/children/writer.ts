// Works on a vault until it is killed. Says what it is about to do, and again when that was acknowledged.
import { writeSync } from 'node:fs'
import { type BlobStore, VaultDB } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { numbersFrom } from '../../../../core/test/support/runtime.ts'
import { KEY } from '../../../../core/test/support/vault.ts'
import {
  type Content,
  type Contents,
  type Death,
  type Operation,
  OperationMaker,
  type WriterInput,
} from './operations.ts'

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;); // the signal is on its way
}

/** The store, as deadly as asked for. */
function deadly(store: BlobStore, { when, files, nth }: Death): BlobStore {
  let writes = 0
  return {
    name: store.name,
    capabilities: store.capabilities,
    read: (key, options) => store.read(key, options),
    delete: (key, expected, options) => store.delete(key, expected, options),
    list: (prefix, options) => store.list(prefix, options),
    async write(key, data, expected, options) {
      const counts = files === 'any' || (files === 'root' ? key === 'vault' : expected === null)
      if (when === 'never' || !counts || ++writes !== nth) return await store.write(key, data, expected, options)
      if (when === 'before') die()
      const written = store.write(key, data, expected, options)
      if (when === 'during') setImmediate(die)
      const version = await written
      if (when === 'after') die()
      return version
    },
  }
}

async function perform(db: VaultDB, { kind, changes }: Operation): Promise<void> {
  const [[path, content] = ['', null]] = changes
  if (kind === 'put') await db.put(path, content)
  else if (kind === 'remove') await db.remove(path)
  else if (kind === 'prune') await db.prune(path)
  else if (kind === 'increment') {
    await db.update<NonNullable<Content>>(path, (old) => ({ n: (old?.n ?? 0) + 1, text: old?.text ?? '' }))
  } else if (kind === 'bulk') {
    await db.write(changes.map(([put, value]) => (value === null ? { remove: put } : { put, value })))
  } else await Promise.all(changes.map(([each, value]) => db.put(each, value)))
}

const { folder, seed, number, death } = JSON.parse(process.argv[2] ?? '') as WriterInput
const db = await VaultDB.open(deadly(createFileStore(folder), death), { key: KEY })
const contents: Contents = new Map(await db.entries<Content>('/').toArray())
const maker = new OperationMaker(contents, numbersFrom(seed), number)
for (;;) {
  const operation = maker.next()
  writeSync(1, `${JSON.stringify(operation)}\n`)
  await perform(db, operation)
  writeSync(1, 'done\n')
  for (const [path, content] of operation.changes) {
    if (content === null) contents.delete(path)
    else contents.set(path, content)
  }
}
