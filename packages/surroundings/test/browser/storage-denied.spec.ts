import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, type Frame, type Page, test } from '@playwright/test'
import { type Site, serveFiles } from '../../../browsers/site/serve-files.ts'
import { drivenPage, ready } from './driver.ts'
import type { page as driven, Outcome } from './page.ts'

declare const vaultdb: typeof driven

const KINDS = ['indexeddb', 'localstorage'] as const

let site: Site
test.beforeAll(async () => {
  const outer = '<!doctype html><iframe sandbox="allow-scripts" src="/index.html"></iframe>'
  site = await serveFiles(new Map([...(await drivenPage()), ['outer.html', outer]]))
})
test.afterAll(() => site.close())

/** How opening, making and opening or making a vault end. */
function attempts(where: Page | Frame, kind: (typeof KINDS)[number]): Promise<Outcome[]> {
  return where.evaluate(async (kind) => {
    const { VaultDB, stores, key, outcomeOf } = vaultdb
    return [
      await outcomeOf(() => VaultDB.open(stores[kind]('vault'), { key })),
      await outcomeOf(() => VaultDB.create(stores[kind]('vault'), { key })),
      await outcomeOf(() => VaultDB.openOrCreate(stores[kind]('vault'), { key })),
    ]
  }, kind)
}

const REFUSAL = { code: 'ERR_UNSUPPORTED', message: expect.stringMatching(/switched off|sandboxed/) }

for (const kind of KINDS) {
  test(`a sandboxed frame has no ${kind}: a typed error says so`, async ({ page }) => {
    await page.goto(`${site.origin}/outer.html`)
    const frame = page.frames()[1]
    if (frame === undefined) throw new Error('The frame is missing.')
    await ready(frame)
    expect(await attempts(frame, kind)).toEqual([1, 2, 3].map(() => expect.objectContaining(REFUSAL)))
  })

  test(`where a person has forbidden sites to keep data there is no ${kind}: a typed error says so`, async ({
    launchOptions,
  }) => {
    const profile = mkdtempSync(join(tmpdir(), 'vaultdb-profile-'))
    const BLOCK = 2
    mkdirSync(join(profile, 'Default'))
    const preferences = { profile: { default_content_setting_values: { cookies: BLOCK } } }
    writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
    const context = await chromium.launchPersistentContext(profile, launchOptions)
    try {
      const page = await context.newPage()
      await page.goto(site.origin)
      await ready(page)
      expect(await attempts(page, kind)).toEqual([1, 2, 3].map(() => expect.objectContaining(REFUSAL)))
    } finally {
      await context.close()
      rmSync(profile, { recursive: true })
    }
  })
}
