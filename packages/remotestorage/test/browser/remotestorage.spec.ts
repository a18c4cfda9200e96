import { expect, type Page, test } from '@playwright/test'
import { blobStoreConformance } from '@vaultdb/core/testing'
import type { Site } from '../../../browsers/site/serve-files.ts'
import { servePage } from '../../../browsers/site/serve-page.ts'
import { Armadietto } from '../server/armadietto.ts'
import { type ScriptedServer, scriptedServer } from '../server/scripted.ts'
import type { Tasks } from './page/page.ts'

/** The page runs its own scripts only, and sends requests to this machine's servers. */
const POLICY = "default-src 'self'; connect-src http://127.0.0.1:* http://localhost:*"

let server: Armadietto
let site: Site
test.beforeAll(async () => {
  server = await Armadietto.start()
  site = await servePage([new URL('page/page.ts', import.meta.url)], POLICY)
})
test.afterAll(async () => {
  await site.close()
  await server.stop()
})

/** Does a task in a page of the site. */
async function run<Name extends keyof Tasks>(
  page: Page,
  name: Name,
  ...args: Parameters<Tasks[Name]>
): Promise<unknown> {
  return await page.evaluate(
    ([task, given]) => {
      const { tasks } = globalThis as unknown as { tasks: Record<string, (...all: unknown[]) => unknown> }
      return tasks[task]?.(...given)
    },
    [name, args] as const,
  )
}

test.beforeEach(async ({ page }) => {
  await page.goto(site.origin)
  await page.waitForFunction('globalThis.tasks')
})

/** Each request has a preflight of its own here, and these send hundreds; what they show was shown in Node. */
const LONG = ['200 files', 'racing']

const applicable = blobStoreConformance.filter(
  ({ name, requires = [] }) =>
    !requires.includes('atomicReads') &&
    !requires.includes('maxBlobBytes') &&
    !LONG.some((word) => name.includes(word)),
)

test('conformance', async ({ page }) => {
  expect(applicable.length).toBeGreaterThan(30)
  const running = applicable.map(async ({ name }) => {
    await run(page, 'conformance', await server.newUser(), name)
  })
  const outcomes = await Promise.allSettled(running)
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${applicable[index]?.name}: ${outcome.reason}`] : [],
  )
  expect(failed).toEqual([])
})

test('of racing creators exactly one wins', async ({ page }) => {
  await run(page, 'conformance', await server.newUser(), 'of racing creators exactly one wins')
})

test('a whole life of a vault', async ({ page }) => {
  await run(page, 'scenario', await server.newUser())
})

test("an app's own object, whose session is in the page's storage", async ({ page }) => {
  await run(page, 'app', await server.newUser())
})

test("a user's address", async ({ page }) => {
  const { href, userAddress, tokens } = server
  await run(page, 'address', { href, userAddress, token: tokens.readWrite })
})

test('a token that is not valid', async ({ page }) => {
  const codes = await run(page, 'failures', { href: server.href, token: 'unknownT0ken' })
  expect(codes).toEqual(['ERR_UNAUTHORIZED', 'ERR_UNAUTHORIZED'])
})

test('a browser that is offline sends nothing until it is online again', async ({ page, context }) => {
  const account = { href: server.href, token: server.tokens.readWrite }
  await server.takeRequests()
  await context.setOffline(true)
  expect(await run(page, 'online', account)).toBe('ERR_UNAVAILABLE')
  let isAnswered = false
  const reading = run(page, 'whenOnline', account).finally(() => {
    isAnswered = true
  })
  expect(await run(page, 'online', account)).toBe('ERR_UNAVAILABLE') // sent later, answered before
  expect(isAnswered).toBe(false)
  expect(await server.takeRequests()).toEqual([])
  await context.setOffline(false)
  expect(await reading).toBeNull()
  expect(await run(page, 'online', account)).toBe('none')
})

test.describe('servers that set things up badly', () => {
  let scripted: ScriptedServer
  test.beforeEach(async () => {
    scripted = await scriptedServer()
  })
  test.afterEach(() => scripted.close())

  const CORS = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, PUT, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match, If-None-Match',
  }
  const cases: readonly (readonly [name: string, status: number, headers: Record<string, string>, codes: string[]])[] =
    [
      ['hide the ETag', 200, { ...CORS, ETag: '"1"' }, ['ERR_UNSUPPORTED', 'ERR_UNAVAILABLE']],
      ['redirect', 302, { ...CORS, Location: '/elsewhere' }, ['ERR_UNAVAILABLE', 'ERR_UNAVAILABLE']],
      ['allow no other site', 200, { ETag: '"1"' }, ['ERR_UNAVAILABLE', 'ERR_UNAVAILABLE']],
    ]
  for (const [name, status, headers, codes] of cases) {
    test(name, async ({ page }) => {
      scripted.answer = ({ method }, response) =>
        void response.writeHead(method === 'OPTIONS' ? 204 : status, headers).end()
      expect(await run(page, 'failures', { href: scripted.href, token: 'T0ken' })).toEqual(codes)
      expect(scripted.requests.filter((request) => request.includes('elsewhere'))).toEqual([])
    })
  }
})
