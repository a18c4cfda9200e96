import { join } from 'node:path'
import Database from '../peers/node_modules/better-sqlite3-multiple-ciphers/lib/index.js'

/**
 * SQLite with SQLCipher's page encryption, one row per document. The key is given raw, so no key derivation is measured;
 * `journal_mode = WAL` with `synchronous = FULL`: each transaction is one fsync of the log, which is durable.
 */
export function createSubject(options) {
  return createDatabase(options, 'WAL')
}

export function createDatabase({ directory, key }, journalMode) {
  const path = join(directory, 'vault.db')
  let database
  let statements

  const connect = () => {
    database = new Database(path)
    database.pragma(`cipher = 'sqlcipher'`)
    database.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`)
    database.pragma(`journal_mode = ${journalMode}`)
    database.pragma('synchronous = FULL')
    database.exec('CREATE TABLE IF NOT EXISTS documents (path TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID')
    statements = {
      get: database.prepare('SELECT value FROM documents WHERE path = ?').pluck(),
      put: database.prepare('INSERT OR REPLACE INTO documents (path, value) VALUES (?, ?)'),
      paths: database.prepare('SELECT path FROM documents ORDER BY path').pluck(),
      all: database.prepare('SELECT path, value FROM documents ORDER BY path').raw(),
    }
  }
  const read = (document) => {
    const json = statements.get.get(document)
    return json === undefined ? undefined : JSON.parse(json)
  }

  return {
    async importAll(entries) {
      connect()
      database.transaction(() => {
        for (const [document, value] of entries) statements.put.run(document, JSON.stringify(value))
      })()
      database.close()
    },
    async open() {
      connect()
    },
    async get(document) {
      return read(document)
    },
    async update(document, change) {
      database.transaction(() => statements.put.run(document, JSON.stringify(change(read(document))))).immediate()
    },
    async create(document, value) {
      statements.put.run(document, JSON.stringify(value))
    },
    async find() {
      return statements.paths.all()
    },
    async exportAll(take) {
      for (const [document, json] of statements.all.iterate()) take(document, JSON.parse(json))
    },
    async close() {
      database.close()
    },
  }
}
