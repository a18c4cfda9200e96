import { type DropboxEmulator, type DropboxEmulatorOptions, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { onTestFinished } from 'vitest'
import { createTestRuntime, type TestRuntime } from './test-runtime.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
}

/** A tree of JSON to look into without casts. */
type Json = { readonly [name: string]: Json } & { readonly [index: number]: Json }

/** One emulator and somebody who is signed in there. */
export interface Client {
  readonly emulator: DropboxEmulator
  readonly runtime: TestRuntime
  token: string
  rpc(route: string, argument: unknown, init?: RequestInit): Promise<Answer>
  upload(argument: unknown, content?: string): Promise<Answer>
  download(argument: unknown, headers?: Record<string, string>): Promise<Answer>
  send(url: string, init?: RequestInit): Promise<Answer>
}

/** HTTP headers are ASCII. */
function headerSafe(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function hostOf(route: string): string {
  if (route.endsWith('/longpoll')) return 'notify.dropboxapi.com'
  return 'api.dropboxapi.com'
}

export async function startClient(options: Omit<DropboxEmulatorOptions, 'runtime'> = {}): Promise<Client> {
  const runtime = createTestRuntime()
  const emulator = await startDropboxEmulator({ ...options, runtime })
  onTestFinished(() => emulator.close())
  const send = async (url: string, init?: RequestInit): Promise<Answer> => {
    const response = await emulator.fetch(url, { method: 'POST', ...init })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json'
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
  }
  const client: Client = {
    emulator,
    runtime,
    token: emulator.issueToken(),
    send,
    rpc: (route, argument, init) =>
      send(`https://${hostOf(route)}/2/${route}`, {
        headers: { Authorization: `Bearer ${client.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(argument),
        ...init,
      }),
    upload: (argument, content = '') =>
      send('https://content.dropboxapi.com/2/files/upload', {
        headers: {
          Authorization: `Bearer ${client.token}`,
          'Content-Type': 'application/octet-stream',
          'Dropbox-API-Arg': headerSafe(argument),
        },
        body: content,
      }),
    download: (argument, headers = {}) =>
      send('https://content.dropboxapi.com/2/files/download', {
        headers: { Authorization: `Bearer ${client.token}`, 'Dropbox-API-Arg': headerSafe(argument), ...headers },
      }),
  }
  return client
}
