import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** @param {string[]} path */
const read = (...path) => readFileSync(join(root, ...path), 'utf8')

const packages = readdirSync(join(root, 'packages'))
  .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
  .map((name) => ({ name, manifest: JSON.parse(read('packages', name, 'package.json')) }))

it('the lockfile holds checksums and no addresses of registries', () => {
  const lockfile = read('pnpm-lock.yaml')
  expect(lockfile).toContain('integrity: sha512-')
  expect(lockfile.match(/.*(https?:\/\/|tarball:|\bfile:\/|link:\/).*/g)).toBeNull()
})

it('every dependency is pinned to one version', () => {
  const manifests = [{ name: 'the workspace', manifest: JSON.parse(read('package.json')) }, ...packages]
  const loose = manifests.flatMap(({ name, manifest: { dependencies, devDependencies } }) =>
    Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^(workspace:.*|\d+\.\d+\.\d+(-[a-z]+\.\d+)?)$/.test(String(version)))
      .map(([dependency, version]) => `${name}: ${dependency} ${version}`),
  )
  expect(loose).toEqual([])
})

it('the core depends on nothing but the noble libraries', () => {
  const core = packages.find(({ name }) => name === 'core')
  expect(Object.keys(core?.manifest.dependencies)).toEqual(['@noble/ciphers', '@noble/hashes'])
  expect(core?.manifest.peerDependencies).toBeUndefined()
})
