import { hkdfSync, pbkdf2Sync, scryptSync } from 'node:crypto'
import { argon2id as nobleArgon2id } from '@noble/hashes/argon2.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { fromHex, toBase64Url, toHex, utf8 } from '../../src/bytes.ts'
import {
  assertKdfBounds,
  deriveKek,
  derivePasswordKey,
  deriveRootKey,
  encodePassword,
  type KdfOptions,
  kdfOptionsOf,
  newKdfParameters,
} from '../../src/crypto/kdf.ts'
import type { KdfParameters } from '../../src/crypto/kdf-bounds.ts'
import { type Argon2idInput, createRuntime, type Runtime } from '../../src/runtime.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { recordedSubtle } from './recorded-subtle.ts'

const { argon2id: _, ...runtime } = createRuntime()
const { subtle: __, ...withoutSubtle } = runtime
const salt = toBase64Url(bytesFrom(0, 16))
const password = utf8('correct horse')

const argon2id = (m: number, t: number, p: number): KdfParameters => ({ name: 'argon2id', m, t, p, salt })
const scryptOf = (N: number, r: number, p: number): KdfParameters => ({ name: 'scrypt', N, r, p, salt })
const pbkdf2Of = (c: number): KdfParameters => ({ name: 'pbkdf2-sha256', c, salt })

/** An Argon2id that somebody injects: another way to call the same function, or a broken one. */
function injected(compute: (input: Argon2idInput) => Uint8Array): { runtime: Runtime; calls: Argon2idInput[] } {
  const calls: Argon2idInput[] = []
  return {
    calls,
    runtime: {
      ...runtime,
      argon2id(input) {
        calls.push(input)
        return compute(input)
      },
    },
  }
}

const honest = ({
  password,
  salt,
  memoryKiB: m,
  passes: t,
  parallelism: p,
  length: dkLen,
}: Argon2idInput): Uint8Array => nobleArgon2id(password, salt, { m, t, p, dkLen })

describe('the primitives', () => {
  it('Argon2id gives the value of RFC 9106, section 5.3', () => {
    const options = { m: 32, t: 3, p: 4, dkLen: 32, key: bytesOf(3, 8), personalization: bytesOf(4, 12) }
    expect(toHex(nobleArgon2id(bytesOf(1, 32), bytesOf(2, 16), options))).toBe(
      '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
    )
  })

  it('scrypt gives the second value of RFC 7914, section 12', () => {
    expect(toHex(scrypt('password', 'NaCl', { N: 1024, r: 8, p: 16, dkLen: 64 }))).toBe(
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    )
  })

  it('PBKDF2 gives the first value of RFC 7914, section 11', () => {
    expect(toHex(pbkdf2(sha256, 'passwd', 'salt', { c: 1, dkLen: 64 }))).toBe(
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    )
  })
})

