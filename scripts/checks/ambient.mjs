// No ambient clock, randomness or timer: whatever the engine takes from its surroundings comes through the injected
// Runtime, so that a test or a simulation decides it. Names are resolved by the type checker, so that neither an alias
// hides an ambient one nor a namesake is mistaken for it.

import ts from 'typescript'
import { ownSources, violation } from './program.mjs'

const INSTEAD = 'Take it from the injected Runtime.'

/** Members of global objects, by the interface that declares them. */
const MEMBERS = new Map([
  ['DateConstructor', ['now']],
  ['Math', ['random']],
  ['Performance', ['now', 'timeOrigin']],
  ['Crypto', ['getRandomValues', 'randomUUID']],
  ['AbortSignal', ['timeout']],
  ['Process', ['hrtime', 'uptime', 'getBuiltinModule']],
])

/** Global functions. */
const GLOBALS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'requestAnimationFrame',
  'requestIdleCallback',
])

/** Exports of Node's own modules that are a clock, a timer or a source of randomness. */
const NODE_EXPORTS = new Map([
  [
    'crypto',
    ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues', 'webcrypto'],
  ],
  ['perf_hooks', ['performance']],
  ['process', ['hrtime', 'uptime']],
])
const NODE_TIMER_MODULES = new Set(['timers', 'timers/promises'])

/** What only some runtimes have; the core may not name it at all. */
const RUNTIME_GLOBALS = new Set([
  ...['Buffer', 'process', 'global', 'require', '__dirname', '__filename'],
  ...['Deno', 'Bun', 'window', 'chrome', 'browser'],
])

/** @param {string} name */
const bare = (name) => name.replace(/^["']|["']$/g, '').replace(/^node:/, '')

/** @param {string} fileName */
const isAmbient = (fileName) => /\/node_modules\/(typescript\/lib\/lib\.|@types\/node\/)/.test(fileName)

/**
 * The name of an ambient clock, timer or randomness that `symbol` stands for; `null` for anything else.
 * @param {ts.Symbol} symbol
 * @returns {string | null}
 */
function bannedName(symbol) {
  for (const declaration of symbol.declarations ?? []) {
    if (!isAmbient(declaration.getSourceFile().fileName)) continue
    const { name } = symbol
    if (GLOBALS.has(name)) return name
    for (let node = declaration.parent; node; node = node.parent) {
      if (ts.isInterfaceDeclaration(node) && MEMBERS.get(node.name.text)?.includes(name)) {
        return `${node.name.text.replace(/Constructor$/, '')}.${name}`
      }
      if (ts.isVariableDeclaration(node) && MEMBERS.get(node.name.getText())?.includes(name)) {
        return `${node.name.getText()}.${name}`
      }
      if (!ts.isModuleDeclaration(node)) continue
      if (node.flags & ts.NodeFlags.GlobalAugmentation) break // what the module adds to the globals is not its export
      const module = bare(node.name.text)
      if (NODE_TIMER_MODULES.has(module) || NODE_EXPORTS.get(module)?.includes(name)) return `${module}.${name}`
    }
  }
  return null
}

/**
 * The symbols that an expression or a binding at `node` reaches by name.
 * @param {ts.TypeChecker} checker
 * @param {ts.Node} node
 * @returns {ts.Symbol | undefined}
 */
function reached(checker, node) {
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node)
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  }
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text)
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const name = node.propertyName ?? node.name
    return ts.isIdentifier(name) ? checker.getTypeAtLocation(node.parent).getProperty(name.text) : undefined
  }
  return undefined
}

/**
 * `Date()` and `new Date()` read the clock; `new Date(something)` does not.
 * @param {ts.TypeChecker} checker
 * @param {ts.Node} node
 */
function readsClock(checker, node) {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return false
  if (ts.isNewExpression(node) && (node.arguments?.length ?? 0) > 0) return false
  return checker.typeToString(checker.getTypeAtLocation(node.expression)) === 'DateConstructor'
}

/**
 * @param {ts.Program} program
 * @param {{ folder: string, isCore: boolean, exempt: (fileName: string) => boolean }} of
 * @returns {import('./program.mjs').Violation[]}
 */
export function checkAmbient(program, { folder, isCore, exempt }) {
  const checker = program.getTypeChecker()
  /** @type {import('./program.mjs').Violation[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    const symbol = reached(checker, node)
    const name = symbol === undefined ? null : bannedName(symbol)
    if (name !== null) found.push(violation(node, `Ambient ${name}. ${INSTEAD}`))
    else if (readsClock(checker, node)) found.push(violation(node, `Ambient Date() without arguments. ${INSTEAD}`))
    else if (isCore && ts.isIdentifier(node) && isRuntimeGlobal(symbol, node)) {
      found.push(violation(node, `The core runs everywhere: no ${node.text} outside runtime.ts.`))
    }
    ts.forEachChild(node, visit)
  }
  for (const source of ownSources(program, folder)) if (!exempt(source.fileName)) visit(source)
  return found
}

/**
 * A free name of one runtime's: one that nothing in the file declares. Of `globalThis` the core needs nothing, and a cast
 * would make any name of it a declared one.
 * @param {ts.Symbol | undefined} symbol
 * @param {ts.Identifier} node
 */
function isRuntimeGlobal(symbol, node) {
  if (node.text === 'globalThis') return true
  if (!RUNTIME_GLOBALS.has(node.text)) return false
  if (symbol === undefined) return true
  return (symbol.declarations ?? []).some((declaration) => isAmbient(declaration.getSourceFile().fileName))
}
