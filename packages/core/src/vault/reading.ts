import { errorCode, VaultError } from '../errors.ts'
import type { Answer, Requests } from './requests.ts'
import type { WitnessBook } from './witness.ts'
import type { SeenFile } from './witness-record.ts'

/** Reasons to read again before believing what a store showed: it may have been caught in the middle of a write. */
const DOUBTFUL: ReadonlySet<string | undefined> = new Set(['ERR_CORRUPT', 'ERR_ROLLBACK', 'ERR_FORK'])

/** How often a doubtful file is read again, by whether the store claims that its reads are atomic. */
const REREADS = { atomic: 1, torn: 5 } as const

/**
 * Reads a file and interprets it; where the interpretation finds it absent, damaged, older or foreign, reads it again a
 * bounded number of times before letting that stand: some stores serve torn or missing reads while a write is under way.
 * `interpret` also gets what the witness knew when the request was sent.
 */
export async function readDoubting<T>(
  { requests, witness }: { readonly requests: Requests; readonly witness: WitnessBook },
  key: string,
  options: { readonly unlessVersion?: string | undefined; readonly signal?: AbortSignal | undefined },
  interpret: (answer: Answer, asOf: SeenFile | undefined) => Promise<T>,
): Promise<T> {
  const atomic = requests.store.capabilities.atomicReads
  const rereads = atomic ? REREADS.atomic : REREADS.torn
  const { signal, unlessVersion } = options
  for (let attempt = 0; ; attempt++) {
    const asOf = witness.recall(key)
    try {
      return await interpret(await requests.read(key, attempt === 0 ? { signal, unlessVersion } : { signal }), asOf)
    } catch (error) {
      if (!DOUBTFUL.has(errorCode(error)) || attempt >= rereads) throw error
      if (!atomic) await requests.backOff(attempt + 1, error, signal)
    }
  }
}

/** The error for a file that must exist and does not. */
export function missingFile(key: string): VaultError {
  return new VaultError(
    'ERR_CORRUPT',
    `"${key}" is missing from the store though the vault names it. Restore it from a backup.`,
  )
}
