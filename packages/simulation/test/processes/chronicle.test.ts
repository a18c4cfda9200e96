import { expect, test } from 'vitest'
import { Chronicle } from '../../src/processes/chronicle.ts'
import type { JournalLine } from '../../src/processes/journal.ts'
import type { Answer, Operation } from '../../src/processes/operation.ts'

const UNIVERSE = ['/a/one', '/a/two']

const begin = (process: number, number: number, operation: Operation, task: number | null = null): JournalLine => ({
  event: 'begin',
  process,
  number,
  operation,
  task,
})
const end = (process: number, number: number, answer: Answer): JournalLine => ({
  event: 'end',
  process,
  number,
  answer,
})
const dead = (process: number): JournalLine => ({ event: 'dead', process })
const fail = (process: number, number: number, applied: string): JournalLine => ({
  event: 'fail',
  process,
  number,
  failure: { code: 'ERR_UNAVAILABLE', message: '', applied, results: null },
})

const PUT: Operation = { kind: 'put', path: '/a/one' }
const GET: Operation = { kind: 'get', path: '/a/one' }
const UPDATE: Operation = { kind: 'update', path: '/a/one' }
const REMOVE: Operation = { kind: 'remove', path: '/a/one' }
const FIND: Operation = { kind: 'find', directory: '/a/' }
const LIST: Operation = { kind: 'list', directory: '/' }

/** What the chronicle says of these lines, and of what is stored then. */
function judge(lines: readonly JournalLine[], stored: Readonly<Record<string, string>>): string | null {
  const chronicle = new Chronicle(UNIVERSE)
  for (const line of lines) chronicle.take(line)
  chronicle.observe(new Map(Object.entries(stored)))
  return chronicle.contradiction()
}

const WRONG = /No order of the operations explains the history of \/a\/one/

test('what was acknowledged must be stored', () => {
  const lines = [begin(1, 1, PUT), end(1, 1, true)]
  expect(judge(lines, { '/a/one': '1.1' })).toBeNull()
  expect(judge(lines, {})).toMatch(WRONG)
})

test('an update must be there once', () => {
  const lines = [begin(1, 1, UPDATE), end(1, 1, '1.1')]
  expect(judge(lines, { '/a/one': '1.1' })).toBeNull()
  expect(judge(lines, { '/a/one': '1.1 1.1' })).toMatch(WRONG)
})

test('an update of one process may not be lost to one of another', () => {
  const lines = [begin(1, 1, UPDATE), begin(2, 1, UPDATE), end(1, 1, '1.1'), end(2, 1, '1.1 2.1')]
  expect(judge(lines, { '/a/one': '1.1 2.1' })).toBeNull()
  const lost = [begin(1, 1, UPDATE), begin(2, 1, UPDATE), end(1, 1, '1.1'), end(2, 1, '2.1')]
  expect(judge(lost, { '/a/one': '2.1' })).toMatch(WRONG)
})

test('an operation that a process was killed in is there whole or not at all', () => {
  const lines = [begin(1, 1, PUT), dead(1)]
  expect(judge(lines, { '/a/one': '1.1' })).toBeNull()
  expect(judge(lines, {})).toBeNull()
  expect(judge(lines, { '/a/one': 'damaged: {}' })).toMatch(WRONG)
})

test('an operation that a process was killed in does not come about once it was seen not to', () => {
  const chronicle = new Chronicle(UNIVERSE)
  for (const line of [begin(1, 1, PUT), dead(1)]) chronicle.take(line)
  chronicle.observe(new Map())
  expect(chronicle.fatesOfInterrupted()).toEqual({ applied: 0, notApplied: 1 })
  chronicle.startAnew()
  chronicle.observe(new Map([['/a/one', '1.1']]))
  expect(chronicle.contradiction()).toMatch(WRONG)
})

