import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isBase64Url, utf8 } from '../../src/bytes.ts'
import { newWriteId } from '../../src/crypto/write-id.ts'
import { createRuntime, type Runtime } from '../../src/runtime.ts'
import { bytesFrom } from '../format/deterministic.ts'

/** Two clones of one machine: the same random bytes over and over. */
const cloned: Runtime = { ...createRuntime(), now: () => 5, monotonicMs: () => 7, randomBytes: (n) => bytesFrom(0, n) }

describe('a write id', () => {
  it('is 8 bytes', () => {
    expect(isBase64Url(newWriteId(createRuntime(), utf8('base'), utf8('change')), 8)).toBe(true)
  })

  it('is the beginning of an HMAC over its label, the clocks, the base and the change', () => {
    const clocks = Buffer.alloc(16)
    clocks.writeDoubleBE(5, 0)
    clocks.writeDoubleBE(7, 8)
    const mac = createHmac('sha256', bytesFrom(0, 32)).update('vaultdb/1 write\0').update(clocks)
    const expected = mac.update('\0\0\0\x04base').update('change').digest().subarray(0, 8)
    expect(newWriteId(cloned, utf8('base'), utf8('change'))).toBe(expected.toString('base64url'))
  })

  it('differs with base, change and time though the random bytes repeat', () => {
    const ids = [
      newWriteId(cloned, utf8('base'), utf8('change')),
      newWriteId(cloned, utf8('basec'), utf8('hange')),
      newWriteId(cloned, utf8('base'), utf8('other')),
      newWriteId(cloned, utf8('other'), utf8('change')),
      newWriteId({ ...cloned, now: () => 6 }, utf8('base'), utf8('change')),
      newWriteId({ ...cloned, monotonicMs: () => 8 }, utf8('base'), utf8('change')),
      newWriteId({ ...cloned, randomBytes: (n) => bytesFrom(1, n) }, utf8('base'), utf8('change')),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })
})
