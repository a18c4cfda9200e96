import type { SourceChange } from '../changed-sources.ts'

/** A defect of a parser. */
export interface Planted extends SourceChange {
  /** What finds it. */
  readonly target: string
  /** Longest input that is left when it has been shortened. */
  readonly mostBytes: number
}

const core = (file: string): string => `core/src/${file}`

/** One check left out of each parser. */
export const DEFECTS: Readonly<Record<string, Planted>> = {
  'base64url with bits that mean nothing': {
    file: core('bytes.ts'),
    from: '([\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?$/',
    to: '([\\w-]{2}|[\\w-]{3})?$/',
    target: 'codecs',
    mostBytes: 8,
  },
  'padding that holds something': {
    file: core('format/body.ts'),
    from: "demand(body[at] === 0, 'its padding is not zero')",
    to: '{}',
    target: 'frame',
    mostBytes: 600,
  },
  'a stream that inflates to more than was stated': {
    file: core('format/body.ts'),
    from: 'json = await runtime.inflate(stored, jsonLength)',
    to: 'json = (await runtime.inflate(stored, 1 << 26)).subarray(0, jsonLength)',
    target: 'frame',
    mostBytes: 40,
  },
  'a name twice in an object': {
    file: core('format/json.ts'),
    from: "demand(countMembers(value) === members, 'its JSON has a name twice in one object')",
    to: '',
    target: 'json',
    mostBytes: 40,
  },
  'nesting without an end': {
    file: core('format/json.ts'),
    from: 'demand(++depth <= maxDepth',
    to: 'demand(++depth <= 1e9',
    target: 'json',
    mostBytes: 100,
  },
  'an item from the future': {
    file: core('format/shard-json.ts'),
    from: 'isCount(itemSeq) && itemSeq <= seq',
    to: 'isCount(itemSeq)',
    target: 'shard-json',
    mostBytes: 260,
  },
  'a vault that is pending after its first write': {
    file: core('format/root-json.ts'),
    from: "demand(!pending || seq === 1, 'it is marked as not yet created though it was changed since')",
    to: '',
    target: 'root-json',
    mostBytes: 2_400,
  },
  'a slot with a member too many': {
    file: core('format/header.ts'),
    from: "demand(equalBytes(rootHeader(header), headerBytes), 'its header is not spelled as the format demands')",
    to: '',
    target: 'root-header',
    mostBytes: 340,
  },
  'a path that climbs': {
    file: core('path/path.ts'),
    from: "if (segment === '.' || segment === '..') return",
    to: "if (segment === '.') return",
    target: 'path',
    mostBytes: 12,
  },
  'a document nested too deep': {
    file: core('format/stringify.ts'),
    from: 'this.#ancestors.length >= MAX_DOCUMENT_DEPTH',
    to: 'this.#ancestors.length >= 2 * MAX_DOCUMENT_DEPTH',
    target: 'document',
    mostBytes: 700,
  },
  'a login without a password': {
    file: 'cli/src/csv.ts',
    from: "if (login.password === '') return 'the password is missing'",
    to: '',
    target: 'csv',
    mostBytes: 20,
  },
  'an integer beyond all measure': {
    file: 'cli/src/json.ts',
    from: 'Number.isFinite(value) && BigInt(literal)',
    to: 'BigInt(literal)',
    target: 'cli-json',
    mostBytes: 420,
  },
  'a control character in a message': {
    file: 'cli/src/error-report.ts',
    from: 'escapeText([',
    to: 'String([',
    target: 'cli-arguments',
    mostBytes: 4,
  },
}

/** A parser that never comes back. */
export const ENDLESS: SourceChange = {
  file: 'cli/src/json.ts',
  from: 'while (scanner.getPosition() < text.length)',
  to: 'for (;;)',
}
