import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createCommandRuntime } from '../src/runtime.ts'
import type { Output, StopSignal, Terminal } from '../src/terminal.ts'

/** What a test says about the surroundings of a command; the rest is a terminal that nobody sits at. */
export interface FakeOptions {
  readonly stdin?: string | Readable
  readonly stdinIsTerminal?: boolean
  readonly stdoutIsTerminal?: boolean
  readonly stderrIsTerminal?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly directory?: string
  readonly temporaryDirectory?: string
  readonly homeDirectory?: string
  /** What is typed, question after question. With it there is somebody to ask. */
  readonly answers?: readonly string[]
  readonly confirms?: boolean
  readonly edit?: (file: string) => Promise<void>
  /** Milliseconds that pass between two looks at the clock. */
  readonly tickMs?: number
}

export interface FakeTerminal extends Terminal {
  readonly out: () => string
  readonly err: () => string
  readonly questions: readonly string[]
  readonly bars: readonly string[]
  stop(signal: StopSignal): void
}

export function createFakeTerminal(options: FakeOptions = {}): FakeTerminal {
  const { stdin = '', answers } = options
  const out = collect(options.stdoutIsTerminal)
  const err = collect(options.stderrIsTerminal)
  const questions: string[] = []
  const bars: string[] = []
  const listeners = new Set<(signal: StopSignal) => void>()
  const left = [...(answers ?? [])]
  let nowMs = 0
  return {
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdinIsTerminal: options.stdinIsTerminal ?? false,
    stdout: out.output,
    stderr: err.output,
    env: options.env ?? {},
    directory: options.directory ?? '/',
    homeDirectory: options.homeDirectory ?? '/nowhere',
    configDirectory: join(options.homeDirectory ?? '/nowhere', '.config'),
    cacheDirectory: join(options.homeDirectory ?? '/nowhere', '.cache'),
    temporaryDirectory: options.temporaryDirectory ?? '/',
    runtime: {
      ...createCommandRuntime(),
      monotonicMs: () => {
        nowMs += options.tickMs ?? 0
        return nowMs
      },
    },
    canAsk: answers !== undefined,
    askSecret: async (question) => {
      questions.push(question)
      const answer = left.shift()
      if (answer === undefined) throw new Error(`Nobody answers "${question}".`)
      return answer
    },
    confirm: async (question) => {
      questions.push(question)
      return options.confirms ?? false
    },
    edit: async (_command, file) => options.edit?.(file),
    onStop: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    startBar: (label, total) => {
      bars.push(`start ${label} ${total}`)
      return { update: (done, of) => bars.push(`${done}/${of}`), stop: () => bars.push('stop') }
    },
    out: out.text,
    err: err.text,
    questions,
    bars,
    stop: (signal) => {
      for (const listener of listeners) listener(signal)
    },
  }
}

function collect(isTerminal = false): { output: Output; text: () => string } {
  let text = ''
  return {
    output: {
      isTerminal,
      write: async (piece) => {
        text += piece
      },
    },
    text: () => text,
  }
}
