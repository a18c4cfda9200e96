import { expect, test } from 'vitest'
import { createMemoryStore, VaultDB, withMetrics } from '@vaultdb/core'

const key = new Uint8Array(32).fill(7)

test('smoke', async () => {
  const store = withMetrics(createMemoryStore())
  const db = await VaultDB.create(store, { key, shardBytes: 4096 })
  await db.put('/a/b/c', { x: 1 })
  expect(await db.get('/a/b/c')).toEqual({ x: 1 })
  expect(await db.list('/')).toEqual(['a/'])
  expect(await db.update('/a/b/c', (d: any) => ({ ...d, y: 2 }))).toEqual({ x: 1, y: 2 })
  await db.write(Array.from({ length: 500 }, (_, i) => ({ put: `/l/s${i % 50}/d${i}`, value: { i, pad: 'x'.repeat(100) } })))
  expect((await db.find('/').toArray()).length).toBe(501)
  const other = await VaultDB.open(store, { key })
  expect((await other.find('/').toArray()).length).toBe(501)
  expect(await other.get('/l/s3/d3')).toMatchObject({ i: 3 })
  for (let i = 0; i < 50; i++) await other.put(`/n/${i}/x`, { i, pad: 'y'.repeat(300) })
  expect(await db.prune('/l/')).toBe(500)
  expect(await db.list('/')).toEqual(['a/', 'n/'])
  expect(await other.remove('/a/b/c')).toBe(true)
  expect(await other.list('/')).toEqual(['n/'])
  await other.close()
  await db.close()
  console.log(store.metrics())
})
