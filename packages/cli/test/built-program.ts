import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../bin/vaultdb.js', import.meta.url))

/** What a run of the built program came to. */
export interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Runs of the built program, as in one user's shell: a home directory, variables, and everything that was printed so far. */
export interface Shell {
  /** Runs the program to its end. */
  run(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Promise<Run>
  /** Runs it until it has printed `marker` on standard error, and goes on with what `answer` gives for that as its input. */
  converse(args: readonly string[], marker: RegExp, answer: (shown: string) => Promise<string>): Promise<Run>
  readonly printed: () => string
}

/** `preload` is a module that the program's process loads first. */
export function openShell(home: string, variables: Readonly<Record<string, string>>, preload?: URL): Shell {
  if (!existsSync(new URL('../dist/vaultdb.js', import.meta.url)))
    throw new Error('Build the packages first: npm run build')
  let printed = ''
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, [...(preload ? ['--import', preload.href] : []), BIN, ...args], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, ...variables, ...env },
      stdio: 'pipe',
    })
  const ended = async (child: ChildProcess): Promise<Run> => {
    if (child.stdout === null || child.stderr === null) throw new Error('not piped')
    child.stdin?.on('error', () => undefined) // a program that ends does not read on
    const status = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    printed += out + err
    return { status: await status, out, err }
  }
  return {
    run: (args, input = '', env) => {
      const child = start(args, env)
      child.stdin.end(input)
      return ended(child)
    },
    converse: async (args, marker, answer) => {
      const child = start(args)
      const end = ended(child)
      let shown = ''
      const asked = new Promise<string>((resolve) => {
        child.stderr.on('data', (chunk: Buffer) => {
          shown += chunk.toString()
          const [found] = marker.exec(shown) ?? []
          if (found !== undefined) resolve(found)
        })
        child.once('close', () => resolve('')) // the run's result tells why nothing was asked
      })
      child.stdin.write(await answer(await asked))
      const run = await end
      child.stdin.destroy()
      return run
    },
    printed: () => printed,
  }
}
