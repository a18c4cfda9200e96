import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createRuntime } from '@vaultdb/core'
import type { Command, Notice, WorkerInput } from './worker.ts'

/** Nothing that is waited for takes longer, short of a process that hangs. */
const LIMIT_MS = 120_000
const NUDGE_EVERY_MS = 1_000

/** One process at work. */
export class Member {
  readonly number: number
  readonly #child: ChildProcess
  readonly #changed: () => void
  /** Passages of its script that it has ended. */
  passages = 0
  /** The newest pause that it has come to. */
  pause = 0
  announced = false
  /** Stands still in the middle of a call. */
  stopped = false
  finished = false
  dead = false
  /** Resolves when it is dead. */
  readonly end: Promise<void>
  #continued = false

  constructor(worker: string, input: WorkerInput, changed: () => void, failed: (error: Error) => void) {
    this.number = input.process
    this.#changed = changed
    const arguments_ = ['--enable-source-maps', worker, JSON.stringify(input)]
    this.#child = spawn(process.execPath, arguments_, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdin?.on('error', () => undefined) // it is dead: its end tells
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line as Notice))
    }
    this.#child.on('error', failed)
    this.end = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.dead = true
        if (signal !== 'SIGKILL' && !(code === 0 && this.finished)) {
          failed(new Error(`Process ${this.number} ended by itself: ${signal ?? `exit code ${code}`}.`))
        }
        changed()
        resolve()
      })
    })
  }

  #hear(notice: Notice): void {
    this.#continued = false
    if (notice === 'passage') this.passages++
    else if (notice === 'announced') this.announced = true
    else if (notice === 'stopping') this.stopped = true
    else if (notice === 'finished') this.finished = true
    else this.pause = Number(notice.slice('paused '.length))
    this.#changed()
  }

  tell(command: Command): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  continue(): void {
    this.stopped = false
    this.#continued = true
    this.nudge()
  }

  /** It announces that it is about to stop before it does: it may have been continued before it stood still. */
  nudge(): void {
    if (this.#continued && !this.dead) this.#child.kill('SIGCONT')
  }
}

/** The processes that work on one vault. */
export class Crew {
  readonly #worker: string
  readonly #runtime = createRuntime()
  readonly #members = new Set<Member>()
  #failure: Error | null = null
  #wake: () => void = () => undefined

  /** `worker`: the script that a process runs. */
  constructor(worker: string) {
    this.#worker = worker
  }

  /** Those that are alive. */
  get members(): Member[] {
    return [...this.#members].filter(({ dead }) => !dead)
  }

  hire(input: WorkerInput): void {
    const changed = (): void => this.#wake()
    const failed = (error: Error): void => {
      this.#failure ??= error
      this.#wake()
    }
    this.#members.add(new Member(this.#worker, input, changed, failed))
  }

  /** Takes leave of those that have died since the last time. */
  buryDead(): Member[] {
    const dead = [...this.#members].filter((member) => member.dead)
    for (const member of dead) this.#members.delete(member)
    return dead
  }

  /** Waits until something has come about by what the processes say or how they end. */
  async until(comeAbout: () => boolean, what: string): Promise<void> {
    const over = new AbortController()
    const watch = this.#watch(what, over.signal)
    try {
      for (;;) {
        if (this.#failure !== null) throw this.#failure
        if (comeAbout()) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      over.abort()
      await watch
    }
  }

  async #watch(what: string, signal: AbortSignal): Promise<void> {
    try {
      for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += NUDGE_EVERY_MS) {
        await this.#runtime.sleep(NUDGE_EVERY_MS, signal)
        for (const member of this.members) member.nudge()
      }
      this.#failure ??= new Error(`Waited ${LIMIT_MS / 1000} seconds for nothing: ${what}.`)
      this.#wake()
    } catch {
      // It has come about.
    }
  }

  /** Kills all that are left; resolves when they are dead. */
  async disband(): Promise<void> {
    const { members } = this
    for (const member of members) member.kill()
    await Promise.all(members.map(({ end }) => end))
  }
}
