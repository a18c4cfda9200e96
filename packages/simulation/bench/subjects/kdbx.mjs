import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceDurably } from '../durable-file.mjs'
import kdbxweb from '../peers/node_modules/kdbxweb/dist/kdbxweb.js'

const { Consts, Credentials, Int64, Kdbx, ProtectedValue, VarDictionary } = kdbxweb

/** Document properties that KDBX has standard fields for; the rest goes into one custom field, as JSON. */
const FIELDS = { title: 'Title', username: 'UserName', notes: 'Notes' }
const REST = 'Rest'

function toFields(value) {
  const { title, username, notes, password, urls, ...rest } = value
  return Object.entries({
    Title: title,
    UserName: username,
    Notes: notes,
    URL: urls[0],
    Password: ProtectedValue.fromString(password),
    [REST]: JSON.stringify(rest),
  })
}

function toDocument(entry) {
  const document = JSON.parse(entry.fields.get(REST))
  for (const [property, field] of Object.entries(FIELDS)) document[property] = entry.fields.get(field)
  document.password = entry.fields.get('Password').getText()
  document.urls = [entry.fields.get('URL')]
  return document
}

/**
 * A KeePass database (KDBX 4): one entry per document, groups for folders, passwords as protected values. The key is a key file with AES-KDF of
 * one round, so next to no key derivation is measured; an entry's history is not kept. All of it is in memory and rewritten with every change.
 */
export function createSubject({ directory, key }) {
  const path = join(directory, 'vault.kdbx')
  const credentials = new Credentials(null, key)
  let database
  let groups
  let index

  const groupOf = (folder) => {
    const known = groups.get(folder)
    if (known !== undefined) return known
    const cut = folder.lastIndexOf('/', folder.length - 2) + 1
    const group = database.createGroup(groupOf(folder.slice(0, cut)), folder.slice(cut, -1))
    groups.set(folder, group)
    return group
  }
  const add = (document, value) => {
    const cut = document.lastIndexOf('/') + 1
    const entry = database.createEntry(groupOf(document.slice(0, cut)))
    for (const [name, field] of toFields(value)) entry.fields.set(name, field)
    entry.fields.set('Name', document.slice(cut))
    index.set(document, entry)
  }
  const walk = (group, folder) => {
    groups.set(folder, group)
    for (const entry of group.entries) index.set(folder + entry.fields.get('Name'), entry)
    for (const child of group.groups) walk(child, `${folder}${child.name}/`)
  }
  const save = async () => replaceDurably(path, new Uint8Array(await database.save()))

  return {
    async importAll(entries) {
      await credentials.ready
      database = Kdbx.create(credentials, 'bench')
      database.setKdf(Consts.KdfId.Aes)
      database.header.kdfParameters.set('R', VarDictionary.ValueType.UInt64, Int64.from(1))
      groups = new Map([['/', database.getDefaultGroup()]])
      index = new Map()
      for (const [document, value] of entries) add(document, value)
      await save()
    },
    async open() {
      await credentials.ready
      const file = readFileSync(path)
      database = await Kdbx.load(file.buffer.slice(file.byteOffset, file.byteOffset + file.length), credentials)
      groups = new Map()
      index = new Map()
      walk(database.getDefaultGroup(), '/')
    },
    async get(document) {
      const entry = index.get(document)
      return entry && toDocument(entry)
    },
    async update(document, change) {
      const entry = index.get(document)
      for (const [name, field] of toFields(change(toDocument(entry)))) entry.fields.set(name, field)
      entry.times.update()
      await save()
    },
    async create(document, value) {
      add(document, value)
      await save()
    },
    async find() {
      return [...index.keys()]
    },
    async exportAll(take) {
      for (const [document, entry] of index) take(document, toDocument(entry))
    },
    async close() {
      database = groups = index = undefined
    },
  }
}
