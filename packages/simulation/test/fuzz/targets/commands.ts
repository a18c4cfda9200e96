import { Readable } from 'node:stream'
import { type BrowserCsvEntry, loginsAtPaths, readBrowserCsv } from '../../../../cli/src/csv.ts'
import { CommandError, EXIT } from '../../../../cli/src/exit-codes.ts'
import { JsonError, parseJson } from '../../../../cli/src/json.ts'
import { run } from '../../../../cli/src/program.ts'
import { parseLocation } from '../../../../cli/src/stores/location.ts'
import { browserCsv } from '../../../../cli/src/transfer/browser-csv.ts'
import type { ImportRow, TransferFormat } from '../../../../cli/src/transfer/format.ts'
import { jsonLines } from '../../../../cli/src/transfer/json-lines.ts'
import { jsonObject } from '../../../../cli/src/transfer/json-object.ts'
import { createFakeTerminal, type FakeTerminal } from '../../../../cli/test/fake-terminal.ts'
import { utf8 } from '../../../../core/src/bytes.ts'
import { mutateBytes, oddText } from '../../../src/fuzz/byte-mutations.ts'
import { isShortest, readStrictly, type Spelled } from '../../../src/fuzz/strict-json.ts'
import { type FuzzTarget, promise } from '../../../src/fuzz/target.ts'
import type { SeededRandom } from '../../../src/seeded-random.ts'
import { isDocumentPath } from '../format-rules.ts'
import { exactly } from './exactly.ts'
import { jsonNear, textFrom } from './files.ts'

const CSVS = [
  'name,url,username,password,note\r\nMail,https://mail.example,bob,s3cret,\r\n"a ""b""",,"x, y",p,"two\r\nlines"\r\n',
  '"url","username","password","httpRealm","formActionOrigin","guid"\n"https://a.example","u","p","","","{1}"\n',
  'Title,URL,Username,Password,Notes,OTPAuth\nx,https://x.example:8443/p?q#f,u,p,n,otpauth://totp\n',
  'url,password\n,p\n"unclosed,p\na"b,p\n""x,p\nu,p,more\n',
  'url,password\rhttp://[::1],p\r\rhttp://a,\r',
].map(utf8)

const IN_UTF16 = CSVS.map((bytes) => new Uint8Array(Buffer.from(`\ufeff${Buffer.from(bytes)}`, 'utf16le')))

/** What a problem may be; none of them quotes the file. */
const REASONS =
  /^(no row was read: |the file is empty$|a quote |the row is not CSV$|the password is missing$|\d+ columns instead of \d+$|the column \d+ (holds a NUL character|is longer than \d+ characters)$)/

const fieldsOf = ({ name, url, username, password, note }: BrowserCsvEntry) => ({ name, url, username, password, note })

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* each<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items
}

const csv: FuzzTarget = {
  name: 'csv',
  weight: 12,
  generate: (random) => mutateBytes(random, random.pick(random.below(6) === 0 ? IN_UTF16 : CSVS), CSVS),
  judge: async (input) => {
    const { entries, problems } = readBrowserCsv(input)
    const lines = [...entries, ...problems].map(({ line }) => line)
    promise(
      lines.every((line) => line >= 1 && line <= input.length + 1),
      'a row on a line that does not exist',
    )
    for (const list of [entries, problems]) {
      promise(
        list.every(({ line }, at) => at === 0 || line > (list[at - 1]?.line ?? 0)),
        'rows out of order',
      )
    }
    promise(
      problems.every(({ reason }) => REASONS.test(reason)),
      'a reason that is not known',
    )
    promise(
      entries.every((entry) => entry.password !== ''),
      'a login without a password',
    )
    const text = textFrom(input)
    if (text !== null)
      promise(exactly(readBrowserCsv(text)) === exactly({ entries, problems }), 'text differs from bytes')
    const logins = loginsAtPaths(entries)
    promise(new Set(logins.map(({ path }) => path)).size === entries.length, 'two logins at one path')
    promise(
      logins.every(({ path }) => isDocumentPath(path)),
      'a login at a path that is none',
    )
    const written = await collect(
      browserCsv.write(each(logins.map(({ path, value }) => [path, value] as const)), () => {}),
    )
    const again = readBrowserCsv(written.join(''))
    promise(exactly(again.entries.map(fieldsOf)) === exactly(entries.map(fieldsOf)), 'logins do not come back')
    return problems.length === 0 ? 'accepted' : entries.length === 0 ? 'refused' : 'in part'
  },
}

const JSON_TEXTS = [
  '{"a": [1, -2.5e3, "x\\n", true, null], "b": {}}',
  '[12345678901234567, 1e400]',
  '{\n  "n": 9007199254740993\n}\n',
  '// comment\n{"a": 1,}',
  '"\\u00e9\\ud800"',
  '[},'.repeat(1_100),
  `${'['.repeat(1_001)}${']'.repeat(1_001)}`,
]

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let depth = 0
  // Level by level, so that this cannot overflow where the parser did not.
  for (let level: unknown[] = [value]; level.length > 0; depth++) {
    level = level.flatMap((part) =>
      Object.values(part as object).filter((below: unknown) => typeof below === 'object' && below !== null),
    )
  }
  return depth
}

