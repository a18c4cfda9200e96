import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import ts from 'typescript'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findExamples, moduleOf, promisedOutput } from '../doc-examples.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, '.setup', 'doc-examples')

const publicNames = new Map(
  Object.entries({
    '@vaultdb/core': await import('@vaultdb/core'),
    '@vaultdb/core/adapter': await import('@vaultdb/core/adapter'),
    '@vaultdb/core/maintenance': await import('@vaultdb/core/maintenance'),
    '@vaultdb/core/testing': await import('@vaultdb/core/testing'),
    '@vaultdb/dropbox': await import('@vaultdb/dropbox'),
    '@vaultdb/dropbox-emulator': await import('@vaultdb/dropbox-emulator'),
    '@vaultdb/fs': await import('@vaultdb/fs'),
    '@vaultdb/indexeddb': await import('@vaultdb/indexeddb'),
    '@vaultdb/localstorage': await import('@vaultdb/localstorage'),
  }).map(([specifier, module]) => [specifier, Object.keys(module)]),
)

/**
 * How a value is broken into lines and spaced is no part of what an example promises.
 * @param {string} text
 */
const squeeze = (text) => text.replace(/\s+/g, '')

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const examples = findExamples(root).map((example) => {
  const path = join(folder, `${example.file.replace(/\W+/g, '-')}-${example.line}.ts`)
  writeFileSync(path, moduleOf(example, publicNames))
  return { ...example, path, title: `${example.file}:${example.line}` }
})

describe('the examples of the documentation', () => {
  const start = process.cwd()
  let scratch = start

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'vaultdb-example-'))
    process.chdir(scratch)
  })
  afterEach(() => {
    process.chdir(start)
    rmSync(scratch, { recursive: true, force: true })
    vi.restoreAllMocks()
  })

  it('begin with one in README.md', () => {
    expect(examples.filter(({ file, runs }) => file === 'README.md' && runs)).not.toEqual([])
  })

  it('pass the type check', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.tests.json'), ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root)
    const program = ts.createProgram(
      examples.map(({ path }) => path),
      { ...options, typeRoots: [join(root, 'node_modules', '@types')] },
    )
    const problems = examples.flatMap(({ path, title }) =>
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(path))
        .map(({ messageText }) => `${title} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
    )
    expect(problems).toEqual([])
  })

  it.each(examples.filter(({ runs }) => runs))('run: $title', async ({ path, code }) => {
    /** @type {string[]} */
    const printed = []
    vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(format(...values)))
    await import(path)
    const promised = promisedOutput(code).map(squeeze)
    // What an example prints without promising it may stand in between.
    expect(printed.map(squeeze).filter((line) => promised.includes(line))).toEqual(promised)
  })
})
