import { setTimeout as pause } from 'node:timers/promises'
import { remote } from 'webdriverio'
import type { Engine, PrivateBrowser, Tab } from './engine.ts'
import { descendants, killProcesses } from './processes.ts'
import { WebKitProcesses, type WebKitPrograms } from './webkit-processes.ts'

type Session = Awaited<ReturnType<typeof remote>>

/** How long after an unfinished call the driver asks again. */
const POLL_MS = 10

const START = `
  const [id, name, args] = arguments
  globalThis.calls ??= {}
  Promise.resolve().then(() => globalThis[name](...args)).then(
    (value) => { calls[id] = { value } },
    (error) => { calls[id] = { reason: error.name + ': ' + error.message } },
  )`
const TAKE = `
  const outcome = calls[arguments[0]]
  delete calls[arguments[0]]
  return outcome ?? null`

/** Whether this is the page, all of it. */
const IS_LOADED = `return location.href.startsWith(arguments[0]) && document.readyState === 'complete'`

/** No property is called `error`: by that name WebDriver knows its own. */
type Outcome = { readonly value?: unknown; readonly reason?: string } | null

/** A classic WebDriver session does one thing at a time, in one window at a time. */
class Windows {
  readonly #session: Session
  #last: Promise<unknown> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
  }

  /** Does `work` when all earlier work is done. */
  exclusively<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => work(this.#session))
    this.#last = result.catch(() => {})
    return result
  }

  inWindow<T>(handle: string, work: (session: Session) => Promise<T>): Promise<T> {
    return this.exclusively(async (session) => {
      await session.switchToWindow(handle)
      return work(session)
    })
  }
}

class WebKitTab implements Tab {
  readonly handle: string
  readonly #windows: Windows
  readonly #onClose: () => void
  #calls = 0

  constructor(windows: Windows, handle: string, onClose: () => void) {
    this.#windows = windows
    this.handle = handle
    this.#onClose = onClose
  }

  /** Starts the call and asks for its outcome again and again: waiting in the page would hold up all other tabs. */
  async call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    this.#calls += 1
    const id = this.#calls
    await this.#in((session) => session.executeScript(START, [id, name, args]))
    for (;;) {
      const outcome: Outcome = await this.#in((session) => session.executeScript(TAKE, [id]))
      if (outcome?.reason !== undefined) throw new Error(outcome.reason)
      if (outcome !== null) return outcome.value
      await pause(POLL_MS)
    }
  }

  /**
   * Closes the window, whose scripts get no further turn. Not by its process: an automated session of WebKit ends when
   * the process of any of its pages dies.
   */
  kill(): Promise<void> {
    return this.close()
  }

  async close(): Promise<void> {
    await this.#in(async (session) => {
      await session.closeWindow()
      while ((await session.getWindowHandles()).includes(this.handle)) await pause(POLL_MS)
    })
    this.#onClose()
  }

  #in<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#windows.inWindow(this.handle, work)
  }
}

class WebKitEngine implements Engine {
  readonly #windows: Windows
  readonly #programs: WebKitProcesses
  readonly #tabs: Set<WebKitTab> = new Set()
  /** What shows the session's first window, which stays empty and open: without a window the session would end. */
  readonly #firstProcesses: readonly number[]

  constructor(session: Session, programs: WebKitProcesses) {
    this.#windows = new Windows(session)
    this.#programs = programs
    this.#firstProcesses = this.#webProcesses()
  }

  /** Always a window of its own: timers of hidden tabs are slow. */
  openTab(url: string): Promise<WebKitTab> {
    return this.#windows.exclusively(async (session) => {
      const { handle } = await session.createWindow('window')
      await session.switchToWindow(handle)
      await session.navigateTo(url)
      // On a busy machine the driver takes the end of the empty page's load, which a new window begins with, for the page's.
      while (!(await session.executeScript(IS_LOADED, [url]))) await pause(POLL_MS)
      const tab: WebKitTab = new WebKitTab(this.#windows, handle, () => this.#tabs.delete(tab))
      this.#tabs.add(tab)
      return tab
    })
  }

  /**
   * A worker lives in the process of some page and stays there when the page is closed. A process that shows no page can
   * be killed without ending the session.
   */
  async stopServiceWorkers(tab: WebKitTab): Promise<Tab> {
    const url = await this.#windows.inWindow(tab.handle, (session) => session.getUrl())
    await tab.close()
    if (this.#tabs.size > 0) throw new Error('WebKit: service workers can be stopped from the only tab that is open.')
    await killProcesses(this.#webProcesses().filter((pid) => !this.#firstProcesses.includes(pid)))
    // Opened after the kill: a message that is sent before the engine has noticed the death is lost.
    return this.openTab(url)
  }

  async close(): Promise<void> {
    await this.#windows.exclusively((session) => session.deleteSession())
    await this.#programs.end()
  }

  #webProcesses(): number[] {
    return descendants(this.#programs.driverPid, (command) => command.includes('WebKitWebProcess'))
  }
}

/** WebKitGTK's MiniBrowser on a display of its own, by classic WebDriver. */
export async function launchWebKit(programs: WebKitPrograms): Promise<Engine> {
  const processes = await WebKitProcesses.start(programs)
  try {
    // A value of its own because webdriverio's types do not know what WebKitGTK calls its options.
    const capabilities = {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: programs.browser, args: ['--automation'] },
      'wdio:enforceWebDriverClassic': true,
    }
    const session = await remote({ hostname: '127.0.0.1', port: processes.port, logLevel: 'silent', capabilities })
    return new WebKitEngine(session, processes)
  } catch (error) {
    await processes.end()
    throw error
  }
}

/** Every session that is driven is a private one: MiniBrowser keeps nothing of it, and cannot be told to. */
export async function launchPrivateWebKit(programs: WebKitPrograms): Promise<PrivateBrowser> {
  return { openSession: () => launchWebKit(programs), close: async () => undefined }
}
