// `npm run mutation [-- --room format,crypto] [--file seal.ts] [--concurrency 2] [--fresh]`: changes the engine in
// thousands of small ways and says which of these mutants no test noticed. Results are kept, so that a later run tries
// only what has changed.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'

const ROOMS = ['crypto', 'store', 'format', 'vault', 'shards', 'operations']
const MIN_SCORE = 85

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'packages', 'core', 'src')
const results = join(root, '.setup', 'mutation')
const equivalentsFile = join(root, 'scripts', 'mutation', 'equivalents.json')

/**
 * A mutant as the list of equivalents names it: by the text of its line, which outlives changes elsewhere in the file.
 * @typedef {{ file: string, line: string, mutator: string, original: string, replacement: string }} Mutant
 * @typedef {Mutant & { reason: string }} Equivalent
 */

/** @param {string} text */
const oneLine = (text) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

/** @param {Mutant} mutant */
const identity = ({ file, line, mutator, original, replacement }) =>
  JSON.stringify([file, line, mutator, original, replacement])

/**
 * One run a file, so that an interrupted run keeps what it has found, and files can be worked on side by side.
 * @param {string} file - Below packages/core/src.
 * @param {{ concurrency: number, fresh: boolean }} options
 */
async function run(file, { concurrency, fresh }) {
  const incrementalFile = join(results, `${file}.json`)
  if (fresh) rmSync(incrementalFile, { force: true })
  mkdirSync(dirname(incrementalFile), { recursive: true })
  const stryker = new Stryker({
    configFile: join(root, 'stryker.config.mjs'),
    mutate: [`packages/core/src/${file}`],
    incrementalFile,
    concurrency,
  })
  return stryker.runMutationTest()
}

/**
 * Lines and columns of a result begin at 1.
 * @param {{ fileName: string, location: any, mutatorName: string, replacement?: string }} result
 * @returns {Mutant & { at: number }}
 */
function describe({ fileName, location: { start, end }, mutatorName, replacement = '' }) {
  const lines = readFileSync(fileName, 'utf8').split('\n')
  const text = lines.slice(start.line - 1, end.line)
  text[text.length - 1] = text.at(-1)?.slice(0, end.column - 1) ?? ''
  text[0] = text[0]?.slice(start.column - 1) ?? ''
  return {
    file: relative(sources, fileName),
    line: (lines[start.line - 1] ?? '').trim(),
    mutator: mutatorName,
    original: oneLine(text.join('\n')),
    replacement: oneLine(replacement),
    at: start.line,
  }
}

/** @returns {Equivalent[]} */
const equivalents = () => (existsSync(equivalentsFile) ? JSON.parse(readFileSync(equivalentsFile, 'utf8')) : [])

/** @param {any[]} found - Results of Stryker. */
function scoreOf(found) {
  /** @param {string[]} statuses */
  const count = (...statuses) => found.filter(({ status }) => statuses.includes(status)).length
  const killed = count('Killed', 'Timeout')
  const overdue = found.filter(({ statusReason = '' }) => statusReason.startsWith('Test timed out')).length
  const tried = killed + count('Survived', 'NoCoverage')
  const percent = tried === 0 ? 100 : (100 * killed) / tried
  // An error outside of all tests, such as an unhandled rejection, counts neither way.
  const rest = `${count('Timeout') + overdue} of them by time, ${count('RuntimeError')} not judged`
  return { percent, text: `${percent.toFixed(1)} % of ${tried} mutants killed (${rest})` }
}

/**
 * Prints and writes down what survived and is not known to be equivalent, and what is listed and did not survive.
 * @param {string} file
 * @param {any[]} found
 * @returns {number} How many survived that are not listed.
 */
function report(file, found) {
  const survivors = found.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(describe)
  const alive = new Set(survivors.map(identity))
  const known = new Set(equivalents().map(identity))
  const unknown = survivors.filter((each) => !known.has(identity(each)))
  for (const { at, mutator, line, original, replacement } of unknown)
    console.log(`${file}:${at} ${mutator}\n    ${line}\n    - ${original}\n    + ${replacement}`)
  const stale = equivalents().filter((each) => each.file === file && !alive.has(identity(each)))
  for (const { line, replacement } of stale)
    console.log(`Listed as equivalent, but killed or gone: ${file} "${line}" -> "${replacement}"`)
  console.log(`${survivors.length} survived, ${survivors.length - unknown.length} of them listed as equivalent.`)
  // In the form of the list of equivalents, which lacks only the reasons.
  const entries = unknown.map(({ at: _, ...mutant }) => ({ ...mutant, reason: '' }))
  writeFileSync(join(results, `${file}.survivors.json`), `${JSON.stringify(entries, null, 2)}\n`)
  return unknown.length
}

/** @param {string} room */
const filesOf = (room) =>
  readdirSync(join(sources, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => `${room}/${name}`)

const { values } = parseArgs({
  options: {
    room: { type: 'string', default: ROOMS.join(',') },
    file: { type: 'string' },
    concurrency: { type: 'string', default: String(availableParallelism()) },
    fresh: { type: 'boolean', default: false },
  },
})
const options = { concurrency: Number(values.concurrency), fresh: values.fresh }
/** @type {string[]} */
const summary = []
for (const room of values.room.split(',')) {
  if (!ROOMS.includes(room)) throw new Error(`There is no room "${room}": ${ROOMS.join(', ')}.`)
  const chosen = values.file?.split(',').map((name) => `${room}/${name}`)
  const files = filesOf(room).filter((file) => chosen === undefined || chosen.includes(file))
  if (files.length === 0) throw new Error(`There is no file "${values.file}" in ${room}.`)
  process.env.MUTATED_ROOM = room // for vitest.mutation.config.ts
  const found = []
  let unlisted = 0
  for (const file of files) {
    console.log(`\n${file}`)
    const mutants = await run(file, options)
    found.push(...mutants)
    unlisted += report(file, mutants)
    console.log(`${file}: ${scoreOf(mutants).text}.`)
  }
  const { percent, text } = scoreOf(found)
  summary.push(`${room}: ${text}; ${unlisted} survivors are not listed.`)
  if (percent < MIN_SCORE) process.exitCode = 1
}
console.log(`\n${summary.join('\n')}`)
