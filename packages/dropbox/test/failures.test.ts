import { createRuntime } from '@vaultdb/core'
import {
  type DecideFault,
  type EmulatedAnswer,
  loginPage,
  plainlyRateLimited,
  rateLimited,
  serverError,
} from '@vaultdb/dropbox-emulator'
import { describe, expect, test } from 'vitest'
import { content, openStore, startDropbox } from './stores.ts'

/** A 409 as Dropbox writes it. */
function refused(error: object): EmulatedAnswer {
  return {
    status: 409,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ error_summary: '…', error }),
  }
}
const uploadRefused = (reason: object): EmulatedAnswer => refused({ '.tag': 'path', reason, upload_session_id: 'x' })
const json = (status: number, value: unknown): EmulatedAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
})

async function outcomeOf(operation: 'read' | 'write' | 'delete' | 'list', faults: DecideFault): Promise<unknown> {
  const dropbox = await startDropbox({ faults })
  const runtime = { ...createRuntime(), now: () => Date.UTC(2026, 0, 1) }
  const store = openStore(dropbox, { accessToken: dropbox.issueToken(), runtime })
  const send = {
    read: () => store.read('vault'),
    write: () => store.write('vault', content(1), null),
    delete: () => store.delete('vault', '123456789'),
    list: () => store.list('')[Symbol.asyncIterator]().next(),
  }[operation]
  const error = await send().catch((reason: unknown) => reason)
  expect(dropbox.requests).toHaveLength(1) // nothing is ever sent a second time
  return error
}

