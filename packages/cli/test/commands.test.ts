import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../src/program.ts'
import { createCheapVault } from './cheap-vault.ts'
import { createFakeTerminal, type FakeOptions, type FakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PASSWORD = 'correct horse'

interface Result {
  readonly status: number
  readonly out: string
  readonly err: string
  readonly terminal: FakeTerminal
}

/** Runs one command in `folder`, with the vault `vault` and its password from the environment. */
async function vaultdb(folder: string, args: readonly string[], options: FakeOptions = {}): Promise<Result> {
  const env = { VAULTDB_STORE: 'file:./vault', VAULTDB_PASSWORD: PASSWORD, ...options.env }
  const terminal = createFakeTerminal({ directory: folder, temporaryDirectory: folder, ...options, env })
  const status = await run(args, terminal)
  return { status, out: terminal.out(), err: terminal.err(), terminal }
}

/** A folder with an empty vault. */
async function withVault(): Promise<string> {
  const folder = await temporaryFolder()
  await createCheapVault(join(folder, 'vault'), PASSWORD)
  return folder
}

describe('one document', () => {
  it('goes in through standard input and comes out as it was', async () => {
    const folder = await withVault()
    const value = { name: 'Ä', list: [1, null], __proto__x: {} }
    const stored = await vaultdb(folder, ['put', '/a/b'], { stdin: JSON.stringify(value) })
    expect(stored).toMatchObject({ status: 0, out: 'Stored /a/b.\n', err: '' })
    const got = await vaultdb(folder, ['get', '/a/b'])
    expect(JSON.parse(got.out)).toEqual(value)
    expect((await vaultdb(folder, ['get', '/a/b', '--json'])).out).toBe(`${JSON.stringify(value)}\n`)
  })

  it('may be a plain text, whose property no one can ask for', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/t', '--text'], { stdin: 'line 1\n line 2 \n' })
    expect((await vaultdb(folder, ['get', '/t'])).out).toBe('line 1\n line 2 \n')
    expect((await vaultdb(folder, ['get', '/t', '--json'])).out).toBe('"line 1\\n line 2 "\n')
    expect((await vaultdb(folder, ['get', '/t', '--field', 'length'])).status).toBe(1)
  })

  it('shows one property, its own ones only', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '{"password":"p w","port":5}' })
    expect(await vaultdb(folder, ['get', '/a', '--field', 'password'])).toMatchObject({ status: 0, out: 'p w\n' })
    expect(await vaultdb(folder, ['get', '/a', '--field', 'port', '--json'])).toMatchObject({ status: 0, out: '5\n' })
    expect(await vaultdb(folder, ['get', '/a', '--field', 'toString'])).toMatchObject({ status: 1, out: '' })
  })

  it('cannot act on a terminal, and is exact in a pipe', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a', '--text'], { stdin: 'x\u001b[2Jy' })
    expect((await vaultdb(folder, ['get', '/a'], { stdoutIsTerminal: true })).out).toBe('x\\u001b[2Jy\n')
    expect((await vaultdb(folder, ['get', '/a'])).out).toBe('x\u001b[2Jy\n')
  })

  it('is typed unseen where standard input is the keyboard', async () => {
    const folder = await withVault()
    const stored = await vaultdb(folder, ['put', '/a', '--text'], { stdinIsTerminal: true, answers: ['typed'] })
    expect(stored.terminal.questions).toEqual(['Value'])
    expect((await vaultdb(folder, ['get', '/a'])).out).toBe('typed\n')
  })

  it.each([
    ['not JSON', '{"a": hunter2}', 'invalid symbol'],
    ['empty', '', 'value expected'],
    ['null', 'null', 'vaultdb remove'],
    ['too deep', `${'['.repeat(200)}${']'.repeat(200)}`, 'Nothing was stored'],
  ])('is refused when it is %s, without being quoted', async (_name, stdin, reason) => {
    const folder = await withVault()
    const refused = await vaultdb(folder, ['put', '/a'], { stdin })
    expect(refused).toMatchObject({ status: 2, out: '', err: expect.stringContaining(reason) })
    expect(refused.err).not.toContain('hunter2')
    expect((await vaultdb(folder, ['find', '--json'])).out).toBe('')
  })

  it('is absent: status 1, nothing on standard output', async () => {
    const folder = await withVault()
    expect(await vaultdb(folder, ['get', '/no'])).toMatchObject({
      status: 1,
      out: '',
      err: 'There is no document /no.\n',
    })
    expect(await vaultdb(folder, ['get', '/no', '--json'])).toMatchObject({ status: 1, out: '', err: '' })
  })

  it('is removed, and named when it was not there', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '1' })
    const removed = await vaultdb(folder, ['remove', '/a', '/b', '/a'])
    expect(removed).toMatchObject({ status: 1, out: 'Removed /a.\n', err: 'There is no document /b.\n' })
    const again = await vaultdb(folder, ['remove', '/a', '--json'])
    expect(again).toMatchObject({ status: 1, out: '{"removed":[],"absent":["/a"]}\n' })
  })
})

