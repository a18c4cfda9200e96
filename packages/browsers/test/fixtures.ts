import { test as base, type LaunchOptions } from '@playwright/test'
import { firefoxPath, webkitPrograms } from '../../../scripts/browsers.mjs'
import { launchChromium, launchPrivateChromium } from '../engines/chromium.ts'
import type { Engine, EngineName, PrivateBrowser, Tab } from '../engines/engine.ts'
import { launchFirefox, launchPrivateFirefox } from '../engines/firefox.ts'
import { launchPrivateWebKit, launchWebKit } from '../engines/webkit.ts'
import type { Context, Surroundings } from '../pages/page.ts'
import type { TaskName, Tasks } from '../pages/tasks.ts'
import type { Site } from '../site/serve-files.ts'
import { servePage } from '../site/serve-page.ts'

const MODULES = ['page', 'worker', 'shared-worker', 'service-worker'].map(
  (name) => new URL(`../pages/${name}.ts`, import.meta.url),
) as [URL, ...URL[]]

/** A tab that shows the test site. */
export class Client {
  readonly #engine: Engine
  #tab: Tab | null

  constructor(engine: Engine, tab: Tab) {
    this.#engine = engine
    this.#tab = tab
  }

  /** Does a task in the page, or in one of its workers. */
  run<K extends TaskName>(context: Context, task: K, ...args: Parameters<Tasks[K]>): ReturnType<Tasks[K]> {
    return this.#alive().call('run', context, { task, args }) as ReturnType<Tasks[K]>
  }

  /** What the page sees around it. */
  surroundings(): Promise<Surroundings> {
    return this.#alive().call('surroundings') as Promise<Surroundings>
  }

  async stopServiceWorkers(): Promise<void> {
    this.#tab = await this.#engine.stopServiceWorkers(this.#alive())
  }

  async kill(): Promise<void> {
    const tab = this.#alive()
    this.#tab = null
    await tab.kill()
  }

  async close(): Promise<void> {
    const tab = this.#tab
    this.#tab = null
    await tab?.close()
  }

  #alive(): Tab {
    if (this.#tab === null) throw new Error('This tab was killed or closed.')
    return this.#tab
  }
}

function present<T>(found: T | null, engineName: EngineName): T {
  if (found === null) throw new Error(`There is no ${engineName} here: npm test says how to install it.`)
  return found
}

const launch: Record<EngineName, (options: LaunchOptions) => Promise<Engine>> = {
  chromium: (options) => launchChromium(options),
  firefox: () => launchFirefox(present(firefoxPath(), 'firefox')),
  webkit: () => launchWebKit(present(webkitPrograms(), 'webkit')),
}

const launchPrivate: Record<EngineName, (options: LaunchOptions) => Promise<PrivateBrowser>> = {
  chromium: (options) => launchPrivateChromium(options),
  firefox: () => launchPrivateFirefox(present(firefoxPath(), 'firefox')),
  webkit: () => launchPrivateWebKit(present(webkitPrograms(), 'webkit')),
}

interface TestFixtures {
  /** Opens the test site in a tab, which is closed when the test ends. */
  readonly openClient: () => Promise<Client>
  /** Opens the test site in a private window, which is closed when `work` is done; all of a test are of one browser. */
  readonly privately: <T>(work: (client: Client) => Promise<T>) => Promise<T>
  /** A name that no other test has, for what is stored. */
  readonly freshName: string
}

interface WorkerFixtures {
  readonly engine: Engine
  readonly site: Site
}

/** Playwright's `test`, in the engine that the project is named after; a run has one profile of it. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  site: [
    async ({ playwright: _ }, use) => {
      const site = await servePage(MODULES)
      await use(site)
      await site.close()
    },
    { scope: 'worker' },
  ],
  engine: [
    async ({ launchOptions }, use, { project }) => {
      const engine = await launch[project.name as EngineName](launchOptions)
      await use(engine)
      await engine.close()
    },
    { scope: 'worker' },
  ],
  openClient: async ({ engine, site }, use) => {
    const clients: Client[] = []
    await use(async () => {
      const client = new Client(engine, await engine.openTab(site.origin))
      clients.push(client)
      return client
    })
    for (const client of clients) await client.close()
  },
  privately: async ({ launchOptions, site }, use, { project }) => {
    const browser = await launchPrivate[project.name as EngineName](launchOptions)
    await use(async (work) => {
      const session = await browser.openSession()
      try {
        return await work(new Client(session, await session.openTab(site.origin)))
      } finally {
        await session.close()
      }
    })
    await browser.close()
  },
  freshName: async ({ site: _ }, use, { testId }) => {
    await use(testId)
  },
})
