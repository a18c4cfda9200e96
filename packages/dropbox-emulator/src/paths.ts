import { endpointError, type Tagged } from './answers.ts'

// Patterns as the API's description gives them; only the first form of each is supported by the emulator.
export const PATH_PATTERN = '(/(.|[\\r\\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)'
export const ROOT_PATH_PATTERN = '(/(.|[\\r\\n])*)?|id:.*|(ns:[0-9]+(/.*)?)'
export const REV_PATTERN = '[0-9a-f]+'
export const MIN_REV_LENGTH = 9

const MAX_NAME_LENGTH = 255
/** Names that Dropbox does not keep, in lower case. */
const DISALLOWED: ReadonlySet<string> = new Set([
  ...['.dropbox', '.dropbox.attr', '.dropbox.cache', '.ds_store', 'desktop.ini', 'thumbs.db', 'icon\r'],
])

/** Paths are compared without regard to case. */
export function folded(path: string): string {
  return path.toLowerCase()
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** All folders above, the topmost first; the root, which is `''`, is left out. */
export function ancestorsOf(path: string): string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}

function isMalformed(path: string): boolean {
  const names = path.split('/').slice(1)
  return names.some(
    (name) => name === '' || name === '.' || name === '..' || name.length > MAX_NAME_LENGTH || /[\\\0]/.test(name),
  )
}

/** Refuses a path that no file can have; `wrap` puts the error where the endpoint's own union wants it. */
export function assertPath(path: string, wrap: (error: Tagged) => Tagged): void {
  if (!path.startsWith('/') || isMalformed(path)) throw endpointError(wrap({ '.tag': 'malformed_path' }))
}

/** Refuses a name that Dropbox does not keep. */
export function assertAllowedName(path: string, wrap: (error: Tagged) => Tagged): void {
  const name = folded(nameOf(path))
  const temporary = name.startsWith('~$') || name.startsWith('.~') || /^~.*\.tmp$/.test(name)
  if (DISALLOWED.has(name) || temporary) throw endpointError(wrap({ '.tag': 'disallowed_name' }))
}
