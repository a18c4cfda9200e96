// A small application, bundled by each of the usual tools as its documentation says, for production. What each takes in are
// the built packages, by their `exports`.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import { createLogger, build as viteBuild } from 'vite'
import webpack from 'webpack'

/** What a bundler made. */
export interface Bundle {
  /** By path below the site's root; `index.html` only where the tool makes it. */
  readonly files: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

/** The applications, by their folders; each begins with `app.mjs`. */
type AppName = 'app' | 'remote-app'

const folderOf = (app: AppName): string => fileURLToPath(new URL(app, import.meta.url))
const entryOf = (app: AppName): string => join(folderOf(app), 'app.mjs')
const OUTPUT = 'app.js'

async function withVite(app: AppName): Promise<Bundle> {
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const outcome = await viteBuild({
    configFile: false,
    root: folderOf(app),
    logLevel: 'warn',
    customLogger: { ...createLogger('warn'), warn, warnOnce: warn },
    build: { write: false },
  })
  if (!('output' in outcome)) throw new Error('Vite did not answer with one bundle.')
  const files = outcome.output.map((file): [string, string] => [
    file.fileName,
    file.type === 'chunk' ? file.code : String(file.source),
  ])
  return { files: new Map(files), warnings }
}

async function withEsbuild(app: AppName): Promise<Bundle> {
  const { outputFiles, warnings } = await esbuild.build({
    entryPoints: [entryOf(app)],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  return { files: new Map(outputFiles.map(({ text }) => [OUTPUT, text])), warnings: warnings.map(({ text }) => text) }
}

async function withRollup(app: AppName): Promise<Bundle> {
  const warnings: string[] = []
  const bundle = await rollup({
    input: entryOf(app),
    // Dropbox's, remoteStorage's and the XML library have no form of their own for browsers but CommonJS.
    plugins: [nodeResolve({ browser: true }), commonjs()],
    onLog: (level, { message }) => {
      if (level === 'warn') warnings.push(message)
    },
  })
  const { output } = await bundle.generate({ format: 'es', entryFileNames: OUTPUT })
  await bundle.close()
  return {
    files: new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)])),
    warnings,
  }
}

function webpackStats(options: webpack.Configuration): Promise<webpack.Stats> {
  return new Promise((resolve, reject) => {
    webpack(options, (error, stats) => (stats === undefined ? reject(error) : resolve(stats)))
  })
}

async function withWebpack(app: AppName): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'vaultdb-webpack-'))
  try {
    const stats = await webpackStats({
      mode: 'production',
      entry: entryOf(app),
      output: { path: folder, filename: OUTPUT },
    })
    const { errors = [], warnings = [] } = stats.toJson({ all: false, errors: true, warnings: true })
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
    const names = readdirSync(folder)
    return {
      files: new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
      warnings: warnings.map(({ message }) => message),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const bundlers: readonly { readonly name: string; bundle(app: AppName): Promise<Bundle> }[] = [
  { name: 'Vite', bundle: withVite },
  { name: 'esbuild', bundle: withEsbuild },
  { name: 'Rollup', bundle: withRollup },
  { name: 'webpack', bundle: withWebpack },
]
