import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, launch, type Page } from 'puppeteer-core'
import type { Engine, PrivateBrowser, Tab } from './engine.ts'
import { descendants, killProcesses } from './processes.ts'

const PREFERENCES = {
  // One process for each tab, none kept ready or kept for later: so that the newest process is that of the newest tab.
  'dom.ipc.processCount.webIsolated': 64,
  'dom.ipc.processPrelaunch.enabled': false,
  'dom.ipc.keepProcessesAlive.webIsolated.max': 0,
  // Service workers are stopped soon after their last event, but left alone (2 minutes) while an event goes on.
  'dom.serviceWorkers.idle_timeout': 200,
  'dom.serviceWorkers.idle_extended_timeout': 120_000,
}

/** Whether its arguments are separated by zeros or by spaces depends on how it was forked. */
const CONTENT_PROCESS = /[\0 ]tab\0$/

/** Somewhat longer than a service worker may idle; whether it was stopped by then is for the test to see. */
const IDLE_MS = 400

class FirefoxTab implements Tab {
  readonly #page: Page
  readonly #processes: readonly number[]

  constructor(page: Page, processes: readonly number[]) {
    this.#page = page
    this.#processes = processes
  }

  call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#page.evaluate(
      (name, args) => (globalThis as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args),
      name,
      [...args],
    )
  }

  /** Off Linux the tab is only closed, in the midst of what it does. */
  async kill(): Promise<void> {
    if (process.platform === 'linux' && this.#processes.length === 0)
      throw new Error('The tab has no process of its own.')
    await killProcesses(this.#processes)
    await this.#page.close()
  }

  close(): Promise<void> {
    return this.#page.close()
  }
}

class FirefoxEngine implements Engine {
  readonly #browser: Browser
  /** Tabs open one after the other, for each to find its own process. */
  #opening: Promise<unknown> = Promise.resolve()

  constructor(browser: Browser) {
    this.#browser = browser
  }

  openTab(url: string): Promise<Tab> {
    const tab = this.#opening.then(() => this.#open(url))
    this.#opening = tab.catch(() => {})
    return tab
  }

  async #open(url: string): Promise<Tab> {
    const before = new Set(this.#contentProcesses())
    // A window of its own: the timers of a hidden tab fire once a second.
    const page = await this.#browser.newPage({ type: 'window' })
    await page.goto(url)
    return new FirefoxTab(
      page,
      this.#contentProcesses().filter((pid) => !before.has(pid)),
    )
  }

  /** Nothing in WebDriver BiDi stops a service worker: here Firefox does so itself. */
  async stopServiceWorkers(tab: Tab): Promise<Tab> {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    return tab
  }

  close(): Promise<void> {
    return this.#browser.close()
  }

  #contentProcesses(): number[] {
    const { pid } = this.#browser.process() ?? {}
    return pid === undefined ? [] : descendants(pid, (command) => CONTENT_PROCESS.test(command))
  }
}

/** Firefox as the system has it, by WebDriver BiDi: Playwright would need a build of its own. */
export async function launchFirefox(executablePath: string): Promise<Engine> {
  return new FirefoxEngine(
    await launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: PREFERENCES }),
  )
}

/**
 * Firefox in permanent private browsing: nothing in WebDriver BiDi opens single windows of that kind. All sessions have one
 * profile, in which an ordinary session would find what the one before has stored.
 */
export async function launchPrivateFirefox(executablePath: string): Promise<PrivateBrowser> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'vaultdb-firefox-'))
  const extraPrefsFirefox = { ...PREFERENCES, 'browser.privatebrowsing.autostart': true }
  return {
    openSession: async () =>
      new FirefoxEngine(
        await launch({ browser: 'firefox', executablePath, headless: true, userDataDir, extraPrefsFirefox }),
      ),
    close: () => rm(userDataDir, { recursive: true, force: true }),
  }
}
