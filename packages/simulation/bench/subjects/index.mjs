/** What is measured, ours first. `module` is imported by the worker only, so that a peer that cannot be built harms nobody else. */
export const SUBJECTS = [
  { id: 'vaultdb', title: 'VaultDB', module: './subjects/vaultdb.mjs' },
  { id: 'encrypted-file', title: 'one encrypted JSON file', module: './subjects/encrypted-file.mjs' },
  {
    id: 'sqlcipher',
    title: 'SQLCipher, WAL',
    module: './subjects/sqlcipher.mjs',
    native: 'better-sqlite3-multiple-ciphers',
  },
  {
    id: 'sqlcipher-journal',
    title: 'SQLCipher, journal',
    module: './subjects/sqlcipher-journal.mjs',
    native: 'better-sqlite3-multiple-ciphers',
  },
  { id: 'kdbx', title: 'kdbxweb', module: './subjects/kdbx.mjs' },
  { id: 'conf', title: 'conf, encrypted', module: './subjects/conf.mjs' },
]
