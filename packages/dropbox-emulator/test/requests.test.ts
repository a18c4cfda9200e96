import { describe, expect, test } from 'vitest'
import { startClient } from './client.ts'

const PROBLEM = 'Error in call to API function'

describe('a request of the wrong form is a 400 in plain text', () => {
  const bad = async (
    send: (
      client: Awaited<ReturnType<typeof startClient>>,
    ) => Promise<{ status: number; headers: Headers; text: string }>,
  ) => {
    const { status, headers, text } = await send(await startClient())
    expect([status, headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8'])
    return text
  }

  test('an unknown function', async () => {
    expect(await bad((client) => client.rpc('files/copy_v2', {}))).toBe(
      `${PROBLEM} "files/copy_v2": Unknown API function.`,
    )
  })

  test('a function on the wrong host', async () => {
    const text = await bad((client) =>
      client.send('https://content.dropboxapi.com/2/files/list_folder', { body: '{}' }),
    )
    expect(text).toContain('This function is on api.dropboxapi.com')
  })

  test('a wrong method', async () => {
    const text = await bad((client) => client.send('https://api.dropboxapi.com/2/files/list_folder', { method: 'GET' }))
    expect(text).toContain('HTTP request method is "GET"')
  })

  test.each([
    ['files/list_folder', 'api', 'text/plain'],
    ['files/upload', 'content', 'application/json'],
    ['files/upload', 'content', 'image/png'],
    ['files/download', 'content', 'application/json'],
  ])('%s with content type %s %s', async (route, host, type) => {
    const headers = { 'Content-Type': type, 'Dropbox-API-Arg': '{"path":"/a"}' }
    const text = await bad((client) =>
      client.send(`https://${host}.dropboxapi.com/2/${route}`, { headers, body: '{}' }),
    )
    expect(text).toContain(`${PROBLEM} "${route}": Bad HTTP "Content-Type" header: "${type}"`)
  })

  test('a body, or a header, that is no JSON', async () => {
    const rpc = { 'Content-Type': 'application/json' }
    expect(
      await bad((client) =>
        client.send('https://api.dropboxapi.com/2/files/get_metadata', { headers: rpc, body: '{' }),
      ),
    ).toBe(`${PROBLEM} "files/get_metadata": request body: could not decode input as JSON`)
    const upload = { 'Content-Type': 'application/octet-stream', 'Dropbox-API-Arg': 'path=/a' }
    expect(
      await bad((client) => client.send('https://content.dropboxapi.com/2/files/upload', { headers: upload })),
    ).toBe(`${PROBLEM} "files/upload": HTTP header "Dropbox-API-Arg": could not decode input as JSON`)
  })

  test('no argument', async () => {
    const headers = { 'Content-Type': 'application/octet-stream' }
    expect(await bad((client) => client.send('https://content.dropboxapi.com/2/files/upload', { headers }))).toContain(
      'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".',
    )
  })

  const place = `${PROBLEM} "files/upload": HTTP header "Dropbox-API-Arg": `
  test.each([
    [{ path: '/a', colour: 'red' }, "unknown field 'colour'"],
    [{}, "missing required field 'path'"],
    [[], 'expected object, got list'],
    [null, 'expected object, got null'],
    [{ path: 3 }, 'path: expected string, got number'],
    [{ path: 'a' }, "path: 'a' did not match pattern '(/(.|[\\r\\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)'"],
    [{ path: '' }, "path: '' did not match pattern"],
    [{ path: '/a', mute: 'yes' }, 'mute: expected boolean, got string'],
    [{ path: '/a', mode: 'replace' }, "mode: invalid tag 'replace'"],
    [{ path: '/a', mode: 'update' }, "mode: expected object for 'update', got string"],
    [{ path: '/a', mode: { '.tag': 'update' } }, 'mode.update: expected string, got null'],
    [
      { path: '/a', mode: { '.tag': 'update', update: '12345678' } },
      "mode.update: '12345678' must be at least 9 characters",
    ],
    [
      { path: '/a', mode: { '.tag': 'update', update: 'no-such-version' } },
      "mode.update: 'no-such-version' did not match pattern",
    ],
    [{ path: '/a', content_hash: 'abc' }, "content_hash: 'abc' must be at least 64 characters"],
    [{ path: '/a', client_modified: 'today' }, "client_modified: 'today' did not match pattern"],
  ])('argument %j', async (argument, problem) => {
    expect(await bad((client) => client.upload(argument))).toContain(place + problem)
  })

  test.each([0, 2001, 1.5, '9'])('a limit of %j entries', async (limit) => {
    expect(await bad((client) => client.rpc('files/list_folder', { path: '', limit }))).toContain(
      'request body: limit: ',
    )
  })

  test('the root folder by another name', async () => {
    expect(await bad((client) => client.rpc('files/list_folder', { path: '/' }))).toContain(
      'path: Specify the root folder as an empty string rather than as "/".',
    )
    expect(await bad((client) => client.rpc('files/get_metadata', { path: '/' }))).toContain(
      'The root folder is unsupported.',
    )
  })
})

describe('authorization', () => {
  const metadata = 'https://api.dropboxapi.com/2/files/get_metadata'
  const body = '{"path":"/a"}'

  test('is needed', async () => {
    const { send } = await startClient()
    const { status, text } = await send(metadata, { headers: { 'Content-Type': 'application/json' }, body })
    expect([status, text]).toEqual([
      400,
      `${PROBLEM} "files/get_metadata": Must provide HTTP header "Authorization" or URL parameter "authorization".`,
    ])
  })

  test('is refused, and repeated, where it is not of the right form', async () => {
    const { send } = await startClient()
    const headers = { 'Content-Type': 'application/json', Authorization: 'sl.secret' }
    const { status, text } = await send(metadata, { headers, body })
    expect([status, text.includes('"Authorization": "sl.secret".  Expecting "Bearer <oauth2-access-token>"')]).toEqual([
      400,
      true,
    ])
    const malformed = await send(metadata, { headers: { ...headers, Authorization: 'Bearer {' }, body })
    expect([malformed.status, malformed.text]).toEqual([400, expect.stringContaining('access token is malformed')])
  })

  test('with an unknown, expired or revoked token, or one that allows less, is a 401 with a tag', async () => {
    const client = await startClient({ accessTokenLifetimeMs: 1000 })
    const { rpc, emulator, runtime } = client
    const refused = async (): Promise<unknown> => {
      const { status, json } = await rpc('files/get_metadata', { path: '/a' })
      return [status, json.error]
    }
    expect(await refused()).toEqual([409, expect.anything()])
    runtime.advance(999)
    expect(await refused()).toEqual([409, expect.anything()])
    runtime.advance(1)
    expect(await refused()).toEqual([401, { '.tag': 'expired_access_token' }])
    client.token = 'unknown'
    expect(await refused()).toEqual([401, { '.tag': 'invalid_access_token' }])
    client.token = emulator.issueToken()
    emulator.revoke()
    expect(await refused()).toEqual([401, { '.tag': 'invalid_access_token' }])
    client.token = emulator.issueToken({ scopes: ['files.content.read'] })
    expect(await refused()).toEqual([401, { '.tag': 'missing_scope', required_scope: 'files.metadata.read' }])
  })

  test('each account has files of its own', async () => {
    const client = await startClient()
    await client.upload({ path: '/a' })
    client.token = client.emulator.issueToken({ account: 'other' })
    expect((await client.rpc('files/get_metadata', { path: '/a' })).json.error_summary).toMatch(
      /^path\/not_found\/\.*$/,
    )
    expect([client.emulator.files().size, client.emulator.files('other').size]).toEqual([1, 0])
  })
})

test('a simple request of another site works without a preflight: parameters in the URL, a type of its own', async () => {
  const { send, token } = await startClient()
  const headers = { 'Content-Type': 'text/plain; charset=dropbox-cors-hack' }
  const search = (arg: unknown) => new URLSearchParams({ arg: JSON.stringify(arg), authorization: `Bearer ${token}` })
  const uploaded = await send(`https://content.dropboxapi.com/2/files/upload?${search({ path: '/a' })}`, {
    headers,
    body: 'x',
  })
  expect(uploaded.status).toBe(200)
  const got = await send(`https://content.dropboxapi.com/2/files/download?${search({ path: '/a' })}`, { method: 'GET' })
  expect([got.status, got.text]).toEqual([200, 'x'])
})

test('pages of other sites may send and read what is documented, and no more', async () => {
  const { send, download, emulator } = await startClient()
  const preflight = await send('https://content.dropboxapi.com/2/files/download', { method: 'OPTIONS' })
  expect(preflight.status).toBe(200)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  const allowed = preflight.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')
  expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'dropbox-api-arg']))
  expect(allowed).not.toContain('if-none-match')
  const rejected = await send('https://content.dropboxapi.com/2/files/download?reject_cors_preflight=true', {
    method: 'OPTIONS',
  })
  expect(rejected.status).toBe(400)
  const exposed = (await download({ path: '/a' })).headers
    .get('access-control-expose-headers')
    ?.toLowerCase()
    .split(', ')
  expect(exposed).toContain('dropbox-api-result')
  expect(exposed).not.toContain('retry-after')
  expect([emulator.preflights, emulator.requests.length]).toEqual([2, 1])
})