function bytesOf(value: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

describe('derivePasswordKey', () => {
  it('computes PBKDF2 as another implementation does, with WebCrypto and without', async () => {
    const expected = pbkdf2Sync(password, bytesFrom(0, 16), 1_000, 32, 'sha256').toString('hex')
    expect(toHex(await derivePasswordKey(runtime, password, pbkdf2Of(1_000)))).toBe(expected)
    expect(toHex(await derivePasswordKey(withoutSubtle, password, pbkdf2Of(1_000)))).toBe(expected)
  })

  it('leaves PBKDF2 to WebCrypto, which is many times faster, where there is one', async () => {
    const { subtle, calls } = recordedSubtle()
    await derivePasswordKey({ ...runtime, subtle }, password, pbkdf2Of(1_000))
    expect(calls.map(([name]) => name)).toEqual(['importKey', 'deriveBits'])
  })

  it('computes scrypt as another implementation does', async () => {
    const expected = scryptSync(password, bytesFrom(0, 16), 32, { N: 1024, r: 8, p: 2 }).toString('hex')
    expect(toHex(await derivePasswordKey(runtime, password, scryptOf(1024, 8, 2)))).toBe(expected)
  })

  it('computes Argon2id in JavaScript where the platform has none', async () => {
    const expected = nobleArgon2id(password, bytesFrom(0, 16), { m: 64, t: 2, p: 2, dkLen: 32 })
    expect(await derivePasswordKey(runtime, password, argon2id(64, 2, 2))).toEqual(expected)
  })

  it('uses an injected Argon2id once it has computed the known answer, which it is asked for once', async () => {
    const { runtime: fast, calls } = injected(honest)
    const expected = await derivePasswordKey(runtime, password, argon2id(64, 2, 2))
    expect(await derivePasswordKey(fast, password, argon2id(64, 2, 2))).toEqual(expected)
    expect(await derivePasswordKey(fast, password, argon2id(64, 2, 2))).toEqual(expected)
    expect(calls.map(({ memoryKiB }) => memoryKiB)).toEqual([256, 64, 64])
  })

  it.each([
    ['ignores the lanes', (input: Argon2idInput) => honest({ ...input, parallelism: 1 })],
    ['ignores the passes', (input: Argon2idInput) => honest({ ...input, passes: 1 })],
    ['returns zeros', ({ length }: Argon2idInput) => new Uint8Array(length)],
    ['returns too little', (input: Argon2idInput) => honest(input).subarray(0, 16)],
    [
      'throws',
      () => {
        throw new Error('no memory')
      },
    ],
  ])('refuses an injected Argon2id that %s', async (_name, compute) => {
    const { runtime: broken, calls } = injected(compute)
    await expect(derivePasswordKey(broken, password, argon2id(64, 2, 2))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
    expect(calls.every(({ password }) => toHex(password) === toHex(utf8('password')))).toBe(true)
  })

  it('tells what an injected Argon2id threw', async () => {
    const cause = new Error('no memory')
    const { runtime: broken } = injected(() => {
      throw cause
    })
    await expect(derivePasswordKey(broken, password, argon2id(64, 2, 2))).rejects.toMatchObject({ cause })
  })

  it('refuses a key of another length from an injected Argon2id that computes the known answer', async () => {
    const { runtime: broken } = injected((input) => honest(input).subarray(0, input.memoryKiB === 256 ? 32 : 16))
    await expect(derivePasswordKey(broken, password, argon2id(64, 2, 2))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('length'),
    })
  })
})

describe('keys from secrets', () => {
  it('differ by kind, and from the root key', () => {
    const secret = bytesFrom(0, 32)
    const keys = [deriveKek(secret, 'password'), deriveKek(secret, 'key'), deriveRootKey(secret)].map(toHex)
    expect(new Set(keys).size).toBe(3)
    expect(keys.every((key) => key.length === 64)).toBe(true)
  })

  it('are HKDF over the labels that docs/format.md gives them', () => {
    const secret = bytesFrom(0, 32)
    const expected = (info: string): string =>
      Buffer.from(hkdfSync('sha256', secret, '', `vaultdb/1 ${info}`, 32)).toString('hex')
    expect(toHex(deriveKek(secret, 'password'))).toBe(expected('kek\0password'))
    expect(toHex(deriveKek(secret, 'key'))).toBe(expected('kek\0key'))
    expect(toHex(deriveRootKey(secret))).toBe(expected('root\0'))
  })
})

describe('newKdfParameters', () => {
  it('has the second recommendation of RFC 9106 as its default, and a new salt each time', () => {
    const made = newKdfParameters(runtime)
    expect(made).toMatchObject({ name: 'argon2id', m: 65_536, t: 3, p: 4 })
    expect(fromHex(toHex(new Uint8Array(Buffer.from(made.salt, 'base64url')))).length).toBe(16)
    expect(newKdfParameters(runtime).salt).not.toBe(made.salt)
  })

  it.each<[KdfOptions, object]>([
    [
      { name: 'argon2id', memoryKiB: 19_456, passes: 2, parallelism: 1 },
      { m: 19_456, t: 2, p: 1 },
    ],
    [{ name: 'scrypt' }, { N: 131_072, r: 8, p: 1 }],
    [
      { name: 'scrypt', N: 2 ** 13, p: 10 },
      { N: 8_192, r: 8, p: 10 },
    ],
    [
      { name: 'scrypt', N: 2 ** 20 },
      { N: 2 ** 20, r: 8, p: 1 },
    ],
    [
      { name: 'scrypt', p: 16 },
      { N: 131_072, r: 8, p: 16 },
    ],
    [{ name: 'pbkdf2-sha256' }, { c: 600_000 }],
  ])('takes %j', (options, expected) => {
    expect(newKdfParameters(runtime, options)).toMatchObject(expected)
  })

  it('takes the default for an option that is undefined', () => {
    const options = {
      name: 'argon2id',
      memoryKiB: undefined,
      passes: undefined,
      parallelism: 1,
    } as unknown as KdfOptions
    expect(newKdfParameters(runtime, options)).toMatchObject({ m: 65_536, t: 3, p: 1 })
  })

  it.each<KdfOptions>([
    { name: 'argon2id', memoryKiB: 7_167, passes: 100 },
    { name: 'argon2id', memoryKiB: 19_455, passes: 2 },
    { name: 'argon2id', passes: 0 },
    { name: 'argon2id', passes: 3.5 },
    { name: 'argon2id', passes: 100 },
    { name: 'argon2id', parallelism: 17 },
    { name: 'argon2id', memoryKiB: 2 ** 31 },
    { name: 'argon2id', memoryKiB: 2 ** 20 + 1, passes: 1 },
    { name: 'argon2id', memoryKiB: 65_536.5 },
    { name: 'scrypt', N: 131_073 },
    { name: 'scrypt', p: 1.5 },
    { name: 'scrypt', p: 17 },
    { name: 'scrypt', N: 65_536 },
    { name: 'scrypt', r: 7 },
    { name: 'scrypt', N: 2 ** 24 },
    { name: 'scrypt', N: 2 ** 20, r: 16 },
    { name: 'pbkdf2-sha256', iterations: 599_999 },
    { name: 'pbkdf2-sha256', iterations: 2 ** 31 },
    { name: 'pbkdf2-sha256', iterations: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => newKdfParameters(runtime, options)).toThrow(RangeError)
  })

  it.each([null, '65536', 65_536n, Symbol('many'), {}])('refuses what is no number: %s', (memoryKiB) => {
    expect(() => newKdfParameters(runtime, { name: 'argon2id', memoryKiB } as unknown as KdfOptions)).toThrow(
      RangeError,
    )
  })

  it('says what the bounds are', () => {
    expect(() => newKdfParameters(runtime, { name: 'scrypt', r: 7 })).toThrow('(N,r,p) from (131072,8,1) or')
    expect(() => newKdfParameters(runtime, { name: 'pbkdf2-sha256', iterations: 1 })).toThrow(
      '(iterations) from (600000) to (10485760)',
    )
  })

  it.each([
    [{ name: 'argon2id', memory: 65_536 }, 'kdf has no option "memory": it takes `name`, `memoryKiB`, `passes`'],
    [{ name: 'scrypt', iterations: 1 }, 'no option "iterations"'],
    [{ name: 'bcrypt' }, 'kdf must be an object with a name'],
    [{}, 'kdf must be an object with a name'],
    [null, 'kdf must be an object'],
    ['scrypt', 'kdf must be an object'],
  ])('takes %j for a mistake in the program', (options, message) => {
    const create = () => newKdfParameters(runtime, options as KdfOptions)
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })
})

describe('kdfOptionsOf', () => {
  it.each([argon2id(19_456, 2, 1), scryptOf(2 ** 14, 16, 5), pbkdf2Of(700_000)])('gives %j again', (parameters) => {
    const { salt: _, ...cost } = parameters
    expect(newKdfParameters(runtime, kdfOptionsOf(parameters))).toMatchObject(cost)
  })
})

describe('assertKdfBounds', () => {
  const codeOf = (...parameters: KdfParameters[]): string | undefined => {
    try {
      assertKdfBounds(parameters)
      return undefined
    } catch (error) {
      return (error as { code?: string }).code
    }
  }

  it('takes 16 slots of the default cost of each kind', () => {
    expect(codeOf(...Array<KdfParameters>(16).fill(argon2id(65_536, 3, 4)))).toBeUndefined()
    expect(codeOf(...Array<KdfParameters>(16).fill(scryptOf(131_072, 8, 1)))).toBeUndefined()
    expect(codeOf(...Array<KdfParameters>(16).fill(pbkdf2Of(600_000)))).toBeUndefined()
  })

  it('adds up the cost of all slots, of whatever kind', () => {
    const half = argon2id(2 ** 20, 2, 4)
    expect(codeOf(half, half)).toBeUndefined()
    expect(codeOf(half, half, argon2id(7_168, 5, 1))).toBe('ERR_CORRUPT')
    expect(codeOf(half, scryptOf(2 ** 20, 8, 1), pbkdf2Of(600_000))).toBe('ERR_CORRUPT')
    expect(codeOf(pbkdf2Of(9_000_000))).toBeUndefined()
    expect(codeOf(pbkdf2Of(9_000_000), pbkdf2Of(9_000_000))).toBe('ERR_CORRUPT')
  })

  it.each([
    argon2id(2 ** 31, 3, 4),
    argon2id(65_536, 2 ** 31, 4),
    argon2id(65_536, 3, 2 ** 31),
    argon2id(1_024, 3, 4),
    scryptOf(2 ** 31, 8, 1),
    scryptOf(2 ** 17, 2 ** 31, 1),
    scryptOf(2 ** 17, 8, 2 ** 31),
    scryptOf(1_024, 8, 1),
    scryptOf(100_000, 8, 2),
    pbkdf2Of(2 ** 31),
    pbkdf2Of(1_000),
  ])('refuses stored parameters beyond reason: %j', (parameters) => {
    expect(codeOf(parameters)).toBe('ERR_CORRUPT')
  })
})

describe('encodePassword', () => {
  it('makes one password of all spellings that look the same', () => {
    expect(encodePassword('\u00e9\ufb01')).toEqual(utf8('e\u0301fi'))
    expect(encodePassword('\u212b')).toEqual(encodePassword('A\u030a'))
  })

  it('trims nothing', () => {
    expect(encodePassword(' a\n')).toEqual(utf8(' a\n'))
  })

  it('takes up to 1,024 bytes', () => {
    expect(encodePassword('a'.repeat(1_024)).length).toBe(1_024)
    expect(() => encodePassword('a'.repeat(1_025))).toThrow(RangeError)
    expect(() => encodePassword('\ufdfa'.repeat(60))).toThrow(RangeError) // one character that NFKD makes 18 of
  })

  it.each(['', '\ud800', 'a\udc00b'])('refuses %j', (text) => {
    expect(() => encodePassword(text)).toThrow(RangeError)
  })

  it.each([undefined, null, 5, new Uint8Array(4)])('takes %j for a mistake in the program', (value) => {
    const encode = () => encodePassword(value as unknown as string)
    expect(encode).toThrow(TypeError)
    expect(encode).toThrow('must be a string')
  })

  it('does not repeat the password in its messages', () => {
    try {
      encodePassword(`s3cret${'x'.repeat(2_000)}`)
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('s3cret')
    }
  })
})