describe('an edited document', () => {
  const editing = (change: (text: string) => string, seen: string[] = []): FakeOptions => ({
    env: { EDITOR: 'edit' },
    answers: [],
    edit: async (file) => {
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      expect((await stat(dirname(file))).mode & 0o777).toBe(0o700)
      const text = await readFile(file, 'utf8')
      seen.push(text)
      await writeFile(file, change(text))
    },
  })

  it('is stored, from a private file that is gone afterwards', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '{"n":1}' })
    const edited = await vaultdb(
      folder,
      ['put', '/a', '--edit'],
      editing((text) => text.replace('1', '2')),
    )
    expect(edited).toMatchObject({ status: 0, out: 'Stored /a.\n' })
    expect((await vaultdb(folder, ['get', '/a', '--json'])).out).toBe('{"n":2}\n')
    expect(await readdir(folder)).toEqual(['vault'])
  })

  it('is left alone when nothing was changed', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '{"n":1}' })
    const edited = await vaultdb(
      folder,
      ['put', '/a', '--edit'],
      editing((text) => text),
    )
    expect(edited).toMatchObject({ status: 0, out: '/a is unchanged.\n' })
  })

  it('comes back to the editor with what was typed while it is no JSON, until it is given up', async () => {
    const folder = await withVault()
    const seen: string[] = []
    const edited = await vaultdb(
      folder,
      ['put', '/a', '--edit'],
      editing((text) => (text === '' ? '{"a":' : text), seen),
    )
    expect(edited.status).toBe(2)
    expect(seen).toEqual(['', '{"a":'])
    expect(await readdir(folder)).toEqual(['vault'])
  })

  it('is not stored over what somebody else wrote meanwhile', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '1' })
    const edited = await vaultdb(folder, ['put', '/a', '--edit'], {
      env: { EDITOR: 'edit' },
      edit: async (file) => {
        await vaultdb(folder, ['put', '/a'], { stdin: '2' })
        await writeFile(file, '3')
      },
    })
    expect(edited).toMatchObject({ status: 6, err: expect.stringContaining('nothing was stored') })
    expect((await vaultdb(folder, ['get', '/a'])).out).toBe('2\n')
  })

  it('needs an editor', async () => {
    const folder = await withVault()
    expect(await vaultdb(folder, ['put', '/a', '--edit'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('EDITOR'),
    })
  })
})

describe('looking around', () => {
  const withDocuments = async (): Promise<string> => {
    const folder = await withVault()
    const documents = { '/bob/notes': 1, '/bob/pictures/header': 2, '/top': 3, '/bob/x\u001b': 4 }
    await vaultdb(folder, ['import', '-', '--format', 'json'], { stdin: JSON.stringify(documents) })
    return folder
  }

  it('lists names, with control characters shown', async () => {
    const folder = await withDocuments()
    expect((await vaultdb(folder, ['list'])).out).toBe('bob/\ntop\n')
    expect((await vaultdb(folder, ['list', '/bob'])).out).toBe('notes\npictures/\nx\\u001b\n')
    expect((await vaultdb(folder, ['list', '/bob/', '--json'])).out).toBe('["notes","pictures/","x\\u001b"]\n')
    expect(await vaultdb(folder, ['list', '/nobody/'])).toMatchObject({ status: 1, out: '' })
  })

  it('draws the tree', async () => {
    const folder = await withDocuments()
    expect((await vaultdb(folder, ['tree'])).out).toBe(
      '/\n├── bob/\n│   ├── notes\n│   ├── pictures/\n│   │   └── header\n│   └── x\\u001b\n└── top\n',
    )
    expect(JSON.parse((await vaultdb(folder, ['tree', '/bob/pictures', '--json'])).out)).toEqual({
      name: '/bob/pictures/',
      children: [{ name: 'header' }],
    })
  })

  it('finds paths, all or those that match', async () => {
    const folder = await withDocuments()
    expect((await vaultdb(folder, ['find'])).out.split('\n')).toHaveLength(5)
    expect((await vaultdb(folder, ['find', '/bob', '--match', 'HEAD'])).out).toBe('/bob/pictures/header\n')
    expect((await vaultdb(folder, ['find', '--match', 'zzz'])).status).toBe(1)
    expect((await vaultdb(folder, ['find', '/bob/pictures/', '--json'])).out).toBe('"/bob/pictures/header"\n')
  })

  it('prunes a directory, once somebody said so', async () => {
    const folder = await withDocuments()
    expect((await vaultdb(folder, ['prune', '/bob'])).status).toBe(2)
    const refused = await vaultdb(folder, ['prune', '/bob'], { answers: [], confirms: false })
    expect(refused).toMatchObject({ status: 1, out: 'Nothing was removed.\n' })
    expect(refused.terminal.questions).toEqual(['Remove 3 documents below /bob/?'])
    expect(await vaultdb(folder, ['prune', '/bob', '--yes'])).toMatchObject({ status: 0, out: 'Removed: 3.\n' })
    expect((await vaultdb(folder, ['find'])).out).toBe('/top\n')
    expect((await vaultdb(folder, ['prune', '/bob', '--yes'])).status).toBe(1)
  })
})

