import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandError, usageError } from '../exit-codes.ts'

/** Where a vault is, as `--store` or `VAULTDB_STORE` says. Holds no credentials. */
export type Location = FileLocation | DropboxLocation | RemoteStorageLocation | S3Location

export interface FileLocation {
  readonly kind: 'file'
  /** An absolute path. */
  readonly folder: string
}

export interface DropboxLocation {
  readonly kind: 'dropbox'
  /** `/vaults/mine`, or empty for the app's own folder. */
  readonly folder: string
}

export interface RemoteStorageLocation {
  readonly kind: 'remotestorage'
  /** `ada@storage.example`, its host in lower case. */
  readonly userAddress: string
  /** `notes/vault`. */
  readonly path: string
}

export interface S3Location {
  readonly kind: 's3'
  readonly bucket: string
  readonly prefix: string
  readonly endpoint?: string
  readonly region?: string
  readonly addressing?: 'path' | 'virtual-host'
}

interface Scheme {
  /** For messages and the help. */
  readonly example: string
  parse(rest: string, directory: string): Location
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['file', { example: 'file:./vault', parse: parseFile }],
  ['dropbox', { example: 'dropbox:/folder', parse: parseDropbox }],
  ['remotestorage', { example: 'remotestorage:user@host/folder', parse: parseRemoteStorage }],
  ['s3', { example: 's3://bucket/prefix?region=…', parse: parseS3 }],
])

/** What `--store` takes, for the help. */
export const LOCATION_EXAMPLES: string = [...SCHEMES.values()].map(({ example }) => example).join(', ')

/**
 * The place that a text names; relative folders start from `directory`. No error repeats the text: somebody may have put a
 * secret into it, and errors are kept in logs.
 */
export function parseLocation(text: string, directory: string): Location {
  const colon = text.indexOf(':')
  const scheme = SCHEMES.get(text.slice(0, Math.max(colon, 0)).toLowerCase())
  if (scheme === undefined) {
    throw usageError(`--store begins with the kind of store and a colon: ${LOCATION_EXAMPLES}.`)
  }
  return scheme.parse(text.slice(colon + 1), directory)
}

/** `file:./my vault` is a path as it stands; `file:///srv/my%20vault` is a URL (RFC 8089), and percent-decoded. */
function parseFile(rest: string, directory: string): FileLocation {
  const folder = rest.startsWith('//') ? folderOfUrl(rest) : rest
  if (folder === '' || folder.includes('\0')) throw usageError('--store file: needs a folder, like file:./vault.')
  return { kind: 'file', folder: resolve(directory, folder) }
}

function folderOfUrl(rest: string): string {
  if (/^\/\/[^/]*@/.test(rest)) throw holdsCredentials()
  try {
    return fileURLToPath(`file:${rest}`)
  } catch {
    throw usageError('--store is not a file URL of this machine. Write file:./vault or file:///full/path.')
  }
}

function parseDropbox(rest: string): DropboxLocation {
  const { authority, path } = splitUrl(rest, 'dropbox:/folder')
  if (authority.includes('@')) throw holdsCredentials()
  if (authority !== '') throw usageError('--store dropbox: is followed by one slash: write dropbox:/folder.')
  if (path !== '' && !path.startsWith('/')) throw usageError('--store dropbox: takes a folder like dropbox:/folder.')
  return { kind: 'dropbox', folder: decoded(path).replace(/\/$/, '') }
}

const USER_ADDRESS = /^([^\s@:[\]]+)@((?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?)$/

function parseRemoteStorage(rest: string): RemoteStorageLocation {
  const form = 'remotestorage:user@host/folder'
  const { authority, path } = splitUrl(rest.startsWith('//') ? rest : `//${rest}`, form)
  if (/:.*@|@.*@/.test(authority)) throw holdsCredentials()
  const [, user, host] = USER_ADDRESS.exec(authority) ?? []
  const folder = decoded(path).replace(/^\/|\/$/g, '')
  if (user === undefined || host === undefined || folder === '') {
    throw usageError(`--store remotestorage: takes a user's address and a folder: ${form}.`)
  }
  return { kind: 'remotestorage', userAddress: `${user}@${host.toLowerCase()}`, path: folder }
}

const S3_PARAMETERS: readonly string[] = ['endpoint', 'region', 'addressing']

function parseS3(rest: string): S3Location {
  const form = 's3://bucket/prefix?endpoint=https://…&region=…'
  if (!rest.startsWith('//')) throw usageError(`--store s3: is followed by two slashes: ${form}.`)
  const question = rest.indexOf('?')
  const { authority: bucket, path } = splitUrl(question === -1 ? rest : rest.slice(0, question), form)
  if (/[@:]/.test(bucket)) throw holdsCredentials()
  if (bucket === '') throw usageError(`--store s3: needs a bucket: ${form}.`)
  const parameters = question === -1 ? {} : parametersOf(rest.slice(question + 1))
  return { kind: 's3', bucket, prefix: decoded(path).replace(/^\/|\/$/g, ''), ...parameters }
}

function parametersOf(query: string): Pick<S3Location, 'endpoint' | 'region' | 'addressing'> {
  const found = [...new URLSearchParams(query)]
  const names = found.map(([name]) => name)
  if (new Set(names).size < names.length || !names.every((name) => S3_PARAMETERS.includes(name))) {
    throw usageError(`--store s3: takes ${S3_PARAMETERS.join(', ')} after the "?", each once. ${ELSEWHERE}`)
  }
  const { endpoint, region, addressing } = Object.fromEntries(found)
  if (endpoint !== undefined) assertEndpoint(endpoint)
  if (region !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(region))
    throw usageError('--store s3: has no region’s name.')
  if (addressing !== undefined && addressing !== 'path' && addressing !== 'virtual-host') {
    throw usageError('--store s3: knows addressing=path and addressing=virtual-host.')
  }
  return { ...(endpoint && { endpoint }), ...(region && { region }), ...(addressing && { addressing }) }
}

function assertEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url !== null && `${url.username}${url.password}` !== '') throw holdsCredentials()
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw usageError("--store s3: takes as endpoint the service's address, like https://s3.example.")
  }
}

interface UrlParts {
  readonly authority: string
  readonly path: string
}

/** Authority and path of what follows a scheme (RFC 3986, section 3); neither query nor fragment, which have no meaning here. */
function splitUrl(rest: string, form: string): UrlParts {
  if (/[?#]/.test(rest)) throw usageError(`--store has no "?" or "#" there (write %3F and %23): ${form}. ${ELSEWHERE}`)
  const [, authority = '', path = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(rest) ?? []
  return { authority, path }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw usageError('--store holds a percent sign that begins no escape: write %25.')
  }
}

const ELSEWHERE =
  'Credentials have no place in it, where the shell keeps them and every program can read them: ' +
  'put them into the environment, or use vaultdb sign-in.'

function holdsCredentials(): CommandError {
  return usageError(`--store holds a password, key or token. ${ELSEWHERE} Change these if they are in use.`)
}