test('an operation that stands still may come about after others were judged', () => {
  const chronicle = new Chronicle(UNIVERSE)
  chronicle.take(begin(1, 1, PUT))
  chronicle.observe(new Map())
  chronicle.startAnew()
  chronicle.take(end(1, 1, true))
  chronicle.observe(new Map([['/a/one', '1.1']]))
  expect(chronicle.contradiction()).toBeNull()
})

test('a read that stands still may answer what was there before others were judged', () => {
  const chronicle = new Chronicle(UNIVERSE)
  for (const line of [begin(2, 1, GET), begin(1, 1, PUT), end(1, 1, true)]) chronicle.take(line)
  chronicle.observe(new Map([['/a/one', '1.1']]))
  chronicle.startAnew()
  chronicle.take(end(2, 1, null))
  expect(chronicle.contradiction()).toBeNull()
})

test('what failed without effect is not stored; what failed otherwise may be', () => {
  expect(judge([begin(1, 1, PUT), fail(1, 1, 'no')], { '/a/one': '1.1' })).toMatch(WRONG)
  expect(judge([begin(1, 1, PUT), fail(1, 1, 'unknown')], { '/a/one': '1.1' })).toBeNull()
  expect(judge([begin(1, 1, PUT), fail(1, 1, 'unknown')], {})).toBeNull()
})

test('a read may not see what was replaced before it began', () => {
  const put = [begin(1, 1, PUT), end(1, 1, true)]
  expect(judge([...put, begin(2, 1, GET), end(2, 1, null)], { '/a/one': '1.1' })).toMatch(WRONG)
  expect(judge([begin(2, 1, GET), ...put, end(2, 1, null)], { '/a/one': '1.1' })).toBeNull()
})

test('a listing lacks no document that is there, and names none that is not', () => {
  const put = [begin(1, 1, PUT), end(1, 1, true)]
  expect(judge([...put, begin(2, 1, FIND), end(2, 1, [])], { '/a/one': '1.1' })).toMatch(WRONG)
  expect(judge([...put, begin(2, 1, LIST), end(2, 1, [])], { '/a/one': '1.1' })).toMatch(WRONG)
  expect(judge([begin(2, 1, FIND), end(2, 1, ['/a/one'])], {})).toMatch(WRONG)
  // A directory may be listed that has just become empty.
  expect(judge([begin(2, 1, LIST), end(2, 1, ['a/'])], {})).toBeNull()
})

test('a removal that answers "was there" has found it', () => {
  expect(judge([begin(1, 1, REMOVE), end(1, 1, true)], {})).toMatch(WRONG)
  expect(judge([begin(1, 1, REMOVE), end(1, 1, false)], {})).toBeNull()
})

test('a read in a task may be as old as the task, but not older than a write of the task', () => {
  const task: JournalLine = { event: 'task', process: 2, task: 1 }
  const put = [begin(1, 1, PUT), end(1, 1, true)]
  expect(judge([task, ...put, begin(2, 1, GET, 1), end(2, 1, null)], { '/a/one': '1.1' })).toBeNull()
  expect(judge([...put, task, begin(2, 1, GET, 1), end(2, 1, null)], { '/a/one': '1.1' })).toMatch(WRONG)
  const own = [task, begin(2, 1, PUT, 1), end(2, 1, true), begin(2, 2, REMOVE, 1), end(2, 2, false)]
  expect(judge(own, { '/a/one': '2.1' })).toMatch(WRONG)
})

test('a bulk that failed in part counts by its parts', () => {
  const bulk: Operation = { kind: 'write', put: ['/a/one', '/a/two'], remove: [] }
  const results = ['created', { applied: 'no' }]
  const failure = { code: 'ERR_CONTENTION', message: '', applied: 'some', results }
  const lines: JournalLine[] = [begin(1, 1, bulk), { event: 'fail', process: 1, number: 1, failure }]
  expect(judge(lines, { '/a/one': '1.1' })).toBeNull()
  expect(judge(lines, {})).toMatch(WRONG)
  expect(judge(lines, { '/a/one': '1.1', '/a/two': '1.1' })).toMatch(/the history of \/a\/two/)
})
