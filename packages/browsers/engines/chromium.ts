import { type Browser, type BrowserContext, chromium, type LaunchOptions, type Page } from '@playwright/test'
import type { Engine, Tab } from './engine.ts'

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
  readonly #browser: Browser
  readonly #context: BrowserContext

  constructor(browser: Browser, context: BrowserContext) {
    this.#browser = browser
    this.#context = context
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
    return this.#browser.close()
  }
}

/** Playwright's own browser, which it speaks the DevTools protocol with. */
export async function launchChromium(options: LaunchOptions): Promise<Engine> {
  const browser = await chromium.launch(options)
  return new ChromiumEngine(browser, await browser.newContext())
}
