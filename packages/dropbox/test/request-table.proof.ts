import { createDropboxStore } from '@vaultdb/dropbox'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Materials, prepareMaterials } from '../../simulation/src/materials.ts'
import { type CountedPlace, openSpecimen, putSpecimen, REQUEST_ROWS } from '../../simulation/test/request-table.ts'

let materials: Materials
let dropbox: DropboxEmulator
let places = 0

beforeAll(async () => {
  materials = await prepareMaterials()
  dropbox = await startDropboxEmulator()
}, 120_000)
afterAll(() => dropbox.close())

/** A copy of a specimen in an account of its own. */
async function copyOf(name: 'small' | 'large'): Promise<CountedPlace> {
  places += 1
  const accessToken = dropbox.issueToken({ account: String(places) })
  const open = () => createDropboxStore({ accessToken, fetch: dropbox.fetch })
  await putSpecimen(materials[name], open())
  return { open: async () => open(), requests: () => dropbox.requests.length }
}

test.each(REQUEST_ROWS)('$operation', async (row) => {
  const requests = await row.measure(await copyOf(row.specimen), materials)
  expect(requests).toBeGreaterThan(0)
  expect(requests).toBeLessThanOrEqual(row.limit(materials[row.specimen].shards))
})

test('two writers of different documents of one file: one retry for each real conflict', async () => {
  const UPDATES = 20
  const place = await copyOf('large')
  const clients = [await openSpecimen(await place.open()), await openSpecimen(await place.open())] as const
  const { paths } = materials.site
  await Promise.all(clients.map((db, index) => db.get(paths[index] as string)))
  const before = dropbox.requests.length
  await Promise.all(
    clients.map(async (db, index) => {
      for (let update = 1; update <= UPDATES; update++) await db.put(paths[index] as string, { update })
    }),
  )
  const sent = dropbox.requests.slice(before).map(({ route, answer }) => `${route} ${answer}`)
  const count = (wanted: string): number => sent.filter((each) => each === wanted).length
  const conflicts = count('files/upload 409')
  expect(count('files/upload 200')).toBe(2 * UPDATES)
  expect(conflicts).toBeLessThanOrEqual(2 * UPDATES)
  expect(sent.length).toBeLessThanOrEqual(2 * UPDATES + 2 * conflicts)
  expect(await clients[0].get(paths[1] as string)).toEqual({ update: UPDATES })
  await Promise.all(clients.map((db) => db.close()))
})
