// In Chromium, from a page of another origin than the service's: signatures by WebCrypto, and CORS as Ceph does it.

import { createHash } from 'node:crypto'
import { type Browser, chromium, type Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumPath } from '../../../scripts/browsers.mjs'
import type { Site } from '../../browsers/site/serve-files.ts'
import { servePage } from '../../browsers/site/serve-page.ts'
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
  await page.waitForFunction(() => 'run' in globalThis)
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

type Task = Parameters<typeof globalThis.run>[0]

/** Only what is plain data gets into a page. */
function runInPage(task: Task, bucket: string): Promise<Record<string, string>> {
  return page.evaluate(([task, options, lacking]) => globalThis.run(task, options, lacking), [
    task,
    { endpoint: optionsFor(bucket).endpoint, bucket, credentials },
    LACKING,
  ] as const)
}

test('conformance', async () => {
  const outcome = await runInPage('conformance', await makeSharedBucket(['ETag']))
  expect(Object.keys(outcome).length).toBeGreaterThan(30)
  expect(Object.entries(outcome).filter(([, each]) => each !== 'ok')).toEqual([])
})

test("a vault's whole life", async () => {
  expect(await runInPage('life', await makeSharedBucket(['ETag']))).toEqual({ life: 'ok' })
})

test('CORS rules that hide the ETag are said to, and nothing is written', async () => {
  const bucket = await makeSharedBucket([])
  await request('PUT', `/${bucket}/errors/vault`, 'there')
  expect(await runInPage('errors', bucket)).toEqual({
    read: expect.stringMatching(/^ERR_UNSUPPORTED .*add "ETag" to ExposeHeaders/),
    write: expect.stringMatching(/^ERR_UNSUPPORTED .*add "ETag" to ExposeHeaders/),
  })
  expect(await (await request('GET', `/${bucket}/errors/vault`)).text()).toBe('there')
})

test('a bucket without CORS rules is said to need them', async () => {
  const outcome = await runInPage('errors', await makeBucket())
  for (const each of Object.values(outcome)) expect(each).toMatch(/^ERR_UNAVAILABLE .*CORS rules/)
})
