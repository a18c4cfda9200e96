import { describe, expect, it } from 'vitest'
import { escapeName, escapeText } from '../src/escape.ts'
import { parseJson } from '../src/json.ts'
import { createProgress } from '../src/progress.ts'
import { drawTree, treeOf } from '../src/tree.ts'
import { createFakeTerminal } from './fake-terminal.ts'

describe('names on a terminal', () => {
  it('cannot act on it', () => {
    expect(escapeName('a\u001b[2Jb\r\n\u0085\u202ecod\u200b\ud800')).toBe(
      'a\\u001b[2Jb\\u000d\\u000a\\u0085\\u202ecod\\u200b\\ud800',
    )
  })

  it('stay as they are in every language', () => {
    const name = 'Bücher/東京/مكتبة/😀👍🏽'
    expect(escapeName(name)).toBe(name)
  })

  it('keep line feeds and tabs only in text', () => {
    expect(escapeText('a\n\tb\u001b')).toBe('a\n\tb\\u001b')
  })
})

describe('a tree', () => {
  it('shows directories and documents, also a document and a directory of one name', () => {
    const root = treeOf('/x/', ['/x/b', '/x/b/c/d', '/x/b/e', '/x/a\n'])
    expect(drawTree(root)).toBe('/x/\n├── a\\u000a\n├── b\n└── b/\n    ├── c/\n    │   └── d\n    └── e\n')
    expect(root).toMatchObject({ name: '/x/', children: [{ name: 'a\n' }, { name: 'b' }, { name: 'b/' }] })
  })
})

describe('a progress bar', () => {
  const work = (stderrIsTerminal: boolean, tickMs: number) => {
    const terminal = createFakeTerminal({ stderrIsTerminal, tickMs })
    const display = createProgress(terminal)
    for (const done of [1, 2, 3]) display.report({ phase: 'write', done, total: 3 })
    display.stop()
    return terminal.bars
  }

  it('appears once the work has lasted a second, on a terminal', () => {
    expect(work(true, 400)).toEqual(['start Writing 3', '3/3', 'stop'])
  })

  it('stays away from short work and from files', () => {
    expect(work(true, 100)).toEqual([])
    expect(work(false, 5000)).toEqual([])
  })
})

describe('an error in JSON', () => {
  it.each(['{"a": hunter2}', 'hunter2', '{"a": "hunter2', '{"hunter2"', '"\\hunter2"'])(
    'tells the place of %j and not the text',
    (text) => {
      expect(() => parseJson(text)).toThrow(/^not JSON: .*column \d+$/)
      expect(() => parseJson(text)).not.toThrow('hunter2')
    },
  )
})
