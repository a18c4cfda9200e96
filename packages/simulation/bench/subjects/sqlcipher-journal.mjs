import { createDatabase } from './sqlcipher.mjs'

/** SQLCipher with the rollback journal, which is what it uses unless told otherwise: one file, like a vault without a log. */
export function createSubject(options) {
  return createDatabase(options, 'DELETE')
}
