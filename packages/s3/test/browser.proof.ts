// In Chromium, from a page of another origin than the service's: signatures by WebCrypto, and CORS as Ceph does it.

import { createHash } from 'node:crypto'
import { type Browser, chromium, type Page } from '@playwright/test'
import { blobStoreConformance } from '@vaultdb/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumPath } from '../../../scripts/browsers.mjs'
import type { Site } from '../../browsers/site/serve-files.ts'
import { servePage } from '../../browsers/site/serve-page.ts'
import { SETTINGS } from '../../core/test/scenario.ts'
import type { Tasks } from './page/page.ts'
import { credentials, makeBucket, optionsFor, request } from './server/buckets.ts'
import { LACKING } from './server/lacking.ts'

let site: Site
let browser: Browser
let page: Page

beforeAll(async () => {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('These tests need Chromium.')
  site = await servePage(
    [new URL('page/page.ts', import.meta.url)],
    `default-src 'none'; script-src 'self'; connect-src ${optionsFor('').endpoint}`,
  )
  // The sandbox refuses to run as root, as containers do.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] })
  page = await browser.newPage()
  await page.goto(site.origin)
  await page.waitForFunction(() => 'tasks' in globalThis)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** A bucket whose CORS rules let the page in and show it these headers of answers. */
async function makeSharedBucket(exposed: readonly string[]): Promise<string> {
  const bucket = await makeBucket()
  const methods = ['GET', 'PUT', 'DELETE'].map((method) => `<AllowedMethod>${method}</AllowedMethod>`)
  const headers = exposed.map((header) => `<ExposeHeader>${header}</ExposeHeader>`)
  const rule = `<AllowedOrigin>${site.origin}</AllowedOrigin>${methods.join('')}<AllowedHeader>*</AllowedHeader>`
  const body = `<CORSConfiguration><CORSRule>${rule}${headers.join('')}</CORSRule></CORSConfiguration>`
  const digest = createHash('md5').update(body).digest('base64')
  await request('PUT', `/${bucket}/?cors`, body, { 'content-md5': digest })
  return bucket
}

declare const tasks: Tasks

/** Only what is plain data gets into a page. */
const placeOf = (bucket: string) => ({ endpoint: optionsFor(bucket).endpoint, bucket, credentials })

const errorsIn = (bucket: string): ReturnType<Tasks['errors']> =>
  page.evaluate((place) => tasks.errors(place), placeOf(bucket))

test("conformance and vaults' lives", async () => {
  const bucket = await makeSharedBucket(['ETag'])
  const reports = await page.evaluate((place) => tasks.runTrials(place), placeOf(bucket))
  const applicable = blobStoreConformance.filter(
    ({ requires = [] }) => !requires.some((capability) => LACKING.includes(capability)),
  )
  expect(reports).toEqual([
    ...applicable.map(({ name }) => ({ name })),
    ...SETTINGS.map((setting) => ({ name: `a vault's life with ${setting.name}` })),
  ])
})

test('CORS rules that hide the ETag are said to, and nothing is written', async () => {
  const bucket = await makeSharedBucket([])
  await request('PUT', `/${bucket}/errors/vault`, 'there')
  expect(await errorsIn(bucket)).toEqual({
    read: expect.stringMatching(/^ERR_UNSUPPORTED .*add "ETag" to ExposeHeaders/),
    write: expect.stringMatching(/^ERR_UNSUPPORTED .*add "ETag" to ExposeHeaders/),
  })
  expect(await (await request('GET', `/${bucket}/errors/vault`)).text()).toBe('there')
})

test('a bucket without CORS rules is said to need them', async () => {
  const outcome = await errorsIn(await makeBucket())
  for (const each of Object.values(outcome)) expect(each).toMatch(/^ERR_UNAVAILABLE .*CORS rules/)
})