describe('import and export', () => {
  const CSV =
    'name,url,username,password,note\nA,https://a.example,bob,p1,\nA,https://a.example,bob,p2,"two\nlines"\nbad\nB,https://b.example,,p3,\n'

  it('reports bad rows by line and keeps the rest; again it changes nothing', async () => {
    const folder = await withVault()
    await writeFile(join(folder, 'in.csv'), CSV)
    const first = await vaultdb(folder, ['import', 'in.csv'])
    expect(first).toMatchObject({
      status: 8,
      out: 'Imported: 3 created, 0 replaced, 0 unchanged, 1 left out.\n',
      err: 'Line 5: 1 columns instead of 5.\n',
    })
    const second = await vaultdb(folder, ['import', 'in.csv', '--json'])
    expect(JSON.parse(second.out)).toEqual({
      complete: true,
      created: 0,
      replaced: 0,
      unchanged: 3,
      leftOut: 1,
      unknown: 0,
    })
    expect(JSON.parse(second.err)).toEqual({ problem: { line: 5, reason: '1 columns instead of 5' } })
    expect((await vaultdb(folder, ['get', '/logins/a.example/bob (2)', '--field', 'note'])).out).toBe('two\nlines\n')
  })

  it.each(['jsonl', 'json', 'csv'])('brings everything back through a file of %s', async (format) => {
    const folder = await withVault()
    await vaultdb(folder, ['import', '-', '--format', 'csv'], { stdin: CSV })
    const file = `out.${format}`
    expect(await vaultdb(folder, ['export', file])).toMatchObject({ status: 0, out: '', err: '' })
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    const other = await withVault()
    expect((await vaultdb(other, ['import', join(folder, file)])).status).toBe(0)
    const [one, two] = await Promise.all([folder, other].map((at) => vaultdb(at, ['export'])))
    expect(two?.out).toBe(one?.out)
    expect(one?.out.split('\n')).toHaveLength(4)
  })

  it('names documents that a format cannot hold', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/number'], { stdin: '5' })
    const exported = await vaultdb(folder, ['export', '--format', 'csv'])
    expect(exported).toMatchObject({ status: 8, out: 'name,url,username,password,note\r\n' })
    expect(exported.err).toContain('/number: left out')
  })

  it('does not replace a file unless told to', async () => {
    const folder = await withVault()
    await writeFile(join(folder, 'out.json'), 'precious')
    expect(await vaultdb(folder, ['export', 'out.json'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('--force'),
    })
    expect(await readFile(join(folder, 'out.json'), 'utf8')).toBe('precious')
    expect((await vaultdb(folder, ['export', 'out.json', '--force'])).status).toBe(0)
    expect(await readFile(join(folder, 'out.json'), 'utf8')).toBe('{}\n')
  })

  it('leaves out what the vault refuses, by line, and keeps its neighbours', async () => {
    const folder = await withVault()
    const lines = ['{"path":"/a","value":1}', '{"path":"no slash","value":2}', '{"path":"/b","value":null}']
    const rest = [
      '{"path":"/a","value":3}',
      `{"path":"/c","value":${'['.repeat(200)}${']'.repeat(200)}}`,
      '{"path":"/d","value":4}',
    ]
    const imported = await vaultdb(folder, ['import', '-', '--format', 'jsonl'], {
      stdin: [...lines, ...rest].join('\n'),
    })
    expect(imported).toMatchObject({ status: 8, out: 'Imported: 2 created, 0 replaced, 0 unchanged, 4 left out.\n' })
    expect(imported.err.match(/^Line \d/gm)?.sort()).toEqual(['Line 2', 'Line 3', 'Line 4', 'Line 5'])
    expect((await vaultdb(folder, ['find'])).out).toBe('/a\n/d\n')
  })

  it('shows a bar on a terminal when it takes long', async () => {
    const folder = await withVault()
    const { terminal } = await vaultdb(folder, ['import', '-', '--format', 'csv'], {
      stdin: CSV,
      stderrIsTerminal: true,
      tickMs: 2000,
    })
    expect(terminal.bars[0]).toMatch(/^start /)
    expect(terminal.bars.at(-1)).toBe('stop')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops by %s while nothing comes, and completes the next time', async (signal, status) => {
    const folder = await withVault()
    const stdin = new PassThrough()
    const env = { VAULTDB_STORE: 'file:./vault', VAULTDB_PASSWORD: PASSWORD }
    const terminal = createFakeTerminal({ directory: folder, stdin, env })
    const ended = run(['import', '-', '--format', 'jsonl'], terminal)
    stdin.write('{"path":"/a","value":1}\n{"path"')
    terminal.stop(signal)
    expect(await ended).toBe(status)
    expect(terminal.out()).toMatch(/^Not finished; so far: 0 created|^$/)
    expect(terminal.err()).toContain('vaultdb: Stopped.')
    expect(
      (await vaultdb(folder, ['import', '-', '--format', 'jsonl'], { stdin: '{"path":"/a","value":1}' })).status,
    ).toBe(0)
  })

  it('tells what is wrong with the file itself', async () => {
    const folder = await withVault()
    expect(await vaultdb(folder, ['import', 'none.csv'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('no such file'),
    })
    expect(await vaultdb(folder, ['import', 'vault', '--format', 'csv'])).toMatchObject({ status: 2 })
    expect(await vaultdb(folder, ['import', 'a.txt'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('--format'),
    })
  })
})

describe('the vault', () => {
  it('is created once', async () => {
    const folder = await temporaryFolder()
    const first = await vaultdb(folder, ['init', '--json'])
    expect(first).toMatchObject({ status: 0, out: '{"created":"file:./vault"}\n', err: '' })
    expect(await vaultdb(folder, ['list'])).toMatchObject({ status: 0, out: '' })
    expect(await vaultdb(folder, ['init'])).toMatchObject({ status: 4, out: '' })
  })

  it('opens with its password only', async () => {
    const folder = await withVault()
    const env = { VAULTDB_PASSWORD: 'hunter2' }
    const refused = await vaultdb(folder, ['list', '--json'], { env })
    expect(refused).toMatchObject({ status: 3, out: '' })
    expect(JSON.parse(refused.err)).toMatchObject({ error: { exitCode: 3, code: 'ERR_CREDENTIALS' } })
    expect(refused.err).not.toContain('hunter2')
  })

  it('is missing in another folder', async () => {
    expect(await vaultdb(await temporaryFolder(), ['list'])).toMatchObject({ status: 4, out: '' })
  })

  it('takes a new password, after which the old one is wrong', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a'], { stdin: '1' })
    const env = { VAULTDB_NEW_PASSWORD: 'next' }
    expect(await vaultdb(folder, ['passwd'], { env })).toMatchObject({ status: 0 })
    expect((await vaultdb(folder, ['get', '/a'])).status).toBe(3)
    expect(await vaultdb(folder, ['get', '/a'], { env: { VAULTDB_PASSWORD: 'next' } })).toMatchObject({
      status: 0,
      out: '1\n',
    })
  })

  it('keeps its password when the new one is typed differently the second time', async () => {
    const folder = await withVault()
    expect((await vaultdb(folder, ['passwd'], { answers: ['new', 'knew'] })).status).toBe(3)
    expect((await vaultdb(folder, ['list'])).status).toBe(0)
  })

  it('is checked and measured', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['import', '-', '--format', 'json'], { stdin: '{"/a/b":1,"/c":2}' })
    const checked = await vaultdb(folder, ['check'])
    expect(checked).toMatchObject({
      status: 0,
      out: 'Read 2 documents in 2 directories and 1 shards: nothing is wrong.\n',
    })
    expect(JSON.parse((await vaultdb(folder, ['check', '--json'])).out)).toMatchObject({ documents: 2, problems: [] })
    expect((await vaultdb(folder, ['stats'])).out).toMatch(/^documents +2$/m)
    expect(JSON.parse((await vaultdb(folder, ['stats', '--json'])).out)).toMatchObject({ documents: 2, shards: 1 })
  })

  it('asks for a password only where nothing else gives one', async () => {
    const folder = await withVault()
    const file = join(folder, 'password')
    await writeFile(file, `${PASSWORD}\n`)
    await chmod(file, 0o600)
    expect(
      (await vaultdb(folder, ['list', '--password-file', 'password'], { env: { VAULTDB_PASSWORD: 'x' } })).status,
    ).toBe(0)
  })
})

