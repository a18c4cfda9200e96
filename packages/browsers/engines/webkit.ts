import { setTimeout as pause } from 'node:timers/promises'
import { remote } from 'webdriverio'
import type { Engine, Tab } from './engine.ts'
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
    (error) => { calls[id] = { error: error.name + ': ' + error.message } },
  )`
const TAKE = `
  const outcome = calls[arguments[0]]
  delete calls[arguments[0]]
  return outcome ?? null`

type Outcome = { readonly value?: unknown; readonly error?: string } | null

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
      if (outcome?.error !== undefined) throw new Error(outcome.error)
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
    await this.#in((session) => session.closeWindow())
    this.#onClose()
  }

  #in<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#windows.inWindow(this.handle, work)
  }
}

class WebKitEngine implements Engine {
  readonly #windows: Windows
  readonly #programs: WebKitProcesses
  /** Processes whose tab was closed; some live on, for a worker. */
  #abandoned: number[] = []

  constructor(session: Session, programs: WebKitProcesses) {
    this.#windows = new Windows(session)
    this.#programs = programs
  }

  /** Always a window of its own: timers of hidden tabs are slow. The session's first window stays, to keep it alive. */
  openTab(url: string): Promise<WebKitTab> {
    return this.#windows.exclusively(async (session) => {
      const before = this.#webProcesses()
      const { handle } = await session.createWindow('window')
      await session.switchToWindow(handle)
      await session.navigateTo(url)
      const processes = this.#webProcesses().filter((pid) => !before.includes(pid))
      // It took one over, it is not known which: none of them may be killed any more.
      if (processes.length === 0) this.#abandoned = []
      return new WebKitTab(this.#windows, handle, () => this.#abandoned.push(...processes))
    })
  }

  /**
   * Workers live in the process of the page that first asked for them, and stay there when it is closed. Then that
   * process shows no page any more and can be killed.
   */
  async stopServiceWorkers(tab: WebKitTab): Promise<Tab> {
    const url = await this.#windows.inWindow(tab.handle, (session) => session.getUrl())
    const next = await this.openTab(url)
    await tab.close()
    killProcesses(this.#abandoned)
    this.#abandoned = []
    return next
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
