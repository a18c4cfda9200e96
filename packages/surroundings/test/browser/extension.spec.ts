// An unpacked extension of Manifest V3, whose service worker keeps a vault. Only Chromium loads one from a folder.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, type CDPSession, chromium, expect, type Page, test } from '@playwright/test'
import { build } from 'esbuild'
import type { Answer } from './extension/worker.ts'

declare const chrome: { readonly runtime: { sendMessage(message: string): Promise<Answer> } }

const sources = fileURLToPath(new URL('extension/', import.meta.url))

let folder: string
let context: BrowserContext
let page: Page
let devtools: CDPSession

test.beforeAll(async ({ launchOptions }) => {
  folder = mkdtempSync(join(tmpdir(), 'vaultdb-extension-'))
  const extension = join(folder, 'extension')
  cpSync(sources, extension, { recursive: true })
  await build({
    entryPoints: [join(sources, 'worker.ts')],
    outfile: join(extension, 'worker.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  })
  context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    ...launchOptions,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      ...(launchOptions.args ?? []),
      '--headless=new', // the old one knows no extensions
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
  })
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'))
  page = await context.newPage()
  await page.goto(new URL('page.html', worker.url()).href)
  devtools = await context.newCDPSession(page)
  await devtools.send('ServiceWorker.enable')
})

test.afterAll(async () => {
  await context.close()
  rmSync(folder, { recursive: true })
})

const note = (text: string): Promise<Answer> => page.evaluate((message) => chrome.runtime.sendMessage(message), text)

async function stopWorker(): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      if (versions.some(({ runningStatus }) => runningStatus === 'stopped')) resolve()
    })
  })
  await devtools.send('ServiceWorker.stopAllWorkers')
  await stopped
}

test('its worker, stopped and woken by a message, goes on with what it wrote', async () => {
  const first = await note('a')
  expect(await note('b')).toEqual({ start: first.start, notes: ['a', 'b'] })
  await stopWorker()
  const second = await note('c')
  expect(second.notes).toEqual(['a', 'b', 'c'])
  expect(second.start).not.toBe(first.start)
  await stopWorker()
  const third = await note('d')
  expect(third.notes).toEqual(['a', 'b', 'c', 'd'])
  expect(third.start).not.toBe(second.start)
})

test('stopped in the middle of writes it has lost none that was acknowledged, and done none twice', async () => {
  const { notes: before } = await note('before')
  const sent = Array.from({ length: 30 }, (_, index) => `note ${index}`)
  const acknowledged = new Set<string>()
  const answers = sent.map(async (text) => {
    // Of the messages under way when a worker is stopped, Chromium answers one with nothing.
    const answer: Answer | undefined = await note(text)
    if (answer?.notes.includes(text)) acknowledged.add(text)
  })
  await Promise.any(answers)
  await stopWorker()
  await Promise.allSettled(answers)

  const { notes } = await note('after')
  expect(notes.slice(0, before.length)).toEqual(before)
  expect(notes.at(-1)).toBe('after')
  const written = notes.slice(before.length, -1)
  expect(new Set(written).size).toBe(written.length)
  expect(sent).toEqual(expect.arrayContaining(written))
  expect(written).toEqual(expect.arrayContaining([...acknowledged]))
})
