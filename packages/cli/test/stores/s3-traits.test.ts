import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { S3Traits } from '@vaultdb/s3'
import { describe, expect, it } from 'vitest'
import { keepTraits, knownTraits } from '../../src/stores/s3-traits.ts'
import type { Terminal } from '../../src/terminal.ts'
import { createFakeTerminal } from '../fake-terminal.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const TRAITS: S3Traits = { ifMatch: 'quoted', conditionalDelete: true, trustworthyListings: true }
const DAY_MS = 24 * 3_600_000

interface Clock {
  nowMs: number
}

async function terminalWith(clock: Clock = { nowMs: 0 }): Promise<Terminal> {
  const terminal = createFakeTerminal({ homeDirectory: await temporaryFolder() })
  return { ...terminal, runtime: { ...terminal.runtime, now: () => clock.nowMs } }
}

describe('what was found out about buckets', () => {
  it('is known for thirty days, each by itself, and not before it was found', async () => {
    const clock = { nowMs: 100 * DAY_MS }
    const terminal = await terminalWith(clock)
    await keepTraits('one', TRAITS, terminal)
    await keepTraits('two', { ...TRAITS, ifMatch: 'unquoted' }, terminal)
    clock.nowMs += 30 * DAY_MS - 1
    expect(await knownTraits('one', terminal)).toEqual(TRAITS)
    expect(await knownTraits('two', terminal)).toMatchObject({ ifMatch: 'unquoted' })
    expect(await knownTraits('three', terminal)).toBeNull()
    clock.nowMs += 1
    expect(await knownTraits('one', terminal)).toBeNull()
    clock.nowMs = 99 * DAY_MS
    expect(await knownTraits('one', terminal)).toBeNull()
  })

  it.each([
    '',
    'null',
    '{"one":null}',
    '{"one":{"foundMs":0}}',
    '{"one":{"foundMs":"0","traits":{"ifMatch":"quoted","conditionalDelete":true,"trustworthyListings":true}}}',
    '{"one":{"foundMs":0,"traits":{"ifMatch":"no","conditionalDelete":true,"trustworthyListings":true}}}',
    '{"one":{"foundMs":0,"traits":{"ifMatch":"quoted","conditionalDelete":1,"trustworthyListings":true}}}',
    '{"one":{"foundMs":0,"traits":{"ifMatch":"quoted","conditionalDelete":true}}}',
  ])('counts for nothing in a damaged file %j, which the next finding replaces', async (text) => {
    const terminal = await terminalWith()
    await mkdir(join(terminal.cacheDirectory, 'vaultdb'), { recursive: true })
    await writeFile(join(terminal.cacheDirectory, 'vaultdb/s3-buckets.json'), text)
    expect(await knownTraits('one', terminal)).toBeNull()
    await keepTraits('one', TRAITS, terminal)
    expect(await knownTraits('one', terminal)).toEqual(TRAITS)
  })

  it('is found out again where it cannot be kept', async () => {
    const terminal = await terminalWith()
    await writeFile(terminal.cacheDirectory, 'a file in the way')
    await keepTraits('one', TRAITS, terminal)
    expect(await knownTraits('one', terminal)).toBeNull()
    expect((await stat(terminal.cacheDirectory)).isFile()).toBe(true)
  })
})
