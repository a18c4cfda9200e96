import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** Of files that run the suite, one that would leave some of it out. */
const LEAVES_OUT = /\b(test|it|describe)(\.each)?\.(skip|only|todo)\b|blobStoreConformance\.slice/

/** The suite itself, or the trials that hold all of it. */
const SUITE = /import \{[^}]*\bblobStoreConformance\b[^}]*\bmissingCapabilities\b[^}]*\} from '@vaultdb\/core\/testing'/
const TRIALS = /import \{[^}]*\bstoreTrials\b[^}]*\} from '(\.\.\/)+core\/test\/support\/trials\.ts'/

/**
 * The tests and trials of a package, one text.
 * @param {string} folder
 */
function testsOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ts$/.test(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n')
}

/** Adapters are the packages that have the core as a peer. */
const adapters = readdirSync(packages).filter((name) => {
  const manifest = join(packages, name, 'package.json')
  if (!existsSync(manifest)) return false
  const { peerDependencies = {}, private: internal = false } = JSON.parse(readFileSync(manifest, 'utf8'))
  return !internal && '@vaultdb/core' in peerDependencies
})

test('there are adapters', () => {
  expect(adapters.sort()).toEqual(['dropbox', 'fs', 'indexeddb', 'localstorage', 'remotestorage', 's3'])
})

test.each(adapters)('%s runs the conformance suite, and leaves out only what its capabilities say', (name) => {
  const tests = testsOf(join(packages, name, 'test'))
  expect([SUITE, TRIALS].some((import_) => import_.test(tests))).toBe(true)
  expect(tests).not.toMatch(LEAVES_OUT)
})

test.each(adapters.filter((name) => existsSync(join(packages, name, 'test', 'browser', 'trials.ts'))))(
  "%s, whose suite runs in browsers, is among the engines' suites",
  (name) => {
    expect(testsOf(join(packages, 'browsers', 'pages'))).toContain(`${name}/test/browser/trials.ts`)
  },
)
