import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { exceeded, NETWORK_ROWS, prepareMaterials } from '../dist/index.js'
import { measureCpu } from './cpu.mjs'
import { installPeers } from './peers.mjs'
import { cpuReport, networkReport, targetsReport } from './report.mjs'
import { SUBJECTS } from './subjects/index.mjs'

/** Turns per step, and how long each subject has in a turn. A quick run shows that all works; its figures are rough and only printed. */
const THOROUGH = { sizes: [1000, 10_000], effort: { turns: 7, turnMs: 400 } }
const QUICK = { sizes: [1000], effort: { turns: 2, turnMs: 60 } }

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const { sizes, effort } = options.quick ? QUICK : THOROUGH
const log = (message) => process.stderr.write(`${message}\n`)

log('Network, on a virtual clock')
const materials = await prepareMaterials()
const network = []
for (const row of NETWORK_ROWS) {
  const result = await row.measure(materials)
  network.push({ row, result, met: exceeded(result).length === 0 })
}

const unusable = installPeers(
  SUBJECTS.flatMap(({ native }) => native ?? []),
  log,
)
const subjects = SUBJECTS.filter(({ native }) => !unusable.includes(native))
const cpu = []
for (const count of sizes) cpu.push(await measureCpu(count, { subjects, effort, log }))

const machine = `${availableParallelism()} cores, Node ${process.versions.node.split('.')[0]}, ${process.platform}`
/** Counted by the tests of the stores, which need the servers; here as they were last. */
const SERVERS = readFileSync(new URL('servers.md', import.meta.url), 'utf8').trimEnd()

const report = `# Benchmarks

Written by \`npm run bench${options.quick ? ' -- --quick' : ''}\` on ${new Date().toISOString().slice(0, 10)}; ${machine}.${options.quick ? ' A quick run: rough figures.' : ''}

## Network

Requests / rounds of one client on a line of 80 ms per request and 10 Mbit/s in each direction, which its requests share. The clock is
virtual, so these figures are the same on every machine. ${materials.large.entries.length.toLocaleString('en')} made-up credentials with their paths; n = ${materials.large.shards} shards. *Rounds* is
the critical path: the longest chain of requests each of which began after the one before had ended. *Floor* is what the design allows;
tests assert it. The figures of the predecessor and of one encrypted file were measured earlier in the same way.

${networkReport(network)}

${SERVERS}

## CPU and disk

On the filesystem, every write durable, with raw keys so that no key derivation is measured (except \`conf\`, which has no such way).
Medians of ${effort.turns} turns that take the subjects one after the other, each in a process of its own, after a warm-up. In brackets: VaultDB's figure as a
multiple of that one; below 1 VaultDB is better. *Open + …* opens the store, does it, and closes the store. One encrypted file hands out its own objects and
checks nothing before it overwrites; SQLCipher runs with \`synchronous = FULL\`, once with a write-ahead log and once with the rollback journal that it uses unless told otherwise; kdbxweb uses AES-KDF with one round
and keeps no history; conf derives its key and reads its file at every access and does not fsync the folder.
Memory is above what the process had before it opened the store: *held* is the JavaScript heap after a
collection (a native cache, such as SQLite's, does not show in it), *peak* is resident memory.
${unusable.map((name) => `\n\`${name}\` could not be built on this machine and is left out.\n`).join('')}
${cpu.map(cpuReport).join('\n\n')}

## Aims

At ${cpu.at(-1).count.toLocaleString('en')} documents${cpu.at(-1).count === 10_000 ? '' : ' (the aims are set for 10,000)'}:

${targetsReport(cpu.at(-1))}
`

if (!options.quick) {
  const docs = new URL('../../../docs/', import.meta.url)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL('benchmarks.md', docs), report)
}
process.stdout.write(report)
