// Loads the sources of one package into the TypeScript compiler, as its tsconfig.json says.

import { join } from 'node:path'
import ts from 'typescript'

/**
 * @typedef {{ file: string, line: number, message: string }} Violation
 */

/**
 * `overlay` adds or replaces files by absolute path without touching the disk: the tests of the checks use it.
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} [overlay]
 * @returns {ts.Program}
 */
export function loadProgram(folder, overlay = new Map()) {
  const { config, error } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => overlay.has(path) || fileExists(path)
  host.readFile = (path) => overlay.get(path) ?? readFile(path)
  const sources = [...fileNames.filter((path) => path.startsWith(join(folder, 'src'))), ...overlay.keys()]
  const program = ts.createProgram({ rootNames: [...new Set(sources)], options, host })
  program.getTypeChecker() // binds all files, which gives nodes the parents that the checks walk
  return program
}

/**
 * The package's own source files.
 * @param {ts.Program} program
 * @param {string} folder
 */
export function ownSources(program, folder) {
  const prefix = `${join(folder, 'src')}/`
  return program.getSourceFiles().filter((source) => source.fileName.startsWith(prefix))
}

/**
 * @param {ts.Node} node
 * @param {string} message
 * @returns {Violation}
 */
export function violation(node, message) {
  const source = node.getSourceFile()
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
  return { file: source.fileName, line: line + 1, message }
}
