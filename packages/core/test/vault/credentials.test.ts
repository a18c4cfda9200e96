import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import type { KdfOptions } from '../../src/crypto/kdf.ts'
import type { CryptoContext } from '../../src/crypto/seal.ts'
import type { RootHeader, Slot } from '../../src/format/model.ts'
import { checkSecret, createSlot, type Secret, unlock } from '../../src/vault/credentials.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { createQuickRuntime } from './quick-runtime.ts'

const IDS = { vault: toBase64Url(bytesFrom(0, 16)), key: toBase64Url(bytesFrom(0, 8)) }
const ROOT_SECRET = bytesFrom(100, 32)
const key = (fill: number): Secret => checkSecret({ key: new Uint8Array(32).fill(fill) })
const password = (text: string): Secret => checkSecret({ password: text })

function setUp() {
  const runtime = createQuickRuntime()
  const context: CryptoContext = { runtime, allowInsecureContext: false }
  const slotFor = (secret: Secret, kdf?: KdfOptions): Promise<Slot> =>
    createSlot(context, IDS, secret, ROOT_SECRET, kdf)
  const open = (slots: readonly Slot[], secret: Secret, ids: Pick<RootHeader, 'vault' | 'key'> = IDS) =>
    unlock(context, { ...ids, slots }, secret)
  return { runtime, slotFor, open }
}

describe('what a caller offers', () => {
  test.each<readonly [string, object]>([
    ['nothing', {}],
    ['nothing but undefined', { password: undefined, key: undefined }],
    ['both', { password: 'p', key: new Uint8Array(32) }],
  ])('%s is a TypeError', (_what, offered) => {
    expect(() => checkSecret(offered)).toThrow(/^Give either/)
    expect(() => checkSecret(offered)).toThrow(TypeError)
  })

  test.each([null, 5, new Uint8Array(32), ['p']])('the password %s is a TypeError', (offered) => {
    expect(() => checkSecret({ password: offered })).toThrow(TypeError)
    expect(() => checkSecret({ password: offered })).toThrow(/must be a string/)
  })

  test.each([null, 'k'.repeat(32), Array(32).fill(1), new Uint8Array(31), new Uint8Array(33), new ArrayBuffer(32)])(
    'the key %s is a TypeError',
    (offered) => {
      expect(() => checkSecret({ key: offered })).toThrow(TypeError)
      expect(() => checkSecret({ key: offered })).toThrow(/of 32 bytes/)
    },
  )

  test('a key is copied: what the caller does to it afterwards changes nothing', () => {
    const given = Buffer.alloc(32, 7)
    const secret = checkSecret({ key: given })
    given.fill(0)
    expect(secret).toEqual({ kind: 'key', bytes: new Uint8Array(32).fill(7) })
  })

  test('a password is its canonical bytes, whichever way it was typed', () => {
    expect(password('caf\u00e9')).toEqual(password('cafe\u0301'))
    expect(password('cafe').kind).toBe('password')
  })
})

describe('slots', () => {
  test('a key slot opens with its key, and gives back what it holds', async () => {
    const { slotFor, open } = setUp()
    const slot = await slotFor(key(1))
    expect(slot).toMatchObject({ kind: 'key', id: expect.stringMatching(/^[\w-]{11}$/) })
    expect(await open([slot], key(1))).toEqual({ slot, rootSecret: ROOT_SECRET })
  })

  test('a password slot opens with its password, derived as the slot says', async () => {
    const { runtime, slotFor, open } = setUp()
    const slot = await slotFor(password('secret'), { name: 'argon2id', memoryKiB: 65_536, passes: 2, parallelism: 1 })
    expect(slot).toMatchObject({ kind: 'password', kdf: { name: 'argon2id', m: 65_536, t: 2, p: 1 } })
    expect(await open([slot], password('secret'))).toEqual({ slot, rootSecret: ROOT_SECRET })
    expect(runtime.derivations).toHaveLength(2)
    expect(runtime.derivations[1]).toEqual(runtime.derivations[0])
    expect(runtime.derivations[0]).toMatchObject({ memoryKiB: 65_536, passes: 2, parallelism: 1 })
  })

  test('no two slots have one id, and none opens beside another vault or root key', async () => {
    const { slotFor, open } = setUp()
    const [slot, other] = [await slotFor(key(1)), await slotFor(key(1))]
    expect(slot.id).not.toBe(other.id)
    const elsewhere = { ...IDS, vault: toBase64Url(bytesFrom(1, 16)) }
    await expect(open([slot], key(1), elsewhere)).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
    const rotated = { ...IDS, key: toBase64Url(bytesFrom(1, 8)) }
    await expect(open([slot], key(1), rotated)).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
  })

  test('each slot of the offered kind is tried, in order, up to the one that opens; others are not', async () => {
    const { runtime, slotFor, open } = setUp()
    const slots = [
      await slotFor(key(1)),
      await slotFor(password('first')),
      await slotFor(key(2)),
      await slotFor(password('second')),
      await slotFor(password('third')),
    ]
    const made = runtime.derivations.length
    expect((await open(slots, password('second'))).slot).toBe(slots[3])
    expect(runtime.derivations).toHaveLength(made + 2)
    expect((await open(slots, key(2))).slot).toBe(slots[2])
    expect(runtime.derivations).toHaveLength(made + 2)
  })

  test('what opens none is ERR_CREDENTIALS, and the message says what to try', async () => {
    const { slotFor, open } = setUp()
    const [byKey, byPassword] = [await slotFor(key(1)), await slotFor(password('right'))]
    const cases: readonly (readonly [Slot, Secret, RegExp])[] = [
      [byKey, key(2), /^The key does not open/],
      [byPassword, password('wrong'), /^The password does not open/],
      [byPassword, key(1), /no key slot: open it with its password/],
      [byKey, password('right'), /no password slot: open it with its key/],
    ]
    for (const [slot, secret, message] of cases) {
      const opening = open([slot], secret)
      await expect(opening).rejects.toMatchObject({ code: 'ERR_CREDENTIALS', message: expect.stringMatching(message) })
    }
  })

  test('parameters out of bounds are refused before anything is derived, and do not keep a key from opening', async () => {
    const { runtime, slotFor, open } = setUp()
    const modest = await slotFor(password('right'))
    if (modest.kind !== 'password') throw new Error('A password makes a password slot.')
    const greedy: Slot = { ...modest, kdf: { name: 'argon2id', m: 1_048_576, t: 5, p: 1, salt: modest.kdf.salt } }
    const byKey = await slotFor(key(1))
    const made = runtime.derivations.length
    const slots = [modest, greedy, byKey]
    await expect(open(slots, password('right'))).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    expect(runtime.derivations).toHaveLength(made)
    expect((await open(slots, key(1))).slot).toBe(byKey)
  })
})
