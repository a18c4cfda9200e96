import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { SOURCES } from '../../simulation/test/changed-sources.ts'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A fresh folder for one test file, which other accounts may enter; removed by `dispose`. */
export function scratchFolder(): { readonly path: string; readonly dispose: () => void } {
  const path = fs.mkdtempSync(join(tmpdir(), 'vaultdb-fs-'))
  fs.chmodSync(path, 0o755)
  return { path, dispose: () => fs.rmSync(path, { recursive: true, force: true }) }
}

/**
 * Bundles the store, from its sources as they are now, for child processes, which cannot load TypeScript. Node's own `fs`
 * stays outside, so that a child can count its calls. The children's scripts are put beside it: other accounts may not be
 * able to enter the folder that the project lies in.
 */
export async function bundleStore(folder: string): Promise<string> {
  await build({
    configFile: false,
    root: source('..'),
    logLevel: 'error',
    publicDir: false,
    resolve: { alias: [...SOURCES] },
    ssr: { noExternal: true },
    build: {
      ssr: source('../src/index.ts'),
      outDir: join(folder, 'bundle'),
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'store.mjs' } },
    },
  })
  fs.cpSync(source('children'), join(folder, 'bundle', 'children'), { recursive: true })
  return join(folder, 'bundle', 'store.mjs')
}

export interface ChildOptions {
  /** Runs as another account; only root can. */
  readonly uid?: number
  /** Shell commands to run first; the child runs only if they succeed. */
  readonly before?: string
  /** A command that starts the shell, such as one that gives it mounts of its own. */
  readonly wrapper?: readonly string[]
}

/** Starts a script of the folder `children`, as it was put beside the bundled `store`. Its arguments are one JSON value. */
export function startChild(script: string, store: string, input: object, options: ChildOptions = {}): ChildProcess {
  const cwd = dirname(store)
  const node = [process.execPath, join(cwd, 'children', script), store, JSON.stringify(input)]
  const shell = ['sh', '-c', `${options.before ?? ':'} && exec "$@"`, 'sh', ...node]
  const [command = '', ...rest] = options.before === undefined ? node : [...(options.wrapper ?? []), ...shell]
  const account = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }
  return spawn(command, rest, { cwd, stdio: ['pipe', 'pipe', 'inherit'], ...account })
}

/** What a child printed, line by line, and how it ended. */
export interface ChildResult {
  readonly lines: readonly string[]
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Waits for the end of a child; `onLine` is told of each line as it arrives. */
export function finish(child: ChildProcess, onLine: (line: string) => void = () => undefined): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        lines.push(line)
        onLine(line)
      }
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ lines, code, signal }))
  })
}

/** Runs tasks `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
