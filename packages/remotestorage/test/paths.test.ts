import { expect, test } from 'vitest'
import { toFolder } from '../src/paths.ts'

test.each([
  ['notes', '/notes/'],
  ['/notes/vault/', '/notes/vault/'],
  ['notes/a.b-c_9', '/notes/a.b-c_9/'],
  ['notes/my vault', '/notes/my%20vault/'],
  ["notes/it's (mine)!*~", '/notes/it%27s%20%28mine%29%21%2A%7E/'],
  ['notes/50%', '/notes/50%25/'],
  ['notes/ä?#', '/notes/%C3%A4%3F%23/'],
  ['notes/public', '/notes/public/'],
])('%s is the folder %s', (path, folder) => {
  expect(toFolder(path)).toBe(folder)
  expect(new URL(`https://storage.example${folder}vault`).pathname).toBe(`${folder}vault`)
})
