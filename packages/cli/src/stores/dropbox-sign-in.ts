import { finishDropboxSignIn, startDropboxSignIn } from '@vaultdb/dropbox'
import { usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { saveCredentials } from './credentials-file.ts'
import { DROPBOX_ENTRY } from './dropbox.ts'

/** Shows a page to the person, and resolves to what the page had them copy. */
export type AskAtPage = (url: string, instruction: string, question: string) => Promise<string>

/** Signs in with an authorization code and PKCE (RFC 7636), and keeps the refresh token. */
export async function signInToDropbox(
  appKey: string | undefined,
  ask: AskAtPage,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const clientId = appKey || terminal.env.DROPBOX_APP_KEY
  if (!clientId || !/^[A-Za-z0-9_-]{1,64}$/.test(clientId)) {
    throw usageError(
      'Which app? Make one at https://www.dropbox.com/developers/apps (scoped access, app folder; permissions ' +
        'files.metadata.read, files.content.read and files.content.write), and give its key with --app-key or DROPBOX_APP_KEY.',
    )
  }
  const { url, pending } = startDropboxSignIn({ clientId, runtime: terminal.runtime })
  const code = await ask(url, 'Open this page, agree, and copy the code that it shows:', 'Code')
  const { refreshToken } = await finishDropboxSignIn(pending, code, { signal })
  await saveCredentials(DROPBOX_ENTRY, { clientId, refreshToken }, terminal)
}
