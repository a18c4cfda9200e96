// A page that is no secure context: http, and a host that is not this machine's own.

import { type Browser, chromium, expect, type Page, test } from '@playwright/test'
import { type Site, serveFiles } from '../../../browsers/site/serve-files.ts'
import { drivenPage, ready } from './driver.ts'
import type { page as driven } from './page.ts'

declare const vaultdb: typeof driven

const HOST = 'vault.test'

let site: Site
let browser: Browser
let page: Page

test.beforeAll(async ({ launchOptions }) => {
  site = await serveFiles(await drivenPage())
  const args = [...(launchOptions.args ?? []), `--host-resolver-rules=MAP ${HOST} 127.0.0.1`]
  browser = await chromium.launch({ ...launchOptions, args })
})
test.afterAll(async () => {
  await browser.close()
  await site.close()
})

test.beforeEach(async () => {
  page = await (await browser.newContext()).newPage()
  await page.goto(`http://${HOST}:${site.port}`)
  await ready(page)
})
test.afterEach(() => page.context().close())

test('there is no WebCrypto, there are no locks and no randomUUID', async () => {
  const present = await page.evaluate(() => [
    isSecureContext,
    'subtle' in crypto,
    'locks' in navigator,
    'randomUUID' in crypto,
  ])
  expect(present).toEqual([false, false, false, false])
})

test('a vault is neither made nor opened unless that is asked for, and nothing is written', async () => {
  const { made, files, opened } = await page.evaluate(async () => {
    const { VaultDB, stores, key, outcomeOf } = vaultdb
    const store = stores.indexeddb('refused')
    const made = await outcomeOf(() => VaultDB.create(store, { key }))
    const files: string[] = []
    for await (const file of store.list('')) files.push(file.key)
    const db = await VaultDB.create(store, { key, allowInsecureContext: true })
    await db.close()
    return { made, files, opened: await outcomeOf(() => VaultDB.open(store, { key })) }
  })
  const refusal = { code: 'ERR_UNSUPPORTED', message: expect.stringContaining('`allowInsecureContext: true`') }
  expect(made).toMatchObject({ ...refusal, applied: 'no' })
  expect(files).toEqual([])
  expect(opened).toMatchObject(refusal)
})

test('with allowInsecureContext vaults live in IndexedDB', async () => {
  await page.evaluate(() => vaultdb.live('indexeddb', { allowInsecureContext: true }))
})

test('what lies in localStorage can be read, and not be written', async () => {
  // From a secure context, the only place where it can come from.
  const secure = await page.context().newPage()
  await secure.goto(site.origin)
  await ready(secure)
  const entries = await secure.evaluate(async () => {
    const { VaultDB, stores, key } = vaultdb
    const db = await VaultDB.create(stores.localstorage('vault'), { key })
    await db.put('/a', 1)
    await db.close()
    return Object.entries(localStorage)
  })
  const { read, put, after } = await page.evaluate(async (entries: [string, string][]) => {
    for (const [name, value] of entries) localStorage.setItem(name, value)
    const { VaultDB, stores, key, outcomeOf } = vaultdb
    const db = await VaultDB.open(stores.localstorage('vault'), { key, allowInsecureContext: true })
    const read = await db.get('/a')
    const put = await outcomeOf(() => db.put('/a', 2))
    await db.close()
    return { read, put, after: Object.entries(localStorage) }
  }, entries)
  expect(read).toBe(1)
  expect(put).toMatchObject({ code: 'ERR_UNSUPPORTED', message: expect.stringContaining('https'), applied: 'no' })
  expect(after.sort()).toEqual(entries.sort())
})
