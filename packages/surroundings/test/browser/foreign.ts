/** What only some surroundings have, code made from text, and code from elsewhere; as it looks minified. */
const FOREIGN = [
  /\bBuffer\b/,
  /\brequire\s*\(/,
  /\bimport\s*\(/,
  /(?<!-)\b(from|import)["']/,
  /\beval\s*\(/,
  /\bFunction\s*\(/,
  /\bWebAssembly\b/,
  /\bprocess\.(env|nextTick|version|browser)\b/,
  /\b(Deno|Bun)\b/,
  /\bsetImmediate\b/,
]

/** What is foreign to browsers in minified code, but for what is known and for other files of the same bundle. */
export function foreignTo(code: string, known: readonly RegExp[] = [], files: Iterable<string> = []): RegExp[] {
  let rest = code
  for (const pattern of known) rest = rest.replaceAll(new RegExp(pattern, 'g'), '')
  for (const file of files) rest = rest.replaceAll(`from"./${file}"`, '').replaceAll(`import("./${file}")`, '')
  return FOREIGN.filter((pattern) => pattern.test(rest))
}

/** In Dropbox's library (its `browser` build), for Node; as it looks minified, whatever the names. */
export const IN_DROPBOX: readonly RegExp[] = [
  // whether it was given one of Node's buffers
  /typeof Buffer<"u"&&Buffer\.isBuffer\(/,
  // base64 where there is no `btoa`
  /typeof btoa>"u"\?function\([\w$]+\)\{return Buffer\.from\([\w$]+\)\.toString\("base64"\)\}/,
  // what was downloaded, where there is no window
  /[\w$]+\(\)\?[\w$]+\.blob\(\):[\w$]+\.arrayBuffer\(\)\.then\(\(?function\([\w$]+\)\{return Buffer\.from\(/,
  // downloads into the file system, which no store asks for: Node's modules, and room in a file
  /typeof [\w$]+=="function"\?Promise\.resolve\([\w$]+\([\w$]+\)\):Function\("moduleName","return import\(moduleName\)"\)/,
  /\.writeFileSync\([\w$]+,Buffer\.alloc\(0\)\)/,
]

/** In remoteStorage's library, which was bundled by webpack, for Node and for browsers of old. */
export const IN_REMOTESTORAGE: readonly RegExp[] = [
  // base64 where there is no `Blob`, or no `btoa`
  /typeof Blob>"u"\|\|typeof FileReader>"u"\)(\{(let|const) [\w$]+=|[\w$]+\()Buffer\.from\(/,
  /"btoa"in [\w$]+\?[\w$]+\.btoa\([\w$]+\):Buffer\.from\(/,
  // webpack's way to the global object where nothing is called `globalThis`
  /if\(typeof globalThis=="object"\)return globalThis;try\{return this\|\|(new )?Function\("return this"\)\(\)\}/,
]
