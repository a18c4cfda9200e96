// Finds the examples of the documentation: the ```ts blocks of Markdown files and of doc comments. A block is a module of
// its own that must run. Marks after the language change that: `ts continues` goes on where the block before it ended,
// `ts no-run` is type-checked only. A line `console.log(…) // text` promises that `text` is printed.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * @typedef {object} Example
 * @property {string} file Path of the document, relative to the root.
 * @property {number} line Where the block begins.
 * @property {string} code
 * @property {boolean} runs Whether it is executed, and not only type-checked.
 * @property {boolean} isComment Whether it stands in a doc comment, where imports and set-up are left out.
 */

const FENCE = /^```ts(?:[ \t]+([^\n]*))?\n([\s\S]*?)^```[ \t]*$/gm
const COMMENT = /\/\*\*[\s\S]*?\*\//g
const MARKS = new Set(['continues', 'no-run'])

/**
 * @param {string} text
 * @param {number} offset
 */
const lineAt = (text, offset) => text.slice(0, offset).split('\n').length

/**
 * The blocks of one Markdown text.
 * @param {string} text
 * @param {{ file: string, firstLine?: number, isComment?: boolean }} from
 * @returns {Example[]}
 */
export function examplesIn(text, { file, firstLine = 1, isComment = false }) {
  /** @type {Example[]} */
  const examples = []
  for (const { index, 1: info = '', 2: code = '' } of text.matchAll(FENCE)) {
    const line = firstLine + lineAt(text, index) - 1
    const marks = info.split(/\s+/).filter((mark) => mark !== '')
    for (const mark of marks)
      if (!MARKS.has(mark)) throw new Error(`${file}:${line} Unknown mark on an example: ${mark}`)
    const previous = examples.at(-1)
    if (!marks.includes('continues')) examples.push({ file, line, code, runs: !marks.includes('no-run'), isComment })
    else if (previous) previous.code += `\n${code}`
    else throw new Error(`${file}:${line} There is no example before this one to continue.`)
  }
  return examples
}

/**
 * The blocks in the doc comments of one source file.
 * @param {string} text
 * @param {string} file
 */
export function commentExamples(text, file) {
  return [...text.matchAll(COMMENT)].flatMap(({ 0: comment, index }) => {
    const markdown = comment.slice(0, -2).replace(/^[ \t]*\/?\*{1,2} ?/gm, '')
    return examplesIn(markdown, { file, firstLine: lineAt(text, index), isComment: true })
  })
}

/**
 * What the `console.log(…) // text` lines promise, in order.
 * @param {string} code
 */
export function promisedOutput(code) {
  return [...code.matchAll(/^[ \t]*console\.log\(.*\)[ \t]*\/\/[ \t]*(.+?)[ \t]*$/gm)].map(([, text = '']) => text)
}

/**
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
function filesBelow(folder, ending) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/**
 * All examples of the project.
 * @param {string} root
 * @returns {Example[]}
 */
export function findExamples(root) {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
  const documents = [
    join(root, 'README.md'),
    join(root, 'docs', 'guide.md'),
    ...folders.map((each) => join(each, 'README.md')),
  ]
  const sources = folders.flatMap((folder) => filesBelow(join(folder, 'src'), '.ts'))
  return [
    ...documents
      .filter((path) => existsSync(path))
      .flatMap((path) => examplesIn(readFileSync(path, 'utf8'), { file: relative(root, path) })),
    ...sources.flatMap((path) => commentExamples(readFileSync(path, 'utf8'), relative(root, path))),
  ]
}

/** What a doc comment may take for granted, each with its declaration; later ones build on earlier ones. */
const FIXTURES = new Map([
  ['test', `const test = (_name: string, run: () => Promise<void>): Promise<void> => run()`],
  ['password', `const password = 'correct horse battery staple'`],
  ['store', `const store = createMemoryStore()`],
  ['db', `const db = await VaultDB.openOrCreate(store, { key: new Uint8Array(32) })`],
])

/**
 * @param {string} code
 * @param {string} name
 */
const declares = (code, name) =>
  new RegExp(`\\b(const|let|function|class|import)\\b(?:(?! of )[^=;(])*\\b${name}\\b`).test(code)

/**
 * @param {string} code
 * @param {string} name
 */
const uses = (code, name) => new RegExp(`(?<![.\\w'"])${name}\\b(?!')`).test(code) && !declares(code, name)

/**
 * The whole module for an example: a doc comment's gets the imports and the set-up that comments leave out.
 * @param {Example} example
 * @param {ReadonlyMap<string, readonly string[]>} publicNames exported names by module specifier
 */
export function moduleOf({ code, isComment }, publicNames) {
  if (!isComment) return `${code}\nexport {}\n`
  let whole = code
  for (const [name, declaration] of [...FIXTURES].reverse()) {
    if (uses(whole, name)) whole = `${declaration}\n${whole}`
  }
  for (const [specifier, names] of publicNames) {
    const wanted = names.filter((name) => uses(whole, name))
    if (wanted.length > 0) whole = `import { ${wanted.join(', ')} } from '${specifier}'\n${whole}`
  }
  return `${whole}\nexport {}\n`
}
