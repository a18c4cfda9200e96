import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRouter, FIRST_KEY } from '../../src/crypto/router.ts'
import { bytesFrom } from '../format/deterministic.ts'

const routingKey = bytesFrom(0x40, 32)
const half = (label: string, text: string): string =>
  createHmac('sha256', routingKey).update(`vaultdb/1 ${label}\0${text}`).digest('hex').slice(0, 16)

const segment = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' })

describe('routing', () => {
  it('puts the half of the directory before the half of the path', () => {
    const router = createRouter(routingKey)
    fc.assert(
      fc.property(segment, segment, (directory, name) => {
        const path = `/${directory}/`
        expect(router.keyOf(path, name)).toBe(half('dir', path) + half('item', path + name))
      }),
    )
  })

  it('begins the key space with the top level', () => {
    const router = createRouter(routingKey)
    expect(router.keyOf('/', 'bob/')).toBe(FIRST_KEY.slice(16) + half('item', '/bob/'))
    expect(router.rangeOf('/')).toEqual({ first: FIRST_KEY, last: `${'0'.repeat(16)}${'f'.repeat(16)}` })
  })

  it('holds all items of a directory within its range', () => {
    const router = createRouter(routingKey)
    fc.assert(
      fc.property(segment, segment, (directory, name) => {
        const { first, last } = router.rangeOf(`/${directory}/`)
        const key = router.keyOf(`/${directory}/`, name)
        expect(first <= key && key <= last).toBe(true)
        expect(first.slice(0, 16)).toBe(last.slice(0, 16))
      }),
    )
  })

  it('gives the same key again after more keys than it remembers', () => {
    const router = createRouter(routingKey)
    const first = router.keyOf('/bob/', 'notes')
    for (let index = 0; index <= 50_000; index++) router.keyOf('/bob/', `n${index}`)
    expect(router.keyOf('/bob/', 'notes')).toBe(first)
    expect(router.keyOf('/bob/', 'n49999')).toBe(half('dir', '/bob/') + half('item', '/bob/n49999'))
  })

  it('depends on the key', () => {
    expect(createRouter(bytesFrom(0, 32)).keyOf('/a/', 'b')).not.toBe(createRouter(routingKey).keyOf('/a/', 'b'))
  })
})
