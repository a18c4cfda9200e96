import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { S3Traits } from '@vaultdb/s3'
import type { Terminal } from '../terminal.ts'
import { writeOutputFile } from '../transfer/output-file.ts'

/** Another service may have come to an endpoint meanwhile, which must be tried before it is trusted. */
const MAX_AGE_MS = 30 * 24 * 3_600_000

interface Known {
  readonly foundMs: number
  readonly traits: S3Traits
}

const pathOf = ({ cacheDirectory }: Terminal): string => join(cacheDirectory, 'vaultdb', 's3-buckets.json')

/** What was found out about a bucket not long ago; `null` where nothing was. */
export async function knownTraits(name: string, terminal: Terminal): Promise<S3Traits | null> {
  const known = (await readAll(terminal)).get(name)
  const ageMs = terminal.runtime.now() - (known?.foundMs ?? Number.NEGATIVE_INFINITY)
  return known !== undefined && ageMs >= 0 && ageMs < MAX_AGE_MS ? known.traits : null
}

/** Keeps what was found out about a bucket, if that can be: otherwise it is found out again. */
export async function keepTraits(name: string, traits: S3Traits, terminal: Terminal): Promise<void> {
  const path = pathOf(terminal)
  const all = new Map(await readAll(terminal)).set(name, { foundMs: terminal.runtime.now(), traits })
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeOutputFile(path, textOf(all), true, terminal)
  } catch {
    // A home directory that cannot be written is no reason to fail.
  }
}

async function* textOf(all: ReadonlyMap<string, Known>): AsyncIterable<string> {
  yield `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`
}

/** Whatever is not as it was written counts for nothing. */
async function readAll(terminal: Terminal): Promise<ReadonlyMap<string, Known>> {
  try {
    const all: unknown = JSON.parse(await readFile(pathOf(terminal), 'utf8'))
    const entries = Object.entries(all instanceof Object ? all : {})
    return new Map(entries.filter((entry): entry is [string, Known] => isKnown(entry[1])))
  } catch {
    return new Map()
  }
}

function isKnown(value: unknown): value is Known {
  if (!(value instanceof Object) || !('foundMs' in value) || !('traits' in value)) return false
  const { foundMs, traits } = value
  if (typeof foundMs !== 'number' || !(traits instanceof Object)) return false
  const { ifMatch, conditionalDelete, trustworthyListings } = traits as Partial<Record<keyof S3Traits, unknown>>
  return (
    (ifMatch === 'quoted' || ifMatch === 'unquoted') &&
    typeof conditionalDelete === 'boolean' &&
    typeof trustworthyListings === 'boolean'
  )
}