describe('answers to a write', () => {
  test.each([
    ['path conflict file', uploadRefused({ '.tag': 'conflict', conflict: { '.tag': 'file' } }), 'ERR_CONFLICT'],
    ['path conflict other', uploadRefused({ '.tag': 'conflict', conflict: { '.tag': 'other' } }), 'ERR_CONFLICT'],
    ['path conflict folder', uploadRefused({ '.tag': 'conflict', conflict: { '.tag': 'folder' } }), 'ERR_UNSUPPORTED'],
    [
      'path conflict file_ancestor',
      uploadRefused({ '.tag': 'conflict', conflict: { '.tag': 'file_ancestor' } }),
      'ERR_UNSUPPORTED',
    ],
    ['path insufficient_space', uploadRefused({ '.tag': 'insufficient_space' }), 'ERR_QUOTA'],
    ['path upload_traffic_limit_reached', uploadRefused({ '.tag': 'upload_traffic_limit_reached' }), 'ERR_QUOTA'],
    ['path no_write_permission', uploadRefused({ '.tag': 'no_write_permission' }), 'ERR_UNAUTHORIZED'],
    ['path disallowed_name', uploadRefused({ '.tag': 'disallowed_name' }), 'ERR_UNSUPPORTED'],
    ['path too_many_write_operations', uploadRefused({ '.tag': 'too_many_write_operations' }), 'ERR_UNAVAILABLE'],
    ['path of_tomorrow', uploadRefused({ '.tag': 'of_tomorrow' }), 'ERR_UNAVAILABLE'],
    ['payload_too_large', refused({ '.tag': 'payload_too_large' }), 'ERR_TOO_LARGE'],
    ['content_hash_mismatch', refused({ '.tag': 'content_hash_mismatch' }), 'ERR_UNAVAILABLE'],
    ['409', { status: 409, body: 'of somebody else' }, 'ERR_UNAVAILABLE'],
    ['401 invalid_access_token', json(401, { error: { '.tag': 'invalid_access_token' } }), 'ERR_UNAUTHORIZED'],
    ['401 missing_scope', json(401, { error: { '.tag': 'missing_scope', required_scope: 'x' } }), 'ERR_UNAUTHORIZED'],
    ['401 user_suspended', json(401, { error: { '.tag': 'user_suspended' } }), 'ERR_UNAUTHORIZED'],
    ['401', loginPage(401), 'ERR_UNAVAILABLE'],
    ['403 invalid_account_type', json(403, { error: { '.tag': 'invalid_account_type' } }), 'ERR_UNAUTHORIZED'],
    ['403', loginPage(403), 'ERR_UNAVAILABLE'],
    ['400', { status: 400, body: 'Error in call to API function "files/upload": unknown field' }, 'ERR_UNSUPPORTED'],
    [
      '400',
      { status: 400, body: 'Error in call to API function "x": The given OAuth 2 access token is malformed.' },
      'ERR_UNAUTHORIZED',
    ],
    ['400', loginPage(400), 'ERR_UNAVAILABLE'],
    ['404', loginPage(404), 'ERR_UNAVAILABLE'],
    ['413', loginPage(413), 'ERR_TOO_LARGE'],
    ['500', serverError(), 'ERR_UNAVAILABLE'],
    ['answer is not', loginPage(), 'ERR_UNAVAILABLE'],
    ['answer is not', json(200, {}), 'ERR_UNAVAILABLE'],
    ['makes no sense', json(200, null), 'ERR_UNAVAILABLE'],
    [
      'answer is not',
      json(200, { rev: '123456789', path_lower: '/vault', content_hash: 'of other bytes' }),
      'ERR_UNAVAILABLE',
    ],
    ['reached (ECONNRESET). Check the connection', 'reset', 'ERR_UNAVAILABLE'],
    ['reached', { truncateAfterBytes: 10 }, 'ERR_UNAVAILABLE'],
  ] as const)('%s (%j): %s', async (shown, answer, code) => {
    const error = await outcomeOf('write', () => ({ answer }))
    expect(error).toMatchObject({ name: 'VaultError', code, message: expect.stringContaining(shown) })
  })

  test.each([
    ['of a rate limit', rateLimited('too_many_requests', 7), 7000],
    ['of a rate limit in plain text', plainlyRateLimited(3), 3000],
    ['of contention', rateLimited('too_many_write_operations', 1), 1000],
    ['of a failure', serverError(503, 9), 9000],
    [
      'in the body, where a page cannot see the header',
      json(429, { error: { reason: { '.tag': 'x' }, retry_after: 5 } }),
      5000,
    ],
    ['as a date', { status: 503, headers: { 'Retry-After': 'Thu, 01 Jan 2026 00:01:00 GMT' } }, 60_000],
    ['that is none', { status: 429, headers: { 'Retry-After': 'soon' } }, undefined],
  ])('the pause %s', async (_, answer, retryAfterMs) => {
    const error = await outcomeOf('write', () => ({ apply: false, answer }))
    expect(error).toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect((error as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs)
  })
})

describe('answers to a read', () => {
  test.each([
    ['not_file', refused({ '.tag': 'path', path: { '.tag': 'not_file' } }), 'ERR_UNSUPPORTED'],
    ['restricted_content', refused({ '.tag': 'path', path: { '.tag': 'restricted_content' } }), 'ERR_UNAUTHORIZED'],
    ['locked', refused({ '.tag': 'path', path: { '.tag': 'locked' } }), 'ERR_UNAVAILABLE'],
    ['HTTP 404', { status: 404, body: '' }, 'ERR_UNAVAILABLE'], // an absence that Dropbox did not state
    ['HTTP 304', { status: 304 }, 'ERR_UNAVAILABLE'],
    ['answer is not', { status: 307, headers: { Location: '/2/files/download' } }, 'ERR_UNAVAILABLE'],
    ['answer is not', loginPage(), 'ERR_UNAVAILABLE'],
    ['reached', { status: 200, headers: { 'Dropbox-API-Result': '{' }, body: 'x' }, 'ERR_UNAVAILABLE'],
    [
      'damaged',
      { status: 200, headers: { 'Dropbox-API-Result': '{"rev":"123456789","content_hash":"00"}' }, body: 'x' },
      'ERR_UNAVAILABLE',
    ],
    ['reached', 'reset', 'ERR_UNAVAILABLE'],
  ] as const)('%s: %j', async (shown, answer, code) => {
    const error = await outcomeOf('read', () => ({ answer }))
    expect(error).toMatchObject({ name: 'VaultError', code, message: expect.stringContaining(shown) })
  })

  test('a file that arrives incomplete, or altered, is not taken for the file', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox)
    await store.write('vault', content(1, 1000), null)
    dropbox.faults = () => ({ answer: { truncateAfterBytes: 999 } })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    const metadata = dropbox.files().get('/vault')?.metadata
    const headers = { 'Dropbox-API-Result': JSON.stringify(metadata) }
    dropbox.faults = () => ({ answer: { status: 200, headers, body: content(2, 1000) } })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    dropbox.faults = () => ({ answer: { status: 200, headers, body: content(1, 1000) } })
    expect(await store.read('vault')).toMatchObject({ data: content(1, 1000) })
  })
})

