// Who may import whom. Inside the core every file imports from its own row or from rows below; an adapter sees of the
// core only the store contract, errors, the runtime and what is made for adapters. Type imports count: they tie rooms together as well.

import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { ownSources, violation } from './program.mjs'

/** The rows of packages/core/src, lowest first; docs/architecture.md tells what each room owns. */
const ROWS = [
  ['abort.ts', 'errors.ts', 'bytes.ts', 'runtime.ts', 'options.ts', 'shared-work.ts'],
  ['path', 'crypto', 'store'],
  ['format'],
  ['vault'],
  ['shards'],
  ['operations'],
  ['database', 'index.ts'],
]

/** Rooms with subpath exports of their own: what they may import, beside themselves. Nothing imports them. */
const SIDE_ROOMS = new Map([
  ['adapter', new Set([...(ROWS[0] ?? []), ...(ROWS[1] ?? [])])],
  ['testing', new Set([...(ROWS[0] ?? []), ...(ROWS[1] ?? [])])],
  ['maintenance', new Set([...ROWS.slice(0, 6).flat(), 'database'])],
])

/** The core's only dependencies; anything else would reach every user's bundle. */
const CORE_DEPENDENCIES = /^@noble\/(ciphers|hashes)\/[a-z0-9_-]+\.js$/

/** Files of the core whose exports an adapter may import: it gets at a clock only through the runtime. */
const ADAPTER_FACING = ['errors.ts', 'runtime.ts', 'store/contract.ts']

/** @param {string} room */
const rowOf = (room) => ROWS.findIndex((rooms) => rooms.includes(room))

/** @param {string} specifier */
const isBuiltin = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier)

/**
 * The module specifiers of a file: imports, re-exports, import types and dynamic imports.
 * @param {ts.SourceFile} source
 */
function importsOf(source) {
  /** @type {{ node: ts.Node, specifier: string, names: string[] | 'all' }[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause
      const named = bindings && (ts.isNamedImports(bindings) || ts.isNamedExports(bindings)) ? bindings.elements : null
      const names = named ? named.map(({ name, propertyName }) => (propertyName ?? name).text) : 'all'
      found.push({ node, specifier: /** @type {ts.StringLiteral} */ (node.moduleSpecifier).text, names })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument
      if (ts.isStringLiteral(literal)) found.push({ node, specifier: literal.text, names: 'all' })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      const specifier = argument && ts.isStringLiteralLike(argument) ? argument.text : '(computed)'
      found.push({ node, specifier, names: 'all' })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/**
 * Why `from` may not import `to`, both being rooms of the core; `null` where it may.
 * @param {string} from
 * @param {string} to
 * @returns {string | null}
 */
function refusal(from, to) {
  if (from === to) return null
  if (SIDE_ROOMS.has(to)) return `Nothing may import ${to}/: it is an entry of its own.`
  const allowed = SIDE_ROOMS.get(from)
  if (allowed) return allowed.has(to) ? null : `${from}/ may import only ${[...allowed].join(', ')}.`
  const [fromRow, toRow] = [rowOf(from), rowOf(to)]
  if (fromRow < 0) return `${from} has no row: give it one in scripts/checks/layers.mjs.`
  if (toRow < 0) return `${to} has no row: give it one in scripts/checks/layers.mjs.`
  return toRow <= fromRow ? null : `${from} (row ${fromRow}) imports ${to} (row ${toRow}): calls go down only.`
}

/**
 * @param {ts.Program} program
 * @param {string} folder
 * @returns {import('./program.mjs').Violation[]}
 */
export function checkCoreLayers(program, folder) {
  const src = join(folder, 'src')
  /** @param {string} path */
  const roomOf = (path) => relative(src, path).split('/')[0] ?? ''
  return ownSources(program, folder).flatMap((source) =>
    importsOf(source).flatMap(({ node, specifier }) => {
      if (isBuiltin(specifier)) return [violation(node, `The core runs everywhere: no Node built-in (${specifier}).`)]
      if (!specifier.startsWith('.')) {
        if (CORE_DEPENDENCIES.test(specifier)) return []
        return [violation(node, `The core depends on @noble/ciphers and @noble/hashes only, not on ${specifier}.`)]
      }
      const target = join(dirname(source.fileName), specifier)
      if (!target.startsWith(`${src}/`)) return [violation(node, `${specifier} lies outside the package's src.`)]
      const reason = refusal(roomOf(source.fileName), roomOf(target))
      return reason === null ? [] : [violation(node, reason)]
    }),
  )
}

/**
 * Names that an adapter may import from the core.
 * @param {ts.Program} program
 * @param {string} coreFolder
 */
function adapterNames(program, coreFolder) {
  const checker = program.getTypeChecker()
  return new Set(
    ADAPTER_FACING.flatMap((file) => {
      const source = program.getSourceFile(join(coreFolder, 'src', file))
      const module = source && checker.getSymbolAtLocation(source)
      return module ? checker.getExportsOfModule(module).map(({ name }) => name) : []
    }),
  )
}

/**
 * Packages other than the core: they import each other by name, and adapters import from the core only what concerns a store.
 * @param {ts.Program} program
 * @param {{ folder: string, coreFolder: string, adapter: boolean }} of
 * @returns {import('./program.mjs').Violation[]}
 */
export function checkPackageImports(program, { folder, coreFolder, adapter }) {
  const src = `${join(folder, 'src')}/`
  const allowed = adapterNames(program, coreFolder)
  return ownSources(program, folder).flatMap((source) =>
    importsOf(source).flatMap(({ node, specifier, names }) => {
      if (specifier.startsWith('.')) {
        const target = join(dirname(source.fileName), specifier)
        if (target.startsWith(src) || target === join(folder, 'package.json')) return []
        return [violation(node, `${specifier} lies outside the package's src: import the package by its name.`)]
      }
      if (!adapter || !specifier.startsWith('@vaultdb/core') || specifier === '@vaultdb/core/adapter') return []
      const foreign =
        specifier === '@vaultdb/core' && names !== 'all' ? names.filter((name) => !allowed.has(name)) : null
      if (foreign?.length === 0) return []
      const what = foreign?.join(', ') ?? specifier
      return [
        violation(
          node,
          `An adapter imports of the core only @vaultdb/core/adapter, the store contract, errors and the runtime, not ${what}.`,
        ),
      ]
    }),
  )
}
