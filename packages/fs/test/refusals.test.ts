import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundleStore, type ChildOptions, finish, scratchFolder, startChild } from './store-for-children.ts'

const scratch = scratchFolder()
let bundle = ''
beforeAll(async () => {
  bundle = await bundleStore(scratch.path)
})
afterAll(scratch.dispose)
afterEach(() => {
  vi.restoreAllMocks()
})

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
/** Root may do anything, so what is about permissions runs as somebody else. */
const ordinary: ChildOptions = isRoot ? { uid: NOBODY } : {}

let folders = 0
function freshFolder(): string {
  const folder = join(scratch.path, `folder-${folders++}`)
  fs.mkdirSync(folder)
  if (isRoot) fs.chownSync(folder, NOBODY, NOBODY)
  return folder
}

interface Request {
  readonly kind: 'read' | 'write' | 'delete'
  readonly key?: string
  readonly bytes?: number
}
interface Answer {
  readonly code?: string
  readonly message?: string
  readonly bytes?: number | null
}

async function perform(
  folder: string,
  requests: readonly Request[],
  options: ChildOptions = {},
  umask?: number,
): Promise<Answer[]> {
  const { lines } = await finish(startChild('perform.mjs', bundle, { folder, requests, umask }, options))
  return lines.map((line) => JSON.parse(line) as Answer)
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return await promise.then(
    () => undefined,
    (error: unknown) => errorCode(error) ?? String(error),
  )
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code })
}

const WRITE: Request = { kind: 'write', bytes: 10_000 }
const READ: Request = { kind: 'read' }

describe('permissions', () => {
  test('files are 0600 and folders 0700, whatever the umask', async () => {
    const folder = join(freshFolder(), 'made', 'vault')
    await perform(folder, [WRITE, WRITE, { ...WRITE, key: 'shards/A' }], ordinary, 0)
    const modes = new Set<string>()
    for (const entry of fs.readdirSync(join(folder, '..'), { recursive: true, withFileTypes: true })) {
      const mode = fs.statSync(join(entry.parentPath, entry.name)).mode & 0o777
      modes.add(`${entry.isDirectory() ? 'folder' : 'file'} ${mode.toString(8)}`)
    }
    expect(modes).toEqual(new Set(['folder 700', 'file 600']))
  })

  test('a folder that may not be written to: ERR_UNAUTHORIZED, and reads go on', async () => {
    const folder = freshFolder()
    await perform(folder, [WRITE], ordinary)
    const paths = [folder, join(folder, 'vault.blob')]
    for (const path of paths) fs.chmodSync(path, 0o500)
    const answers = await perform(folder, [READ, WRITE, { kind: 'delete' }, { ...WRITE, key: 'other' }, READ], ordinary)
    expect(answers.map(({ code, bytes }) => code ?? bytes)).toEqual([
      10_000,
      'ERR_UNAUTHORIZED',
      'ERR_UNAUTHORIZED',
      'ERR_CONFLICT',
      10_000,
    ])
    const [creation] = await perform(folder, [{ ...WRITE, key: 'other' }], ordinary)
    expect(creation?.code).toBe('ERR_UNAUTHORIZED')
    expect(creation?.message).toContain(folder)
    for (const path of paths) fs.chmodSync(path, 0o700) // so that it can be removed
  })

  test('a folder that may not be read: ERR_UNAUTHORIZED, never absence', async () => {
    const folder = freshFolder()
    await perform(folder, [WRITE], ordinary)
    fs.chmodSync(join(folder, 'vault.blob'), 0o000)
    expect((await perform(folder, [READ], ordinary))[0]?.code).toBe('ERR_UNAUTHORIZED')
    fs.chmodSync(folder, 0o000)
    expect((await perform(folder, [READ], ordinary))[0]?.code).toBe('ERR_UNAUTHORIZED')
    for (const path of [folder, join(folder, 'vault.blob')]) fs.chmodSync(path, 0o700)
  })
})

/** Runs a child among mounts of its own, where this account may make them; `null` elsewhere. */
async function performMounted(
  commands: string,
  folder: string,
  requests: readonly Request[],
): Promise<Answer[] | null> {
  const wrapper = isRoot ? ['unshare', '--mount'] : ['unshare', '--user', '--map-root-user', '--mount']
  const [command = '', ...rest] = wrapper
  if (spawnSync(command, [...rest, 'sh', '-c', commands, 'sh'], { stdio: 'ignore' }).status !== 0) return null
  return await perform(folder, requests, { before: commands, wrapper })
}