test.each([
  [
    'delete',
    'path_write conflict file',
    refused({ '.tag': 'path_write', path_write: { '.tag': 'conflict', conflict: { '.tag': 'file' } } }),
    'ERR_CONFLICT',
  ],
  [
    'delete',
    'not the version',
    refused({ '.tag': 'path_lookup', path_lookup: { '.tag': 'not_found' } }),
    'ERR_CONFLICT',
  ],
  ['delete', 'answer is not', json(200, {}), 'ERR_UNAVAILABLE'],
  ['delete', 'answer is not', json(200, { metadata: { path_lower: '/shards/0' } }), 'ERR_UNAVAILABLE'],
  ['delete', 'too_many_write_operations', refused({ '.tag': 'too_many_write_operations' }), 'ERR_UNAVAILABLE'],
  ['list', 'answer is not', loginPage(), 'ERR_UNAVAILABLE'],
  ['list', 'HTTP 429', plainlyRateLimited(1), 'ERR_UNAVAILABLE'],
  ['list', 'malformed_path', refused({ '.tag': 'path', path: { '.tag': 'malformed_path' } }), 'ERR_UNSUPPORTED'],
] as const)('%s: %s', async (operation, shown, answer, code) => {
  const error = await outcomeOf(operation, () => ({ answer }))
  expect(error).toMatchObject({ name: 'VaultError', code, message: expect.stringContaining(shown) })
})

test('a folder that is deleted while a listing goes on takes with it what is in it', async () => {
  const file = (name: string) => ({ '.tag': 'file', path_lower: `/v/${name}`, rev: '123456789', size: 1 })
  const deleted = { '.tag': 'deleted', path_lower: '/v/shards' }
  const folder = { '.tag': 'folder', path_lower: '/v/shards' }
  const dropbox = await startDropbox({
    faults: ({ route }) => ({
      answer:
        route === 'files/list_folder'
          ? json(200, { entries: [file('vault'), file('shards/0'), file('shards2')], cursor: 'x', has_more: true })
          : json(200, { entries: [deleted, file('shards/1'), folder], cursor: 'y', has_more: false }),
    }),
  })
  const store = openStore(dropbox, { accessToken: dropbox.issueToken(), folder: '/v' })
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  expect(keys).toEqual(['vault', 'shards2', 'shards/1'])
})

test('an answer that tells of another file than was written is not believed', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  await store.write('vault', content(1), null)
  const metadata = dropbox.files().get('/vault')?.metadata
  dropbox.faults = () => ({ answer: json(200, { ...metadata, path_lower: '/shards/0 (2)' }) })
  await expect(store.write('shards/0', content(1), null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
})

test('a write whose answer is lost is not sent again: its rev is then somebody else’s to find out', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  dropbox.faults = ({ route }) => (route === 'files/upload' ? { answer: 'reset' } : undefined)
  await expect(store.write('vault', content(1), null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  dropbox.faults = undefined
  expect(await store.read('vault')).toMatchObject({ data: content(1) })
  await expect(store.write('vault', content(1), null)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
})

test('a file that is larger than one upload takes is refused before it is sent', async () => {
  const dropbox = await startDropbox()
  const store = openStore(dropbox)
  const { maxBlobBytes } = store.capabilities
  await expect(store.write('vault', new Uint8Array((maxBlobBytes ?? 0) + 1), null)).rejects.toMatchObject({
    code: 'ERR_TOO_LARGE',
  })
  expect([maxBlobBytes, dropbox.requests.length]).toEqual([150 * 1024 * 1024, 0])
})
