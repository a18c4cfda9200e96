import { describe, expect, it } from 'vitest'
import { equalBytes, toBase64Url, toHex, utf8 } from '../../src/bytes.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { type CryptoContext, SEAL_OVERHEAD_BYTES, SealError, seal, unseal } from '../../src/crypto/seal.ts'
import { shardHeader } from '../../src/format/header.ts'
import { createRuntime, type Runtime } from '../../src/runtime.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { flipBit } from '../format/tamper.ts'
import { recordedSubtle } from './recorded-subtle.ts'

const platform = createRuntime()
const { aes256Gcm: _, ...withoutNative } = platform
const { subtle: __, ...withoutSubtle } = withoutNative
const native: CryptoContext = { runtime: platform, allowInsecureContext: false }
const webCrypto: CryptoContext = { runtime: withoutNative, allowInsecureContext: false }
const inJavaScript: CryptoContext = { runtime: withoutSubtle, allowInsecureContext: true }

const key = bytesFrom(0x00, 32)
const header = shardHeader(toBase64Url(bytesFrom(0, 16)), '0', toBase64Url(bytesFrom(0, 8)))
const hello = utf8('hello')

function withRandom(runtime: Runtime, random: Uint8Array<ArrayBuffer>): Runtime {
  return { ...runtime, randomBytes: () => random }
}

async function reasonOf(opened: Promise<unknown>): Promise<string> {
  const error = await opened.then(
    () => new Error('opened'),
    (thrown: unknown) => thrown,
  )
  return error instanceof SealError ? error.reason : String(error)
}

describe.each([
  ['the platform', native],
  ['WebCrypto', webCrypto],
  ['JavaScript', inJavaScript],
])('sealing with %s', (_name, context) => {
  it('gives the known answer of docs/format.md', async () => {
    const runtime = withRandom(context.runtime, bytesFrom(0x20, 32))
    const file = await seal({ ...context, runtime }, key, 'shard', header, hello)
    expect(toHex(sha256(platform, file))).toBe('29a4265b2a65ee341e8fe9946832a5af7a679970d86fc17bafcb58a1367ceeeb')
  })

  it.each([native, webCrypto, inJavaScript])('is opened by every implementation (%#)', async (reader) => {
    const file = await seal(context, key, 'slot', header, hello)
    expect(await unseal(reader, key, 'slot', header, file.subarray(header.length))).toEqual(hello)
  })

  it('adds as many bytes as it says, to an empty body, too', async () => {
    const file = await seal(context, key, 'shard', header, new Uint8Array(0))
    expect(file.length).toBe(header.length + SEAL_OVERHEAD_BYTES)
    expect(await unseal(context, key, 'shard', header, file.subarray(header.length))).toEqual(new Uint8Array(0))
  })

  it('tells a wrong key, label or header from damage', async () => {
    const file = await seal(context, key, 'shard', header, hello)
    const sealed = file.subarray(header.length)
    const damaged = sealed.slice()
    damaged[64] = (damaged[64] as number) ^ 1
    expect(await reasonOf(unseal(context, bytesFrom(1, 32), 'shard', header, sealed))).toBe('commitment')
    expect(await reasonOf(unseal(context, key, 'root', header, sealed))).toBe('commitment')
    expect(await reasonOf(unseal(context, key, 'shard', utf8('x'), sealed))).toBe('commitment')
    expect(await reasonOf(unseal(context, key, 'shard', header, damaged))).toBe('tag')
    expect(await reasonOf(unseal(context, key, 'shard', header, sealed.subarray(0, 79)))).toBe('short')
  })
})

describe('sealing', () => {
  it('leaves the work to WebCrypto where there is one, whose key nobody can take out again', async () => {
    const { subtle, calls } = recordedSubtle()
    const context = { ...webCrypto, runtime: { ...withoutNative, subtle } }
    const file = await seal(context, key, 'shard', header, hello)
    await unseal(context, key, 'shard', header, file.subarray(header.length))
    expect(calls.map(([name]) => name)).toEqual(['importKey', 'encrypt', 'importKey', 'decrypt'])
    for (const [, , , , extractable] of calls.filter(([name]) => name === 'importKey')) expect(extractable).toBe(false)
  })

  it('leaves the work to an AES-256-GCM of the runtime, before WebCrypto', async () => {
    const directions: string[] = []
    const aes256Gcm: Runtime['aes256Gcm'] = (direction, ...inputs) => {
      directions.push(direction)
      return platform.aes256Gcm?.(direction, ...inputs) as Uint8Array
    }
    const { subtle, calls } = recordedSubtle()
    const context = { ...native, runtime: { ...platform, subtle, aes256Gcm } }
    const file = await seal(context, key, 'shard', header, hello)
    await unseal(context, key, 'shard', header, file.subarray(header.length))
    expect(directions).toEqual(['encrypt', 'decrypt'])
    expect(calls).toEqual([])
  })

  it('needs no WebCrypto where the runtime has an AES-256-GCM of its own', async () => {
    const { subtle: _, ...runtime } = platform
    const context = { runtime, allowInsecureContext: false }
    const file = await seal(context, key, 'shard', header, hello)
    expect(await unseal(context, key, 'shard', header, file.subarray(header.length))).toEqual(hello)
  })

  it('keeps what the platform said of a damaged file', async () => {
    const file = await seal(webCrypto, key, 'shard', header, hello)
    const opened = unseal(webCrypto, key, 'shard', header, flipBit(file.subarray(header.length), 8 * 64))
    await expect(opened).rejects.toMatchObject({ name: 'SealError', cause: expect.any(Error) })
  })

  it('uses different keys for different content even when the random generator repeats itself', async () => {
    const context = { ...webCrypto, runtime: withRandom(platform, bytesFrom(0, 32)) }
    const salts = await Promise.all(
      [hello, utf8('hallo')].map(async (body) =>
        (await seal(context, key, 'shard', header, body)).slice(header.length, header.length + 32),
      ),
    )
    expect(equalBytes(salts[0] as Uint8Array, salts[1] as Uint8Array)).toBe(false)
  })

  it('refuses to work without WebCrypto unless told to', async () => {
    const context = { runtime: withoutSubtle, allowInsecureContext: false }
    const file = await seal(webCrypto, key, 'shard', header, hello)
    const refusal = { code: 'ERR_UNSUPPORTED', message: expect.stringContaining('allowInsecureContext') }
    await expect(seal(context, key, 'shard', header, hello)).rejects.toMatchObject(refusal)
    await expect(unseal(context, key, 'shard', header, file.subarray(header.length))).rejects.toMatchObject(refusal)
  })
})
