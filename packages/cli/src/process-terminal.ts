import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, posix, resolve, win32 } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { confirm, isCancel, password } from '@clack/prompts'
import cliProgress from 'cli-progress'
import { CommandError, EXIT, fileError, systemCode, usageError } from './exit-codes.ts'
import { createCommandRuntime } from './runtime.ts'
import { STORE_SECRETS } from './stores/environment.ts'
import { type Bar, Interrupted, type Output, type StopSignal, type Terminal } from './terminal.ts'

/** The streams that questions go through. */
export interface PromptStreams {
  readonly input: Readable
  readonly output: Writable
}

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The real surroundings of a command. */
export function createProcessTerminal(): Terminal {
  const stdinIsTerminal = process.stdin.isTTY === true
  const stderrIsTerminal = process.stderr.isTTY === true
  return {
    stdin: process.stdin,
    stdinIsTerminal,
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    env: process.env,
    directory: process.cwd(),
    get homeDirectory(): string {
      return home()
    },
    get configDirectory(): string {
      return userDirectoryOf('config', process.platform, process.env, home())
    },
    get cacheDirectory(): string {
      return userDirectoryOf('cache', process.platform, process.env, home())
    },
    // A runtime directory is the user's own and usually lies in memory (XDG Base Directory Specification).
    temporaryDirectory: process.env.XDG_RUNTIME_DIR || tmpdir(),
    runtime: createCommandRuntime(),
    canAsk: stderrIsTerminal && (stdinIsTerminal || process.platform !== 'win32'),
    askSecret: (question, signal) => withKeyboard((streams) => askSecret(question, streams, signal)),
    confirm: (question, signal) => withKeyboard((streams) => askToConfirm(question, streams, signal)),
    edit: runEditor,
    onStop,
    startBar,
  }
}

/** The user's own directory; the topmost one, where nothing is found, for a user whom neither HOME nor the system knows. */
function home(): string {
  try {
    return homedir()
  } catch {
    return resolve('/')
  }
}

/** Where programs of a platform keep what: the variable that says so, and the usual place in the home directory. */
const PLACES = {
  config: {
    win32: ['APPDATA', 'AppData/Roaming'],
    darwin: ['XDG_CONFIG_HOME', 'Library/Application Support'],
    others: ['XDG_CONFIG_HOME', '.config'],
  },
  cache: {
    win32: ['LOCALAPPDATA', 'AppData/Local'],
    darwin: ['XDG_CACHE_HOME', 'Library/Caches'],
    others: ['XDG_CACHE_HOME', '.cache'],
  },
} as const

/** The user's directory for settings, or for what can be found out again. */
export function userDirectoryOf(
  purpose: keyof typeof PLACES,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  homeDirectory: string,
): string {
  const places = PLACES[purpose]
  const [variable, usual] = platform === 'win32' || platform === 'darwin' ? places[platform] : places.others
  const chosen = env[variable]
  // A relative one is invalid and to be ignored (XDG Base Directory Specification).
  const isValid = chosen !== undefined && (platform === 'win32' ? win32 : posix).isAbsolute(chosen)
  return isValid ? chosen : join(homeDirectory, usual)
}

function createOutput(stream: NodeJS.WriteStream): Output {
  stream.on('error', () => undefined) // every failure also reaches the callback of the write that met it
  return {
    isTerminal: stream.isTTY === true,
    write: (text) =>
      new Promise((resolve, reject) => {
        // EPIPE has a way of its own: the reader has seen enough.
        const refuse = (error: Error): void =>
          reject(systemCode(error) === 'EPIPE' ? error : fileError('write', 'the output', error))
        stream.write(text, (error) => (error ? refuse(error) : resolve()))
      }),
  }
}

/** Runs `ask` with the keyboard, also while standard input is a pipe. */
async function withKeyboard<T>(ask: (streams: PromptStreams) => Promise<T>): Promise<T> {
  if (process.stdin.isTTY) return ask({ input: process.stdin, output: process.stderr })
  let keyboard: ReadStream
  try {
    keyboard = new ReadStream(openSync('/dev/tty', 'r'))
  } catch (cause) {
    throw new CommandError(
      EXIT.credentials,
      'There is no keyboard to ask at. Use --password-file or VAULTDB_PASSWORD.',
      {
        cause,
      },
    )
  }
  try {
    return await ask({ input: keyboard, output: process.stderr })
  } finally {
    keyboard.destroy()
  }
}

/** Asks for a secret; nothing of it is shown, its length neither. */
export async function askSecret(question: string, streams: PromptStreams, signal: AbortSignal): Promise<string> {
  const prompt = password({ message: question, mask: '', withGuide: false, signal, ...streams })
  const answer = await orEndOf(streams.input, prompt)
  if (isCancel(answer)) throw signal.aborted ? signal.reason : new Interrupted('SIGINT')
  return answer ?? ''
}

/** An answer, or an interruption by Ctrl-D or the end of the input, at which a prompt would wait for ever. */
async function orEndOf<T>(input: Readable, answer: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (): void => reject(new Interrupted('SIGINT'))
    const press = (_char: unknown, key?: { readonly ctrl?: boolean; readonly name?: string }): void => {
      if (key?.ctrl === true && key.name === 'd') end()
    }
    input.once('end', end).once('close', end).on('keypress', press)
    stop = () => input.off('end', end).off('close', end).off('keypress', press)
  })
  try {
    return await Promise.race([answer, ended])
  } finally {
    stop()
  }
}

async function askToConfirm(question: string, streams: PromptStreams, signal: AbortSignal): Promise<boolean> {
  const prompt = confirm({ message: question, initialValue: false, withGuide: false, signal, ...streams })
  const answer = await orEndOf(streams.input, prompt)
  if (isCancel(answer)) throw signal.aborted ? signal.reason : new Interrupted('SIGINT')
  return answer
}

/** `command` may carry options (`code --wait`), so a shell takes it apart; the file's name is never part of its text. */
function runEditor(command: string, file: string, signal: AbortSignal): Promise<void> {
  const secrets: readonly string[] = ['VAULTDB_PASSWORD', 'VAULTDB_NEW_PASSWORD', ...STORE_SECRETS]
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !secrets.includes(name)))
  const options = { stdio: 'inherit', env, signal } as const
  const child =
    process.platform === 'win32'
      ? spawn(`${command} "${file}"`, { ...options, shell: true })
      : spawn('sh', ['-c', `${command} "$1"`, 'sh', file], options)
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(signal.aborted ? signal.reason : usageError('The editor did not start.', cause)),
    )
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(usageError('The editor ended with an error; nothing was changed. Set EDITOR to another one.'))
    })
  })
}

function onStop(listener: (signal: StopSignal) => void): () => void {
  for (const name of STOP_SIGNALS) process.on(name, listener)
  return () => {
    for (const name of STOP_SIGNALS) process.off(name, listener)
  }
}

function startBar(label: string, total: number): Bar {
  const bar = new cliProgress.SingleBar(
    { format: `${label} {bar} {value}/{total} ({percentage} %)`, clearOnComplete: true, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0)
  return {
    update(done, newTotal) {
      bar.setTotal(newTotal)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}
