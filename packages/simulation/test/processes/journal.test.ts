import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { appendLine, type JournalLine, JournalReader } from '../../src/processes/journal.ts'

const scratch = mkdtempSync(join(tmpdir(), 'vaultdb-journal-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('lines come in the order in which they were appended, whoever appended them; a torn one does not count', () => {
  const path = join(scratch, 'journal')
  const writers = [openSync(path, 'a'), openSync(path, 'a')]
  const reader = new JournalReader(path)
  const lines: JournalLine[] = Array.from({ length: 6 }, (_, number) => ({
    event: 'end',
    process: number % 2,
    number,
    answer: 'x',
  }))
  for (const line of lines.slice(0, 3)) appendLine(writers[line.process] as number, line)
  expect(reader.next()).toEqual(lines.slice(0, 3))
  expect(reader.next()).toEqual([])
  // Killed in the middle of a line, which is its last one.
  appendFileSync(path, '\n{"event":"end","proc')
  expect(reader.next()).toEqual([])
  for (const line of lines.slice(3)) appendLine(writers[line.process] as number, line)
  expect(reader.next()).toEqual(lines.slice(3))
  for (const writer of writers) closeSync(writer)
})
