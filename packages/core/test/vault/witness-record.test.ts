import type { WitnessRecord } from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { checkRecord, mergeRecords, type SeenFile } from '../../src/vault/witness-record.ts'
import { bytesFrom } from '../format/deterministic.ts'

const VAULT = toBase64Url(bytesFrom(0, 16))
const seen = (seq: number, fill = seq): SeenFile => ({ seq, hash: toBase64Url(new Uint8Array(32).fill(fill)) })

describe('what a witness loaded', () => {
  test.each<readonly [string, WitnessRecord | null]>([
    ['nothing', null],
    ['a vault without files', { vault: VAULT, files: {} }],
    ['files', { vault: VAULT, files: { vault: seen(1), 'shards/0': seen(Number.MAX_SAFE_INTEGER, 9) } }],
  ])('%s is taken as it is', (_what, record) => {
    expect(checkRecord(record)).toBe(record)
  })

  test.each<readonly [string, unknown]>([
    ['nothing that was said', undefined],
    ['text', VAULT],
    ['a list', []],
    ['a list with the properties of a record', Object.assign([], { vault: VAULT, files: {} })],
    ['no vault', { files: {} }],
    ['an id of 15 bytes', { vault: toBase64Url(bytesFrom(0, 15)), files: {} }],
    ['an id of 17 bytes', { vault: toBase64Url(bytesFrom(0, 17)), files: {} }],
    ['an id that is no base64url', { vault: '*'.repeat(22), files: {} }],
    ['an id that is no text', { vault: bytesFrom(0, 16), files: {} }],
    ['no files', { vault: VAULT }],
    ['files that are nothing', { vault: VAULT, files: null }],
    ['a list of files', { vault: VAULT, files: [seen(1)] }],
    ['a file without a state', { vault: VAULT, files: { vault: null } }],
    ['a file whose state is a list', { vault: VAULT, files: { vault: Object.assign([], seen(1)) } }],
    ['one good file and one without a counter', { vault: VAULT, files: { vault: seen(1), a: { hash: seen(1).hash } } }],
    ['a counter of 0', { vault: VAULT, files: { vault: seen(0) } }],
    ['a counter below 0', { vault: VAULT, files: { vault: { ...seen(1), seq: -1 } } }],
    ['a counter with a fraction', { vault: VAULT, files: { vault: { ...seen(1), seq: 1.5 } } }],
    ['a counter beyond exact numbers', { vault: VAULT, files: { vault: { ...seen(1), seq: 2 ** 53 } } }],
    ['a counter that is text', { vault: VAULT, files: { vault: { ...seen(1), seq: '1' } } }],
    ['no hash', { vault: VAULT, files: { vault: { seq: 1 } } }],
    ['a hash of 31 bytes', { vault: VAULT, files: { vault: { seq: 1, hash: toBase64Url(bytesFrom(0, 31)) } } }],
  ])('%s is refused: taken for an empty memory it would believe anything', (_what, record) => {
    expect(() => checkRecord(record as WitnessRecord)).toThrow(TypeError)
    expect(() => checkRecord(record as WitnessRecord)).toThrow(/^The witness loaded something/)
  })
})

describe('two records of one vault', () => {
  const own: WitnessRecord = { vault: VAULT, files: { a: seen(2), b: seen(5), c: seen(1) } }

  test('together know the later state of each file', () => {
    const saved: WitnessRecord = { vault: VAULT, files: { a: seen(3), b: seen(4), d: seen(7) } }
    expect(mergeRecords(saved, own)).toEqual({
      vault: VAULT,
      files: { a: seen(3), b: seen(5), c: seen(1), d: seen(7) },
    })
  })

  test('that disagree on one state keep what was seen last', () => {
    const saved: WitnessRecord = { vault: VAULT, files: { a: seen(2, 99) } }
    expect(mergeRecords(saved, own).files.a).toEqual(seen(2))
  })

  test('of which one was never saved are the other', () => {
    expect(mergeRecords(null, own)).toEqual(own)
  })
})