describe('arguments', () => {
  it.each([
    ['--password hunter2', ['get', '/a', '--password', 'hunter2']],
    ['--password=hunter2', ['--password=hunter2', 'get', '/a']],
    ['--new-password', ['passwd', '--new-password', 'hunter2']],
    ['a value', ['put', '/a', 'hunter2']],
    ['a misspelt option', ['get', '/a', '--pasword=hunter2']],
    ['too many operands', ['get', '/a', 'hunter2']],
  ])('with %s are refused without repeating the secret', async (_name, args) => {
    const refused = await vaultdb('/', args)
    expect(refused).toMatchObject({ status: 2, out: '' })
    expect(refused.err).toMatch(/^vaultdb: /)
    expect(refused.err).not.toContain('hunter2')
  })

  it.each([[['frobnicate']], [['get']], [['list', '--wrong']], [['export', '--format', 'xml']], [[]]])(
    '%j are an error of usage',
    async (args) => {
      expect(await vaultdb('/', args)).toMatchObject({ status: 2, out: '' })
    },
  )

  it.each([
    [undefined, 'VAULTDB_STORE'],
    ['./vault', 'kind of store'],
    ['s3:bucket', 'two slashes'],
    ['webdav:bucket', 'kind of store'],
    ['file:', 'needs a folder'],
    ['file://host/x', 'file URL'],
    ['file:///srv/%00', 'needs a folder'],
  ])('name the store as %s: refused', async (store, reason) => {
    const terminal = createFakeTerminal({ env: { VAULTDB_PASSWORD: 'x' } })
    expect(await run(['list', ...(store === undefined ? [] : ['--store', store])], terminal)).toBe(2)
    expect(terminal.err()).toContain(reason)
  })

  it('may stand before or after the command', async () => {
    const folder = await withVault()
    const env = { VAULTDB_STORE: 'file:./elsewhere' }
    expect((await vaultdb(folder, ['--store', 'file:./vault', 'list'], { env })).status).toBe(0)
    expect((await vaultdb(folder, ['list', '--store', `file://${folder}/vault`], { env })).status).toBe(0)
  })

  it('ask for help and for the version', async () => {
    const help = await vaultdb('/', ['--help'])
    expect(help).toMatchObject({ status: 0, err: '' })
    expect(help.out).not.toContain('refused')
    expect((await vaultdb('/', ['get', '--help'])).out).toContain('--password-file')
    expect((await vaultdb('/', ['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('what a slip of the hand must not do', () => {
  it('keeps a password that was glued to an option out of the message', async () => {
    const folder = await withVault()
    const { status, err } = await vaultdb(folder, ['list', '-psecret123'])
    expect(status).toBe(2)
    expect(err).toContain('-p')
    expect(err).not.toContain('secret123')
  })

  it.each([
    ['\u001b[2J'],
    ['import', '\u001b]0;title\u0007.csv'],
    ['list', '--\u009b31m'],
    ['export', '--format', '\r\u202e'],
  ])('sends nothing to the terminal that would act on it: %j', async (...args) => {
    const { status, err } = await vaultdb('/', args)
    expect(status).toBe(2)
    expect(err).toMatch(/^[ -~\n]+$/)
  })

  it('exports no empty file from a directory that is not there', async () => {
    const folder = await withVault()
    const { status, err } = await vaultdb(folder, ['export', 'backup.jsonl', '--from', '/nothing/'])
    expect(status).toBe(1)
    expect(err).toContain('nothing below')
    expect(await readdir(folder)).not.toContain('backup.jsonl')
  })
})
