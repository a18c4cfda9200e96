import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceDurably } from '../durable-file.mjs'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * One encrypted JSON file, all of it in memory and rewritten with every change: AES-256-GCM, a random nonce each time. No checks against
 * other writers and no copies of what it hands out, so it is as fast as this way can be.
 */
export function createSubject({ directory, key }) {
  const path = join(directory, 'vault.json.enc')
  let documents = new Map()

  const save = () => {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const json = JSON.stringify(Object.fromEntries(documents))
    const body = [cipher.update(json, 'utf8'), cipher.final()]
    replaceDurably(path, Buffer.concat([nonce, ...body, cipher.getAuthTag()]))
  }

  return {
    async importAll(entries) {
      documents = new Map(entries)
      save()
    },
    async open() {
      const file = readFileSync(path)
      const decipher = createDecipheriv('aes-256-gcm', key, file.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(file.subarray(-TAG_BYTES))
      const json = decipher.update(file.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      documents = new Map(Object.entries(JSON.parse(json)))
    },
    async get(document) {
      return documents.get(document)
    },
    async update(document, change) {
      documents.set(document, change(documents.get(document)))
      save()
    },
    async create(document, value) {
      documents.set(document, value)
      save()
    },
    async find() {
      return [...documents.keys()]
    },
    async exportAll(take) {
      for (const [document, value] of documents) take(document, value)
    },
    async close() {
      documents = new Map()
    },
  }
}