function roundsInteger(spelled: Spelled): boolean {
  if (spelled.kind === 'array') return spelled.items.some(roundsInteger)
  if (spelled.kind === 'object') return spelled.members.some(([, value]) => roundsInteger(value))
  if (spelled.kind !== 'number' || !/^-?\d+$/.test(spelled.text)) return false
  return (
    !isShortest(spelled) && !Number.isSafeInteger(spelled.value) && `${BigInt(spelled.text)}` !== plain(spelled.value)
  )
}

/** A number in digits alone; infinite ones as they are called. */
function plain(value: unknown): string {
  return Number.isFinite(value) ? String(BigInt(value as number)) : String(value)
}

const valueText: FuzzTarget = {
  name: 'cli-json',
  weight: 12,
  generate: (random) => jsonNear(random, JSON_TEXTS, JSON_TEXTS.map(utf8)),
  judge: (input) => {
    const text = textFrom(input) ?? ''
    let isJson = true
    let expected: unknown
    try {
      expected = JSON.parse(text)
    } catch {
      isJson = false
    }
    let value: unknown
    try {
      value = parseJson(text)
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      promise(error.line >= 1 && error.line <= text.split('\n').length, 'an error on a line that does not exist')
      promise(
        /^(not JSON|nested too deeply|a number has more digits)/.test(error.message),
        'a message that is not known',
      )
      promise(!isJson || depthOf(expected) > 1000 || !error.message.startsWith('n'), 'JSON is refused')
      return error.message.replace(/:.*/s, '')
    }
    promise(isJson && exactly(value) === exactly(expected), 'another value than the one that stands there')
    promise(depthOf(value) <= 1000, 'nested deeper than allowed')
    if (!/\s/.test(text)) {
      const isRounded = (): boolean => roundsInteger(readStrictly(text, 1001))
      promise(repeatsName(text) || !isRounded(), 'an integer is rounded')
    }
    return 'accepted'
  },
}

/** Whether a name stands twice, which the stricter reader takes no further. */
function repeatsName(text: string): boolean {
  try {
    readStrictly(text, 1001)
    return false
  } catch {
    return true
  }
}

/** The file in pieces, cut where it hurts: in the middle of characters and lines. */
async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  const size = 1 + (bytes.length % 7) + (bytes.length >> 7)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const isDocument = (row: ImportRow): row is ImportRow & { path: string; value: unknown } => 'path' in row

function transfer(format: TransferFormat, examples: readonly string[]): FuzzTarget {
  const encoded = examples.map(utf8)
  return {
    name: `import-${format.name}`,
    weight: 8,
    generate: (random) =>
      random.below(2) === 0
        ? mutateBytes(random, random.pick(encoded), encoded)
        : jsonNear(
            random,
            examples.map((text) => text.split('\n')[0] ?? ''),
            encoded,
          ),
    judge: async (input) => {
      const rows = await collect(format.read(each([input])))
      const inOther = exactly(await collect(format.read(inPieces(input))))
      // How far a stream that is no text is read depends on where it was cut.
      promise(inOther === exactly(rows) || textFrom(input) === null, 'pieces are read in another way')
      promise(
        rows.every(({ line }) => line >= 1 && line <= input.length + 1),
        'a row on a line that does not exist',
      )
      const documents = rows.filter(isDocument)
      promise(
        documents.every(({ path, value }) => typeof path === 'string' && value !== undefined),
        'a row without a value',
      )
      const losses: string[] = []
      const text = await collect(
        format.write(each(documents.map(({ path, value }) => [path, value] as const)), (path) => losses.push(path)),
      )
      const again = (await collect(format.read(each([utf8(text.join(''))])))).filter(isDocument)
      const contents = (some: readonly { path: string; value: unknown }[]): string =>
        JSON.stringify(some.map(({ path, value }) => [path, value]))
      promise(contents(again) === contents(documents), 'documents do not come back')
      return rows.length === 0
        ? 'empty'
        : documents.length === rows.length
          ? 'accepted'
          : documents.length === 0
            ? 'refused'
            : 'in part'
    },
  }
}

const COMMANDS = 'init passwd check stats get put remove prune list tree find import export completion help'.split(' ')
const OPTIONS =
  '--store --password-file --json --field --text --edit --yes --match --format --from --force --repair --new-password-file --help --version -h -V --'.split(
    ' ',
  )
const VALUES =
  'file:./vault file: file:///x file://host/x s3:bucket /bob/notes /bob/ / x.jsonl x.json x.csv - csv jsonl bash zsh 1 ../x'.split(
    ' ',
  )
/** In a place where no argument belongs on a screen again. */
const SECRET = 'hunter2'
const SECRET_OPTIONS = '--password --new-password --pasword --passwd --pass -p --password-fil'.split(' ')