describe('the disk', () => {
  test('a full disk: ERR_QUOTA, nothing lost, and no remains that fill it', async () => {
    const folder = freshFolder()
    const big: Request = { kind: 'write', bytes: 700_000 }
    const answers = await performMounted(`mount -t tmpfs -o size=1m none '${folder}'`, folder, [
      big,
      big,
      READ,
      WRITE,
      READ,
      big,
      READ,
    ])
    const results = answers?.map(({ code, bytes }) => code ?? bytes ?? 'done')
    // Where no file system can be mounted, the error mapping below and the limit of a file's length stand in.
    if (results !== undefined) expect(results).toEqual(['done', 'ERR_QUOTA', 700_000, 'done', 10_000, 'done', 700_000])
    const store = createFileStore(join(folder, 'vault'))
    const version = await store.write('vault', new Uint8Array(100), null)
    vi.spyOn(fs, 'writeSync')
      .mockImplementationOnce(() => 50)
      .mockImplementationOnce(() => {
        throw systemError('ENOSPC')
      })
    expect(await codeOf(store.write('vault', new Uint8Array(200), version))).toBe('ERR_QUOTA')
    expect(await store.read('vault')).toEqual({ data: new Uint8Array(100), version })
    expect(fs.readdirSync(join(folder, 'vault', 'vault.blob'))).toHaveLength(2)
  })

  test('a read-only file system: ERR_UNAUTHORIZED', async () => {
    const folder = freshFolder()
    await perform(folder, [WRITE])
    const commands = `mount --bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`
    const answers = await performMounted(commands, folder, [READ, WRITE, READ])
    if (answers !== null)
      expect(answers.map(({ code, bytes }) => code ?? bytes)).toEqual([10_000, 'ERR_UNAUTHORIZED', 10_000])
    vi.spyOn(fs, 'mkdirSync').mockImplementation(() => {
      throw systemError('EROFS')
    })
    expect(await codeOf(createFileStore(join(folder, 'new')).write('vault', new Uint8Array(1), null))).toBe(
      'ERR_UNAUTHORIZED',
    )
  })

  test('a file longer than the process may write: ERR_TOO_LARGE, nothing lost', async () => {
    const folder = freshFolder()
    const answers = await perform(folder, [WRITE, { kind: 'write', bytes: 600_000 }, READ], { before: 'ulimit -f 64' })
    expect(answers.map(({ code, bytes }) => code ?? bytes ?? 'done')).toEqual(['done', 'ERR_TOO_LARGE', 10_000])
    expect(fs.readdirSync(join(folder, 'vault.blob'))).toHaveLength(2)
  })

  test.each([
    ['openSync', 'ENOSPC', 'ERR_QUOTA'],
    ['writeSync', 'EDQUOT', 'ERR_QUOTA'],
    ['renameSync', 'ENOSPC', 'ERR_QUOTA'],
    ['renameSync', 'EACCES', 'ERR_UNAUTHORIZED'],
    ['openSync', 'EMFILE', 'ERR_UNAVAILABLE'],
    ['writeSync', 'EIO', 'ERR_UNAVAILABLE'],
    ['readdirSync', 'EIO', 'ERR_UNAVAILABLE'],
  ] as const)('%s fails with %s: %s, and the old version stays', async (call, code, expected) => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    const version = await store.write('vault', new Uint8Array(10), null)
    vi.spyOn(fs, call).mockImplementationOnce(() => {
      throw systemError(code)
    })
    expect(await codeOf(store.write('vault', new Uint8Array(20), version))).toBe(expected)
    expect(await store.read('vault')).toEqual({ data: new Uint8Array(10), version })
    expect(fs.readdirSync(join(folder, 'vault.blob'))).toHaveLength(2)
  })

  test('a rename whose outcome the system leaves open: ERR_UNAVAILABLE, and the content stays in case it happened', async () => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    const version = await store.write('vault', new Uint8Array(10), null)
    const rename = fs.renameSync
    vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      rename(from, to)
      throw systemError('EIO')
    })
    expect(await codeOf(store.write('vault', new Uint8Array(20), version))).toBe('ERR_UNAVAILABLE')
    expect(await store.read('vault')).toMatchObject({ data: new Uint8Array(20) })
  })

  test('a rename that the system repeated after its answer was lost counts as done', async () => {
    const store = createFileStore(freshFolder())
    const version = await store.write('vault', new Uint8Array(10), null)
    const rename = fs.renameSync
    vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      rename(from, to)
      throw systemError('ENOENT')
    })
    const next = await store.write('vault', new Uint8Array(20), version)
    expect(await store.read('vault')).toEqual({ data: new Uint8Array(20), version: next })
  })

  test('an fsync of the file that fails: not acknowledged, the old version stays; of the folder: may be applied', async () => {
    const store = createFileStore(freshFolder())
    const version = await store.write('vault', new Uint8Array(10), null)
    const next = await store.write('vault', new Uint8Array(11), version)
    const failing: typeof fs.fsync = Object.assign(
      (_: number, done: fs.NoParamCallback) => done(systemError('ENOSPC')),
      fs.fsync,
    )
    const sync = vi.spyOn(fs, 'fsync').mockImplementationOnce(failing)
    expect(await codeOf(store.write('vault', new Uint8Array(20), next))).toBe('ERR_QUOTA')
    expect(await store.read('vault')).toMatchObject({ version: next })
    sync.mockRestore()
    let calls = 0
    const real = fs.fsync
    vi.spyOn(fs, 'fsync').mockImplementation(
      Object.assign(
        (fd: number, done: fs.NoParamCallback) => (++calls === 2 ? failing(fd, done) : real(fd, done)),
        real,
      ),
    )
    expect(await codeOf(store.write('vault', new Uint8Array(30), next))).toBe('ERR_UNAVAILABLE')
    expect(await store.read('vault')).toMatchObject({ data: new Uint8Array(30) })
  })
})

