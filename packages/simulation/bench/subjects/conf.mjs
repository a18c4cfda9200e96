import Conf from '../peers/node_modules/conf/dist/source/index.js'

/**
 * `conf` with its `encryptionKey` (AES-256-GCM) and otherwise its defaults: it reads, derives the key (PBKDF2, 10,000 rounds) and
 * decrypts the whole file at every access, and writes it atomically, with an fsync of the file, at every change.
 */
export function createSubject({ directory, key }) {
  let conf
  const connect = () => {
    conf = new Conf({
      cwd: directory,
      configName: 'vault',
      encryptionKey: Buffer.from(key),
      encryptionAlgorithm: 'aes-256-gcm',
      accessPropertiesByDotNotation: false,
    })
  }
  return {
    async importAll(entries) {
      connect()
      conf.store = Object.fromEntries(entries)
    },
    async open() {
      connect()
    },
    async get(document) {
      return conf.get(document)
    },
    async update(document, change) {
      conf.set(document, change(conf.get(document)))
    },
    async create(document, value) {
      conf.set(document, value)
    },
    async find() {
      return Object.keys(conf.store)
    },
    async exportAll(take) {
      for (const [document, value] of Object.entries(conf.store)) take(document, value)
    },
    async close() {
      conf = undefined
    },
  }
}
