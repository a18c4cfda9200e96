import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../src/base64.ts'

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 167 + length) & 255)

test('every length comes back, with the platform’s own encoder as judge', () => {
  for (const length of [...Array(300).keys(), 8191, 8192, 8193, 100_000]) {
    const text = toBase64(bytes(length))
    expect(text).toBe(Buffer.from(bytes(length)).toString('base64'))
    expect(fromBase64(text)).toEqual(bytes(length))
  }
})

test('only one spelling of each value is read', () => {
  for (const text of ['A', 'AA', 'AA=', 'AAA', 'A===', 'AB==', 'AAB=', 'AAAA\n', ' AAAA', 'AA-_', 'AAAA====', 'é']) {
    expect(fromBase64(text), JSON.stringify(text)).toBe(null)
  }
})