describe('the wrong thing in the place', () => {
  test('a file where the folder should be: ERR_UNSUPPORTED for reads, writes and listings', async () => {
    const file = join(freshFolder(), 'file')
    fs.writeFileSync(file, 'mine')
    for (const store of [createFileStore(file), createFileStore(join(file, 'below'))]) {
      expect(await codeOf(store.read('vault'))).toBe('ERR_UNSUPPORTED')
      expect(await codeOf(store.write('vault', new Uint8Array(1), null))).toBe('ERR_UNSUPPORTED')
      expect(await codeOf(store.list('')[Symbol.asyncIterator]().next())).toBe('ERR_UNSUPPORTED')
    }
    expect(fs.readFileSync(file, 'utf8')).toBe('mine')
  })

  test('a place in which no folder can be made is refused, and does not keep the process busy for ever', async () => {
    // In a process of its own: what this is about is a system call that never came back. Elsewhere than on Linux there is no
    // /proc, and an ordinary account may not make it.
    const [answer] = await perform('/proc/vaultdb/vault', [WRITE], ordinary)
    expect(['ERR_UNSUPPORTED', 'ERR_UNAUTHORIZED']).toContain(answer?.code)
  })

  test('a link, a pipe or a folder planted for a content is not read: ERR_UNSUPPORTED', async () => {
    const folder = freshFolder()
    const store = createFileStore(folder)
    const version = await store.write('vault', new Uint8Array(10), null)
    const content = join(folder, 'vault.blob', version)
    const secret = join(folder, 'elsewhere')
    fs.renameSync(content, secret)
    fs.symlinkSync(secret, content)
    expect(await codeOf(store.read('vault'))).toBe('ERR_UNSUPPORTED')
    fs.unlinkSync(content)
    expect(spawnSync('mkfifo', [content]).status).toBe(0)
    expect(await codeOf(store.read('vault'))).toBe('ERR_UNSUPPORTED')
    fs.unlinkSync(content)
    fs.mkdirSync(content)
    expect(await codeOf(store.read('vault'))).toBe('ERR_UNSUPPORTED')
  })

  test("somebody else's files in a key's folder: ERR_UNSUPPORTED, and they stay", async () => {
    const folder = freshFolder()
    fs.mkdirSync(join(folder, 'vault.blob'))
    fs.writeFileSync(join(folder, 'vault.blob', 'notes.txt'), 'mine')
    const store = createFileStore(folder)
    expect(await store.read('vault')).toBeNull()
    expect(await codeOf(store.write('vault', new Uint8Array(1), null))).toBe('ERR_UNSUPPORTED')
    expect(fs.readdirSync(folder, { recursive: true }).map(String).sort()).toEqual([
      'vault.blob',
      join('vault.blob', 'notes.txt'),
    ])
  })

  test('a head or a content that is missing is never absence: ERR_UNAVAILABLE', async () => {
    for (const missing of [/^head/, /^1\./]) {
      const folder = freshFolder()
      const store = createFileStore(folder)
      await store.write('vault', new Uint8Array(1), null)
      const names = fs.readdirSync(join(folder, 'vault.blob'))
      fs.unlinkSync(join(folder, 'vault.blob', names.find((name) => missing.test(name)) ?? ''))
      expect(await codeOf(store.read('vault'))).toBe('ERR_UNAVAILABLE')
      if (missing.source.includes('head'))
        expect(await codeOf(store.write('vault', new Uint8Array(1), null))).toBe('ERR_UNAVAILABLE')
    }
  })
})
