// `npm run mutation [-- --room format,crypto] [--file seal.ts] [--concurrency 2] [--fresh]`: changes the engine in
// thousands of small ways and says which of these mutants no test noticed. Results are kept, so that a later run tries
// only what has changed.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'

const ROOMS = ['crypto', 'format', 'vault', 'shards', 'operations']
const MIN_SCORE = 85

const root = fileURLToPath(new URL('..', import.meta.url))
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
 * @param {string} room
 * @param {{ files: string[], concurrency: number, fresh: boolean }} options
 */
async function run(room, { files, concurrency, fresh }) {
  const incrementalFile = join(results, `${room}.json`)
  if (fresh) rmSync(incrementalFile, { force: true })
  const folder = `packages/core/src/${room}`
  const stryker = new Stryker({
    configFile: join(root, 'stryker.config.mjs'),
    mutate: files.length === 0 ? [`${folder}/**/*.ts`] : files.map((file) => `${folder}/${file}`),
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
    file: relative(join(root, 'packages/core/src'), fileName),
    line: (lines[start.line - 1] ?? '').trim(),
    mutator: mutatorName,
    original: oneLine(text.join('\n')),
    replacement: oneLine(replacement),
    at: start.line,
  }
}

/** @returns {Equivalent[]} */
const equivalents = () => (existsSync(equivalentsFile) ? JSON.parse(readFileSync(equivalentsFile, 'utf8')) : [])

/**
 * Prints what survived and is not known to be equivalent, and what is listed and did not survive.
 * @param {string} room
 * @param {any[]} found - Results of Stryker.
 * @param {boolean} whole - Whether all files of the room were looked at.
 * @returns {boolean} Whether enough was killed.
 */
function judge(room, found, whole) {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const { status } of found) counts[status] = (counts[status] ?? 0) + 1
  const { Killed = 0, Timeout = 0, Survived = 0, NoCoverage = 0 } = counts
  const valid = Killed + Timeout + Survived + NoCoverage
  const score = valid === 0 ? 100 : (100 * (Killed + Timeout)) / valid

  const survivors = found.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(describe)
  const known = new Map(equivalents().map((each) => [identity(each), each]))
  const unknown = survivors.filter((each) => !known.has(identity(each)))
  const alive = new Set(survivors.map(identity))
  const stale = whole ? [...known].filter(([key, { file }]) => file.startsWith(`${room}/`) && !alive.has(key)) : []

  const text = unknown.map(
    ({ file, at, mutator, line, original, replacement }) =>
      `${file}:${at} ${mutator}\n    ${line}\n    - ${original}\n    + ${replacement}\n`,
  )
  writeFileSync(join(results, `${room}-survivors.txt`), text.join(''))
  // To be copied into the list of equivalents, with a reason.
  const entries = unknown.map(({ at: _, ...mutant }) => ({ ...mutant, reason: '' }))
  writeFileSync(join(results, `${room}-survivors.json`), JSON.stringify(entries, null, 2))

  console.log(text.join(''))
  for (const [, { file, line, replacement }] of stale)
    console.log(`Listed as equivalent, but killed or gone: ${file} "${line}" -> "${replacement}"`)
  console.log(
    `${room}: ${score.toFixed(1)} % of ${valid} mutants killed; ${survivors.length} survived, ` +
      `${survivors.length - unknown.length} of them listed as equivalent; ${JSON.stringify(counts)}`,
  )
  return score >= MIN_SCORE && stale.length === 0
}

const { values } = parseArgs({
  options: {
    room: { type: 'string', default: ROOMS.join(',') },
    file: { type: 'string', default: '' },
    concurrency: { type: 'string', default: String(availableParallelism()) },
    fresh: { type: 'boolean', default: false },
  },
})
const files = values.file.split(',').filter((file) => file !== '')
mkdirSync(results, { recursive: true })
for (const room of values.room.split(',')) {
  if (!ROOMS.includes(room)) throw new Error(`There is no room "${room}": ${ROOMS.join(', ')}.`)
  const found = await run(room, { files, concurrency: Number(values.concurrency), fresh: values.fresh })
  if (!judge(room, found, files.length === 0)) process.exitCode = 1
}