function argument(random: SeededRandom): string[] {
  switch (random.below(6)) {
    case 0:
      return [random.pick(COMMANDS)]
    case 1:
      return [random.pick(OPTIONS), random.pick(VALUES)]
    case 2:
      return [random.below(2) === 0 ? `${random.pick(OPTIONS)}=${random.pick(VALUES)}` : random.pick(OPTIONS)]
    case 3:
      return [oddText(random, 4)]
    case 4:
      if (random.below(3) > 0) return [random.pick(VALUES)]
      return [`${random.pick(SECRET_OPTIONS)}=${SECRET}`]
    default:
      return [random.pick(VALUES)]
  }
}

/** Options that take what follows them for a name, whatever it looks like. */
const NAMING = '--store --password-file --field --match --format --from --new-password-file'.split(' ')

/** Whether an argument is an option with a password behind it, and not a name that looks like one. */
function isSecretPlace(args: readonly string[], index: number): boolean {
  if (args.slice(0, index).includes('--') || NAMING.includes(args[index - 1] ?? '')) return false
  return SECRET_OPTIONS.some((option) => args[index] === `${option}=${SECRET}`)
}

/** Nobody sits here, nothing is in the environment, and the folder does not exist: no command comes further than its arguments. */
function nowhere(): FakeTerminal {
  return createFakeTerminal({ stdin: Readable.from([utf8('{"a":1}')]), directory: '/nowhere/to/be/found' })
}

const CODES = new Set<number>([EXIT.ok, EXIT.usage, EXIT.credentials, EXIT.unsupported])
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

const commandLine: FuzzTarget = {
  name: 'cli-arguments',
  weight: 8,
  generate: (random) => {
    const args = random.below(4) > 0 ? [random.pick(COMMANDS)] : []
    if (random.below(2) === 0) args.push('--store', 'file:./vault')
    for (let left = random.below(6); left > 0; left--) args.push(...argument(random))
    // An argument of a program cannot hold a NUL: here it stands between two.
    return utf8(args.map((each) => each.replaceAll('\0', '')).join('\0'))
  },
  judge: async (input) => {
    const args = new TextDecoder().decode(input).split('\0')
    const terminal = nowhere()
    const code = await run(args, terminal)
    const printed = terminal.out() + terminal.err()
    promise(CODES.has(code), `exit status ${code}: ${terminal.err().slice(0, 200)}`)
    promise((code === EXIT.ok) === (terminal.err() === ''), 'an error that says nothing, or words where there is none')
    promise(!CONTROL.test(printed), 'a control character on the terminal')
    const isElsewhere = args.some((each, index) => each.includes(SECRET) && !isSecretPlace(args, index))
    promise(isElsewhere || !printed.includes(SECRET), 'a password was printed')
    if (args.includes('--json') && code !== EXIT.ok && terminal.out() === '' && terminal.err().startsWith('{')) {
      JSON.parse(terminal.err())
    }
    return `status ${code}`
  },
}

const LOCATIONS = [
  'file:./vault',
  'file:///srv/vault',
  'file://host/vault',
  'file:%2e',
  'file:///%2F',
  'FILE:x',
  's3:b',
  '',
  'dropbox:/vaults/mine',
  `dropbox://${SECRET}@/x`,
  'remotestorage:ada@storage.example:8000/notes/vault',
  `remotestorage:ada:${SECRET}@storage.example/notes`,
  's3://bucket/prefix?endpoint=https://s3.example&region=eu',
  `s3://bucket/?endpoint=https%3A%2F%2Fa:${SECRET}@s3.example`,
].map(utf8)

const locations: FuzzTarget = {
  name: 'store-location',
  weight: 4,
  generate: (random) => mutateBytes(random, random.pick(LOCATIONS), LOCATIONS),
  judge: (input) => {
    const text = new TextDecoder().decode(input)
    try {
      const location = parseLocation(text, '/nowhere')
      promise(text.toLowerCase().startsWith(`${location.kind}:`), 'another kind of store')
      const addresses = location.kind === 's3' ? [location.endpoint ?? ''] : []
      if (location.kind === 'remotestorage') addresses.push(`x://${location.userAddress.replace('@', '.')}`)
      promise(!addresses.some((address) => /^[^/]*:\/*[^/]*@/.test(address)), 'credentials in a location')
      return 'accepted'
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== EXIT.usage) throw error
      promise(!error.message.includes(SECRET), 'a password was printed')
      return 'refused'
    }
  },
}

/** Everything that the command line reads. */
export function commandTargets(): FuzzTarget[] {
  return [
    csv,
    valueText,
    transfer(jsonLines, [
      '{"path":"/bob/notes","value":{"a":[1,"x"]}}\n\n{"path":"/b","value":1}',
      '{"value":null,"path":"__proto__"}',
    ]),
    transfer(jsonObject, [
      '{"/bob/notes":{"a":1},"/b":[true],"/bob/notes":2}',
      '{"__proto__":{"a":1},"0":1,"/x":{"y":{}}}',
    ]),
    commandLine,
    locations,
  ]
}
