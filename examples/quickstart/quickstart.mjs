// VaultDB in five minutes: the passwords that a browser exported go into an encrypted vault in a folder, and come back out.
//   npm start                     the invented logins of passwords.csv
//   npm start -- my-export.csv    your own
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { metricsBetween, VaultDB, withMetrics } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import cliProgress from 'cli-progress'
import { loginsAtPaths, readBrowserCsv } from 'vaultdb/csv'

// A store is any place that keeps files: here a folder. This one also counts what it is asked.
const folder = await mkdtemp(join(tmpdir(), 'vaultdb-quickstart-'))
const store = withMetrics(createFileStore(folder))
async function step(title, work) {
  const before = store.metrics()
  const result = await work()
  const { requests, rounds, bytesRead, bytesWritten } = metricsBetween(before, store.metrics())
  console.log(`${title}: ${requests} requests in ${rounds} rounds, ${bytesRead} bytes read, ${bytesWritten} written`)
  return result
}

const csvFile = resolve(process.env.INIT_CWD ?? '.', process.argv[2] ?? join(import.meta.dirname, 'passwords.csv'))
const { entries, problems } = readBrowserCsv(await readFile(csvFile))
console.log(`${entries.length} logins in ${relative('.', csvFile)}; ${problems.length} rows cannot be used`)
for (const { line, reason } of problems) console.log(`  line ${line}: ${reason}`)
if (entries.length === 0) process.exit(1)

const password = randomBytes(12).toString('base64url') // yours would come from you
const db = await step('Create the vault', () => VaultDB.create(store, { password }))

const logins = loginsAtPaths(entries) // [{ path: '/logins/mail.example/bob', value: { name, url, … } }, …]
const bar = new cliProgress.SingleBar({ clearOnComplete: true }, cliProgress.Presets.shades_classic)
bar.start(logins.length, 0)
const puts = logins.map(({ path, value }) => ({ put: path, value })) // written together: few requests, however many logins
await step('Import', () => db.write(puts, { onProgress: ({ done }) => bar.update(done) }).finally(() => bar.stop()))

const sites = await step('List', () => db.list('/logins/'))
console.log(`  ${sites.length} sites: ${sites.slice(0, 3).join(' ')} …`)

const { path, value } = logins.toSorted((one, other) => other.value.password.length - one.value.password.length)[0]
const login = await step('Read one entry', () => db.get(path))
console.log(`  ${path} came back ${login.password === value.password ? 'as it was' : 'CHANGED'}`)
await step('Update it', () => db.update(path, (current) => ({ ...current, note: 'changed by the quickstart' })))

const secondClient = await step('Open as a second client', () => VaultDB.open(store, { password }))
console.log(`  it sees: ${(await step('Read there', () => secondClient.get(path))).note}`)
await Promise.all([db.close(), secondClient.close()])

console.log(`The folder ${folder}`)
for (const file of (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
  entry.isFile(),
)) {
  const bytes = await readFile(join(file.parentPath, file.name))
  const found = bytes.includes(value.password) ? 'HOLDS that password' : 'that password is nowhere in it'
  console.log(`  ${relative(folder, join(file.parentPath, file.name))}: ${bytes.length} bytes, ${found}`)
}
console.log(`The vault stays there. Its password, made up for this run: ${password}`)
