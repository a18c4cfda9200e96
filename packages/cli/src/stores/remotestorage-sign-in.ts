import { VaultError } from '@vaultdb/core'
import type { Terminal } from '../terminal.ts'
import { saveCredentials } from './credentials-file.ts'
import type { AskAtPage } from './dropbox-sign-in.ts'
import type { RemoteStorageLocation } from './location.ts'
import { remoteStorageEntry, scopeOf } from './remotestorage.ts'
import { findStorage } from './webfinger.ts'

/** Nothing needs to be there: the person copies the address. Only the system itself may listen on port 80 of this machine. */
const REDIRECT_ORIGIN = 'http://localhost'
const REDIRECT_URI = `${REDIRECT_ORIGIN}/vaultdb-signed-in`
const STATE_BYTES = 16
/** RFC 6750, section 2.1. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Signs in with an implicit grant (RFC 6749, section 4.2), the one that all remoteStorage servers have, and keeps the token with
 * the storage's address.
 */
export async function signInToRemoteStorage(
  location: RemoteStorageLocation,
  ask: AskAtPage,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { href, authorizationPage } = await findStorage(location.userAddress, terminal.runtime, signal)
  if (authorizationPage === null) {
    const message = `The server of ${location.userAddress} names no page to sign in at. Get a token in its own way, and set REMOTESTORAGE_TOKEN.`
    throw new VaultError('ERR_UNSUPPORTED', message)
  }
  const state = Buffer.from(terminal.runtime.randomBytes(STATE_BYTES)).toString('base64url')
  const url = new URL(authorizationPage)
  const parameters = {
    response_type: 'token',
    client_id: REDIRECT_ORIGIN,
    redirect_uri: REDIRECT_URI,
    scope: `${scopeOf(location)}:rw`,
    state,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const instruction =
    'Open this page and agree. The browser then goes to a page that is not there: copy its whole address.'
  const answer = await ask(url.href, instruction, 'Address')
  await saveCredentials(remoteStorageEntry(location), { href, token: tokenIn(answer, state) }, terminal)
}

function tokenIn(answer: string, state: string): string {
  if (!URL.canParse(answer)) throw declined('That is not the address that the browser went to.')
  const found = new URLSearchParams(new URL(answer).hash.slice(1))
  if (found.has('error')) throw declined('The access was not granted.')
  // Else somebody could have this person's vault written to a storage of his own (RFC 6749, section 10.12).
  if (found.get('state') !== state) throw declined('This address belongs to another sign-in.')
  const token = found.get('access_token') ?? ''
  if (!TOKEN.test(token)) throw declined('There is no token in this address.')
  return token
}

function declined(what: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', `${what} Begin to sign in again.`)
}
