import { type BrowserContext, chromium, type LaunchOptions, type Page } from '@playwright/test'
import type { Engine, PrivateBrowser, Tab } from './engine.ts'

class ChromiumTab implements Tab {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.page.evaluate(
      ([name, args]) => (globalThis as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args),
      [name, [...args]] as const,
    )
  }

  async kill(): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page)
    const crashed = new Promise<void>((resolve) => this.page.once('crash', () => resolve()))
    // The renderer's process dies before it can answer.
    session.send('Page.crash').catch(() => {})
    await crashed
    await this.page.close()
  }

  close(): Promise<void> {
    return this.page.close()
  }
}

class ChromiumEngine implements Engine {
  readonly #context: BrowserContext
  /** What ends with it: the browser, or the context alone. */
  readonly #whole: { close(): Promise<void> }

  constructor(context: BrowserContext, whole: { close(): Promise<void> }) {
    this.#context = context
    this.#whole = whole
  }

  async openTab(url: string): Promise<ChromiumTab> {
    const page = await this.#context.newPage()
    await page.goto(url)
    return new ChromiumTab(page)
  }

  async stopServiceWorkers(tab: ChromiumTab): Promise<Tab> {
    const session = await this.#context.newCDPSession(tab.page)
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.stopAllWorkers')
    await session.detach()
    return tab
  }

  close(): Promise<void> {
    return this.#whole.close()
  }
}

/** Playwright's own browser, which it speaks the DevTools protocol with. */
export async function launchChromium(options: LaunchOptions): Promise<Engine> {
  const browser = await chromium.launch(options)
  return new ChromiumEngine(await browser.newContext(), browser)
}

/** Playwright's contexts are off the record, as private windows are. */
export async function launchPrivateChromium(options: LaunchOptions): Promise<PrivateBrowser> {
  const browser = await chromium.launch(options)
  return {
    openSession: async () => {
      const context = await browser.newContext()
      return new ChromiumEngine(context, context)
    },
    close: () => browser.close(),
  }
}
