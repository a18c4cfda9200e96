import { describe, expect, it } from 'vitest'
import { commentExamples, examplesIn, moduleOf, promisedOutput } from '../doc-examples.mjs'

describe('finding examples', () => {
  it('joins continued blocks and keeps others apart', () => {
    const text = '# Title\n```ts\na\n```\n```ts continues\nb\n```\n```js\nc\n```\n```ts no-run\nd\n```\n'
    const found = examplesIn(text, { file: 'x.md' })
    expect(found.map(({ code, line, runs }) => ({ code, line, runs }))).toEqual([
      { code: 'a\n\nb\n', line: 2, runs: true },
      { code: 'd\n', line: 11, runs: false },
    ])
  })

  it('refuses unknown marks and a continuation of nothing', () => {
    expect(() => examplesIn('```ts norun\n```\n', { file: 'x.md' })).toThrow('x.md:1 Unknown mark')
    expect(() => examplesIn('```ts continues\n```\n', { file: 'x.md' })).toThrow('no example before')
  })

  it('reads doc comments and completes them', () => {
    const source = 'const a = 1\n/**\n * Text.\n *\n * @example\n * ```ts\n * await db.put("/a", 1)\n * ```\n */\n'
    const [example] = commentExamples(source, 'x.ts')
    expect(example).toMatchObject({ line: 6, code: 'await db.put("/a", 1)\n', isComment: true })
    const names = new Map([['core', ['VaultDB', 'createMemoryStore', 'joinPath']]])
    expect(example && moduleOf(example, names).split('\n').slice(0, 4)).toEqual([
      `import { VaultDB, createMemoryStore } from 'core'`,
      'const store = createMemoryStore()',
      'const db = await VaultDB.openOrCreate(store, { key: new Uint8Array(32) })',
      'await db.put("/a", 1)',
    ])
  })

  it('leaves names alone that the example declares itself', () => {
    const source = '/**\n * ```ts\n * const db = await VaultDB.open(mine, { password })\n * ```\n */'
    const [example] = commentExamples(source, 'x.ts')
    const names = new Map([['core', ['VaultDB']]])
    expect(example && moduleOf(example, names)).toMatch(
      /^import \{ VaultDB \} from 'core'\nconst password = .*\nconst db = await/,
    )
  })

  it('knows what an example promises to print', () => {
    expect(promisedOutput('console.log(1) // 1\nconsole.log(2)\n  console.log(f(3)) // [ 3 ]\n')).toEqual([
      '1',
      '[ 3 ]',
    ])
  })
})
