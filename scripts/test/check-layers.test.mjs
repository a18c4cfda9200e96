import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkPackage } from '../check-layers.mjs'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/**
 * What the checks say about each of these files, put into the package at its path below src.
 * @param {string} name
 * @param {Record<string, string>} files
 */
function messagesOf(name, files) {
  const folder = join(packages, name)
  const overlay = new Map(Object.entries(files).map(([path, text]) => [join(folder, 'src', path), text]))
  const violations = checkPackage(folder, overlay)
  return (/** @type {string} */ path) =>
    violations.filter(({ file }) => file === join(folder, 'src', path)).map(({ message }) => message)
}

/** @type {[path: string, text: string, message: RegExp][]} */
const CORE_VIOLATIONS = [
  ['path/up.ts', `import '../format/model.ts'`, /^path \(row 1\) imports format \(row 2\)/],
  ['format/up.ts', `export * from '../vault/witness.ts'`, /^format \(row 2\) imports vault \(row 3\)/],
  ['shards/up.ts', `import type { Task } from '../database/types.ts'\nexport type T = Task`, /^shards .* database/],
  ['errors/leaf.ts', `import '../errors.ts'`, /^errors has no row/],
  ['store/lazy.ts', `export const load = () => import('../operations/get.ts')`, /^store .* operations/],
  ['crypto/type.ts', `export type T = import('../index.ts').VaultDB`, /^crypto .* index\.ts/],
  ['database/testing.ts', `import '../testing/index.ts'`, /^Nothing may import testing/],
  ['testing/format.ts', `import '../format/model.ts'`, /^testing\/ may import only/],
  ['maintenance/index-too.ts', `import '../index.ts'`, /^maintenance\/ may import only/],
  ['store/outside.ts', `import '../../test/scenario.ts'`, /outside the package's src/],
  ['store/foreign.ts', `import 'idb-keyval'`, /@noble\/ciphers and @noble\/hashes only/],
  ['store/builtin.ts', `import 'node:fs'`, /no Node built-in/],
  ['store/bare-builtin.ts', `import 'fs'`, /no Node built-in/],
  ['store/now.ts', `export const f = () => Date.now()`, /^Ambient Date\.now/],
  ['store/new-date.ts', `export const f = () => new Date()`, /^Ambient Date\(\)/],
  ['store/random.ts', `export const f = () => Math.random()`, /^Ambient Math\.random/],
  ['store/destructured.ts', `const { random } = Math\nexport { random }`, /^Ambient Math\.random/],
  ['store/element.ts', `export const f = () => Math['random']()`, /^Ambient Math\.random/],
  ['store/timeout.ts', `setTimeout(() => undefined, 1)`, /^Ambient setTimeout/],
  ['store/global.ts', `globalThis.setInterval(() => undefined, 1)`, /^Ambient setInterval/],
  ['store/aliased.ts', `const wait = setTimeout\nexport { wait }`, /^Ambient setTimeout/],
  ['store/performance.ts', `export const f = () => performance.now()`, /^Ambient Performance\.now/],
  ['store/get-random.ts', `crypto.getRandomValues(new Uint8Array(1))`, /^Ambient Crypto\.getRandomValues/],
  ['store/uuid.ts', `export const id = globalThis.crypto.randomUUID()`, /^Ambient Crypto\.randomUUID/],
  ['store/signal.ts', `export const s = AbortSignal.timeout(1)`, /^Ambient AbortSignal\.timeout/],
  ['store/buffer.ts', `export const b = Buffer.from('x')`, /no Buffer outside runtime/],
  ['store/process.ts', `export const e = process.env`, /no process outside runtime/],
  ['store/deno.ts', `export const e = Deno.env`, /no Deno outside runtime/],
  ['store/bun.ts', `export const v = typeof Bun`, /no Bun outside runtime/],
  ['store/cast.ts', `export const p = (globalThis as { process?: object }).process`, /no globalThis outside runtime/],
]

describe('the checks of the core', () => {
  const good = `import type { Runtime } from '../runtime.ts'
    import { sha256 } from '@noble/hashes/sha2.js'
    export const at = (runtime: Runtime, ms: number): Date => new Date(ms + runtime.now() + sha256.outputLen)
    export const own = (setTimeout: () => void, process: { env: string }): string => (setTimeout(), process.env)
    export const named = { random: 1, now: 2, Buffer: 3 }`
  const bad = CORE_VIOLATIONS.map(([path, text]) => [path, text])
  const messages = messagesOf('core', { ...Object.fromEntries(bad), 'crypto/good.ts': good })

  it.each(CORE_VIOLATIONS)('refuse %s: %s', (path, _text, message) => {
    expect(messages(path)).toContainEqual(expect.stringMatching(message))
  })

  it('leave imports downwards, the injected runtime and namesakes alone', () => {
    expect(messages('crypto/good.ts')).toEqual([])
  })
})

/** @type {[path: string, text: string, message: RegExp][]} */
const ADAPTER_VIOLATIONS = [
  [
    'engine.ts',
    `import { VaultError, VaultDB } from '@vaultdb/core'\nexport { VaultDB, VaultError }`,
    /not VaultDB\.$/,
  ],
  ['everything.ts', `import * as core from '@vaultdb/core'\nexport { core }`, /not @vaultdb\/core/],
  ['maintenance.ts', `import '@vaultdb/core/maintenance'`, /not @vaultdb\/core\/maintenance/],
  ['sources.ts', `import '../../core/src/errors.ts'`, /import the package by its name/],
  ['bytes.ts', `import { randomBytes } from 'node:crypto'\nexport { randomBytes }`, /^Ambient crypto\.randomBytes/],
  ['crypto.ts', `import * as c from 'node:crypto'\nexport const id = c.randomUUID()`, /^Ambient .*randomUUID/],
  ['timers.ts', `import { setTimeout as wait } from 'node:timers/promises'\nexport { wait }`, /^Ambient/],
  ['hrtime.ts', `export const t = process.hrtime.bigint()`, /^Ambient .*hrtime/],
]

describe('the checks of an adapter', () => {
  const good = `import { type BlobStore, createRuntime, VaultError } from '@vaultdb/core'
    import { Lifetime } from '@vaultdb/core/adapter'
    import { readFile } from 'node:fs/promises'
    export { type BlobStore, createRuntime, Lifetime, readFile, VaultError }
    import manifest from '../package.json' with { type: 'json' }
    export const length = Buffer.byteLength('x' + manifest.version)
    export const stop = (signal: NodeJS.Signals): boolean => process.kill(process.pid, signal)`
  const bad = ADAPTER_VIOLATIONS.map(([path, text]) => [path, text])
  const messages = messagesOf('fs', { ...Object.fromEntries(bad), 'good.ts': good })

  it.each(ADAPTER_VIOLATIONS)('refuse %s: %s', (path, _text, message) => {
    const found = messages(path)
    expect(found.length).toBeGreaterThan(0)
    for (const each of found) expect(each).toMatch(message)
  })

  it('leave the contract, the errors, the runtime and Node alone', () => {
    expect(messages('good.ts')).toEqual([])
  })
})
