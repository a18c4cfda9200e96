import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** The programs that driving WebKit takes, as paths. */
export interface WebKitPrograms {
  readonly display: string
  readonly driver: string
  readonly browser: string
}

const READY_POLL_MS = 20

/** Starts an X server on the first display that is free, and resolves to its name. */
async function startDisplay(path: string): Promise<{ display: string; child: ChildProcess }> {
  const child = spawn(path, ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${path} ended before it was ready.`)))
  const [number] = await Promise.race([once(child.stdio[3] as Readable, 'data'), ended])
  ended.catch(() => {})
  return { display: `:${String(number).trim()}`, child }
}

/** A port that was free a moment ago: the driver cannot be told to choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/status`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function startDriver(path: string, display: string): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort()
  const child = spawn(path, [`--port=${port}`, '--host=127.0.0.1'], {
    env: { ...process.env, DISPLAY: display },
    stdio: 'ignore',
  })
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${path} ended before it was ready.`)
    await pause(READY_POLL_MS)
  }
  return { port, child }
}

/** A running WebDriver server of WebKit and the display that its browsers show themselves on. */
export class WebKitProcesses {
  readonly port: number
  readonly #driver: ChildProcess
  readonly #display: ChildProcess
  readonly #endAtExit = (): void => this.#kill()

  private constructor(port: number, driver: ChildProcess, display: ChildProcess) {
    this.port = port
    this.#driver = driver
    this.#display = display
    process.once('exit', this.#endAtExit)
  }

  static async start(programs: WebKitPrograms): Promise<WebKitProcesses> {
    const { display, child } = await startDisplay(programs.display)
    try {
      const driver = await startDriver(programs.driver, display)
      return new WebKitProcesses(driver.port, driver.child, child)
    } catch (error) {
      child.kill()
      throw error
    }
  }

  get driverPid(): number {
    return this.#driver.pid ?? 0
  }

  async end(): Promise<void> {
    process.off('exit', this.#endAtExit)
    const ended = [this.#driver, this.#display].map((child) => child.exitCode !== null || once(child, 'exit'))
    this.#kill()
    await Promise.all(ended)
  }

  #kill(): void {
    this.#driver.kill()
    this.#display.kill()
  }
}
