import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Client, startClient } from './client.ts'

const OTHER_REV = 'fffffffff'

/** Puts `/file` into a state and tells its rev, or that of what was deleted. */
async function prepare({ upload, rpc }: Client, state: 'absent' | 'deleted' | 'other' | 'equal'): Promise<string> {
  if (state === 'absent') return OTHER_REV
  const { json } = await upload({ path: '/file' }, state === 'equal' ? 'new' : 'old')
  if (state === 'deleted') await rpc('files/delete_v2', { path: '/file' })
  return String(json.rev)
}

describe('what an upload finds at its path', () => {
  // The mode's documentation (a, b, c) and that of `strict_conflict`: 'kept' is success without a new rev.
  test.each([
    ['absent', 'add', false, 'written'],
    ['absent', 'add', true, 'written'],
    ['absent', 'overwrite', true, 'written'],
    ['absent', 'update other', false, 'written'],
    ['absent', 'update other', true, 'conflict'],
    ['deleted', 'add', true, 'written'],
    ['deleted', 'update', false, 'written'],
    ['deleted', 'update', true, 'conflict'],
    ['other', 'add', false, 'conflict'],
    ['other', 'add', true, 'conflict'],
    ['other', 'overwrite', false, 'written'],
    ['other', 'overwrite', true, 'written'],
    ['other', 'update', false, 'written'],
    ['other', 'update', true, 'written'],
    ['other', 'update other', false, 'conflict'],
    ['other', 'update other', true, 'conflict'],
    ['equal', 'add', false, 'kept'],
    ['equal', 'add', true, 'conflict'],
    ['equal', 'overwrite', false, 'kept'],
    ['equal', 'update', false, 'kept'],
    ['equal', 'update', true, 'written'],
    ['equal', 'update other', false, 'kept'],
    ['equal', 'update other', true, 'conflict'],
  ] as const)('%s, mode %s, strict_conflict %s: %s', async (state, kind, strict, outcome) => {
    const client = await startClient()
    const before = await prepare(client, state)
    const update = kind === 'update' ? before : OTHER_REV
    const mode = kind.startsWith('update') ? { '.tag': 'update', update } : kind
    const { status, json } = await client.upload({ path: '/file', mode, strict_conflict: strict }, 'new')
    const file = client.emulator.files().get('/file')
    if (outcome === 'conflict') {
      expect(status).toBe(409)
      expect(json.error_summary).toMatch(/^path\/conflict\/file\/\.*$/)
      expect(json.error).toEqual({
        '.tag': 'path',
        reason: { '.tag': 'conflict', conflict: { '.tag': 'file' } },
        upload_session_id: expect.any(String),
      })
      expect(file?.metadata.rev).toBe(state === 'other' || state === 'equal' ? before : undefined)
    } else {
      expect([status, String(json.rev) === before]).toEqual([200, outcome === 'kept'])
      expect(new TextDecoder().decode(file?.data)).toBe('new')
    }
  })

  test('a folder, or a file where a folder should be', async () => {
    const { upload } = await startClient()
    await upload({ path: '/folder/file' })
    const folder = await upload({ path: '/folder', mode: 'overwrite' })
    expect([folder.status, folder.json.error_summary]).toEqual([
      409,
      expect.stringMatching(/^path\/conflict\/folder\//),
    ])
    const below = await upload({ path: '/folder/file/deeper', mode: 'overwrite' })
    expect(below.json.error_summary).toMatch(/^path\/conflict\/file_ancestor\//)
  })

  test('with autorename, a free name beside it', async () => {
    const { upload } = await startClient()
    await upload({ path: '/a/document.txt' }, '1')
    const added = async (mode: unknown): Promise<unknown> =>
      (await upload({ path: '/a/document.txt', mode, autorename: true }, 'another')).json.path_display
    expect(await added('add')).toBe('/a/document (2).txt')
    expect(await added('add')).toBe('/a/document (3).txt')
    expect(await added({ '.tag': 'update', update: OTHER_REV })).toBe('/a/document (conflicted copy).txt')
    expect((await upload({ path: '/a/document.txt/b', autorename: true })).status).toBe(409)
  })
})

test('revs are hexadecimal, never repeat, and ids stay', async () => {
  const { upload, rpc } = await startClient()
  const first = await upload({ path: '/a' }, '1')
  const second = await upload({ path: '/a', mode: 'overwrite' }, '2')
  await rpc('files/delete_v2', { path: '/a' })
  const third = await upload({ path: '/a' }, '1')
  const revs = [first, second, third].map(({ json }) => String(json.rev))
  for (const rev of revs) expect(rev).toMatch(/^[0-9a-f]{9,}$/)
  expect(new Set(revs).size).toBe(3)
  expect(second.json.id).toEqual(first.json.id)
  expect(third.json.id).not.toEqual(first.json.id)
})

test('paths are compared without regard to case, and shown as they were written', async () => {
  const { upload, rpc, download } = await startClient()
  await upload({ path: '/Notes/File' }, 'text')
  expect((await upload({ path: '/notes/file' }, 'other')).status).toBe(409)
  expect((await download({ path: '/NOTES/FILE' })).text).toBe('text')
  expect((await rpc('files/get_metadata', { path: '/notes/FILE' })).json).toMatchObject({
    '.tag': 'file',
    name: 'File',
    path_lower: '/notes/file',
    path_display: '/Notes/File',
    size: 4,
    server_modified: '2026-01-01T00:00:00Z',
  })
})

test.each([
  ['/a//b', 'malformed_path'],
  ['/a/', 'malformed_path'],
  ['/a/../b', 'malformed_path'],
  ['/./a', 'malformed_path'],
  [`/${'x'.repeat(256)}`, 'malformed_path'],
  ['/a\\b', 'malformed_path'],
  ['id:abc', 'malformed_path'],
  ['/.dropbox', 'disallowed_name'],
  ['/a/Thumbs.db', 'disallowed_name'],
  ['/~$letter.doc', 'disallowed_name'],
])('no file is kept at %s: %s', async (path, tag) => {
  const { upload } = await startClient()
  const { status, json } = await upload({ path })
  expect([status, json.error_summary]).toEqual([409, expect.stringMatching(new RegExp(`^path/${tag}/`))])
})

test('a content is compared with its hash: blocks of 4 MiB', async () => {
  const { upload, emulator } = await startClient()
  const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
  const content = 'x'.repeat(4 * 1024 * 1024 + 1)
  const bytes = Buffer.from(content)
  const right = sha256(sha256(bytes.subarray(0, -1)), sha256(bytes.subarray(-1))).toString('hex')
  const wrong = await upload({ path: '/a', content_hash: right }, `${content}y`)
  expect([wrong.status, wrong.json.error_summary]).toEqual([409, expect.stringMatching(/^content_hash_mismatch\//)])
  expect(emulator.files().size).toBe(0)
  expect((await upload({ path: '/a', content_hash: right }, content)).json.content_hash).toBe(right)
  expect((await upload({ path: '/empty' })).json.content_hash).toBe(sha256().toString('hex'))
})

test('a file that is too large, or for which there is no room, is not kept', async () => {
  const { upload, emulator } = await startClient({ maxUploadBytes: 10, quotaBytes: 15 })
  const large = await upload({ path: '/a' }, 'x'.repeat(11))
  expect([large.status, large.json.error_summary]).toEqual([409, expect.stringMatching(/^payload_too_large\//)])
  const first = await upload({ path: '/a' }, 'x'.repeat(10))
  expect(first.status).toBe(200)
  const full = await upload({ path: '/b' }, 'x'.repeat(6))
  expect([full.status, full.json.error_summary]).toEqual([409, expect.stringMatching(/^path\/insufficient_space\//)])
  expect((await upload({ path: '/b' }, 'x'.repeat(5))).status).toBe(200)
  expect((await upload({ path: '/a', mode: 'overwrite' }, 'y'.repeat(10))).status).toBe(200) // in the place of as much
  expect([...emulator.files().keys()]).toEqual(['/a', '/b'])
})

describe('a download', () => {
  test('has the metadata in a header, in ASCII', async () => {
    const { upload, download } = await startClient()
    const { json } = await upload({ path: '/Größe \u{1f511}' }, 'text')
    const { status, headers, text } = await download({ path: '/größe \u{1f511}' })
    expect([status, text, headers.get('content-type')]).toEqual([200, 'text', 'application/octet-stream'])
    const result = headers.get('dropbox-api-result') ?? ''
    expect(result).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(result)).toEqual(json)
  })

  test('is a 304 for who has that rev', async () => {
    const { upload, download } = await startClient()
    const { json } = await upload({ path: '/a' }, 'text')
    const same = await download({ path: '/a' }, { 'If-None-Match': `W/"${json.rev}"` })
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', `W/"${json.rev}"`])
    expect((await download({ path: '/a' }, { 'If-None-Match': 'W/"123456789"' })).status).toBe(200)
  })

  test('of nothing, or of a folder, is a 409', async () => {
    const { upload, download } = await startClient()
    await upload({ path: '/folder/a' })
    const nothing = await download({ path: '/a' })
    expect([nothing.status, nothing.json.error]).toEqual([409, { '.tag': 'path', path: { '.tag': 'not_found' } }])
    expect((await download({ path: '/folder' })).json.error_summary).toMatch(/^path\/not_file\//)
    expect((await download({ path: '/folder//' })).json.error_summary).toMatch(/^path\/malformed_path\//)
  })
})

describe('a deletion', () => {
  test('with parent_rev deletes that rev only', async () => {
    const { upload, rpc, emulator } = await startClient()
    const { json } = await upload({ path: '/a' }, '1')
    const other = await rpc('files/delete_v2', { path: '/a', parent_rev: OTHER_REV })
    expect([other.status, other.json.error_summary]).toEqual([
      409,
      expect.stringMatching(/^path_write\/conflict\/file\//),
    ])
    expect(emulator.files().size).toBe(1)
    const { status, json: deleted } = await rpc('files/delete_v2', { path: '/a', parent_rev: json.rev })
    expect([status, deleted.metadata]).toEqual([200, { '.tag': 'file', ...json }])
    expect(emulator.files().size).toBe(0)
    const again = await rpc('files/delete_v2', { path: '/a', parent_rev: json.rev })
    expect(again.json.error_summary).toMatch(/^path_lookup\/not_found\//)
  })

  test('of a folder takes all that is in it, and no parent_rev', async () => {
    const { upload, rpc, emulator } = await startClient()
    const { json } = await upload({ path: '/folder/a' })
    await upload({ path: '/folder/deeper/b' })
    await upload({ path: '/folders' })
    const refused = await rpc('files/delete_v2', { path: '/folder', parent_rev: json.rev })
    expect(refused.json.error_summary).toMatch(/^path_write\/conflict\/folder\//)
    expect((await rpc('files/delete_v2', { path: '/folder' })).status).toBe(200)
    expect([...emulator.files().keys()]).toEqual(['/folders'])
  })

  test('leaves a trace for who asks for deleted ones', async () => {
    const { upload, rpc } = await startClient()
    await upload({ path: '/a' })
    await rpc('files/delete_v2', { path: '/a' })
    expect((await rpc('files/get_metadata', { path: '/a' })).json.error_summary).toMatch(/^path\/not_found\//)
    expect((await rpc('files/get_metadata', { path: '/a', include_deleted: true })).json['.tag']).toBe('deleted')
  })
})
