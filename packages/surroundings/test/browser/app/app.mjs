// A small application as somebody would write it: it counts its visits in an encrypted vault that the browser keeps.

import { errorCode, VaultDB } from '@vaultdb/core'
import { createIndexedDBStore } from '@vaultdb/indexeddb'

/** @typedef {{ count: number }} Visits */

const PASSWORD = 'correct horse battery staple'

async function visit() {
  const store = createIndexedDBStore({ name: 'visits' })
  const kdf = { name: /** @type {const} */ ('argon2id'), memoryKiB: 19_456, passes: 2, parallelism: 1 }
  const db = await VaultDB.openOrCreate(store, { password: PASSWORD, kdf, compression: 'deflate' })
  const before = /** @type {Visits | null} */ (await db.get('/visits'))
  await db.put('/visits', { count: (before?.count ?? 0) + 1 })
  const visits = /** @type {Visits | null} */ (await db.get('/visits'))
  await db.close()
  return `Visit ${visits?.count}`
}

/** @param {string} text */
function show(text) {
  const output = document.createElement('output')
  output.textContent = text
  document.body.append(output)
}

visit().then(show, (error) => show(`${errorCode(error)}: ${error}`))
