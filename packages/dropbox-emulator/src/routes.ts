import { badRequest, type EmulatedAnswer, json, type Refusal } from './answers.ts'
import { Mismatch } from './arguments.ts'
import type { Call, OpenCall } from './call.ts'
import { deleteV2, download, getMetadata, upload } from './files.ts'
import { latestCursor, listFolder, listFolderContinue } from './listing.ts'
import { longpoll } from './longpoll.ts'

export type Style = 'rpc' | 'upload' | 'download'

interface Place {
  readonly host: 'api' | 'content' | 'notify'
  readonly style: Style
}

/** A function for who is signed in. */
export interface SignedInRoute extends Place {
  /** What the token must allow. */
  readonly scope: string
  /** Whether it takes the account's one lock. */
  readonly writes: boolean
  readonly run: (call: Call) => EmulatedAnswer
}

/** A function for everybody. */
export interface OpenRoute extends Place {
  readonly scope: null
  readonly run: (call: OpenCall) => Promise<EmulatedAnswer>
}

export type Route = SignedInRoute | OpenRoute

const rpc = (scope: string, run: (call: Call) => unknown, writes: boolean = false): Route => ({
  host: 'api',
  style: 'rpc',
  scope,
  writes,
  run: (call) => json(200, run(call)),
})

/** HTTP headers are ASCII: everything else in the JSON is escaped. */
function headerSafe(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function downloaded(call: Call): EmulatedAnswer {
  const { metadata, data } = download(call)
  const ETag = `W/"${metadata.rev}"`
  const { '.tag': _, ...result } = metadata
  if (call.ifNoneMatch === ETag) return { status: 304, headers: { ETag } }
  const headers = { 'Content-Type': 'application/octet-stream', 'Dropbox-API-Result': headerSafe(result), ETag }
  return { status: 200, headers, body: data }
}

function uploaded(call: Call): EmulatedAnswer {
  const { '.tag': _, ...result } = upload(call)
  return json(200, result)
}

/** The functions that the emulator knows, by name. */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['files/upload', { host: 'content', style: 'upload', scope: 'files.content.write', writes: true, run: uploaded }],
  [
    'files/download',
    { host: 'content', style: 'download', scope: 'files.content.read', writes: false, run: downloaded },
  ],
  ['files/delete_v2', rpc('files.content.write', deleteV2, true)],
  ['files/get_metadata', rpc('files.metadata.read', getMetadata)],
  ['files/list_folder', rpc('files.metadata.read', listFolder)],
  ['files/list_folder/continue', rpc('files.metadata.read', listFolderContinue)],
  ['files/list_folder/get_latest_cursor', rpc('files.metadata.read', latestCursor)],
  [
    'files/list_folder/longpoll',
    { host: 'notify', style: 'rpc', scope: null, run: async (call) => json(200, await longpoll(call)) },
  ],
])

/** A reader of arguments that answers 400 where they do not fit. */
export function argumentReader(route: string, style: Style, argument: unknown): Pick<OpenCall, 'read' | 'malformed'> {
  const place = style === 'rpc' ? 'request body' : 'HTTP header "Dropbox-API-Arg"'
  const malformed = (problem: string): Refusal => badRequest(route, `${place}: ${problem}`)
  return {
    malformed,
    read(reader) {
      try {
        return reader(argument, '')
      } catch (error) {
        throw error instanceof Mismatch ? malformed(error.message) : error
      }
    },
  }
}
