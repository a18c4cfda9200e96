import { VaultDB } from '@vaultdb/core'
import { type CheckProblem, check } from '@vaultdb/core/maintenance'
import { createFileStore } from '@vaultdb/fs'
import type { SeededRandom } from '../seeded-random.ts'
import { type Operation, pathsChangedBy } from './operation.ts'
import { Recorder } from './recorder.ts'
import { DIRECTORIES, UNIVERSE } from './script.ts'
import { VAULT_OPTIONS } from './vault-options.ts'

/** Repairs that may be got in the way of by what a process that paused still does behind its operations. */
const MOST_REPAIRS = 3

/** Documents that an interrupted operation was to change and that are tried out one by one. */
const MOST_TRIED = 4

/** Where a fresh client looks and what it tries. */
export interface AuditInput {
  readonly folder: string
  readonly journal: string
  /** Its name in the journal. */
  readonly process: number
  readonly random: SeededRandom
  /** The operations that processes were killed in. */
  readonly interrupted: readonly Operation[]
  /** Whether to mend what they left. */
  readonly repair: boolean
}

/**
 * A client that has never seen the vault reads all of it in every way, and then performs every kind of operation, first on what
 * was being changed when a process died. Answers the kinds of problems that it mended; throws where some cannot be.
 */
export async function audit({ folder, journal, process, random, interrupted, repair }: AuditInput): Promise<string[]> {
  const db = await VaultDB.openOrCreate(createFileStore(folder), VAULT_OPTIONS)
  const recorder = new Recorder(journal, process)
  const run = (operations: readonly Operation[], inTask: boolean = false): Promise<void> =>
    recorder.run(db, { inTask, operations })
  try {
    const lists = ['/', ...DIRECTORIES].map((directory) => ({ kind: 'list', directory }) as const)
    await run([{ kind: 'entries', directory: '/' }, { kind: 'find', directory: '/' }, ...lists])
    const touched = [...new Set(interrupted.flatMap((operation) => pathsChangedBy(operation, UNIVERSE)))]
    for (const path of touched.slice(0, MOST_TRIED)) await run([{ kind: 'update', path }])
    await run(everyKind(random), random.below(2) === 0)
    return repair ? await mend(db) : []
  } finally {
    await db.close()
    recorder.close()
  }
}

function everyKind(random: SeededRandom): Operation[] {
  const path = (): string => random.pick(UNIVERSE)
  const directory = (): string => random.pick(DIRECTORIES)
  const bulk = [...new Set([path(), path(), path(), path()])]
  return [
    { kind: 'put', path: path() },
    { kind: 'get', path: path() },
    { kind: 'update', path: path() },
    { kind: 'update-later', path: path() },
    { kind: 'update-away', path: path() },
    { kind: 'update-refused', path: path() },
    { kind: 'remove', path: path() },
    { kind: 'prune', directory: directory() },
    { kind: 'write', put: bulk.slice(1), remove: bulk.slice(0, 1) },
    { kind: 'list', directory: directory() },
    { kind: 'find', directory: directory() },
    { kind: 'entries', directory: directory() },
  ]
}

const describe = ({ kind, file, path }: CheckProblem): string => `${kind} ${file} ${path ?? ''}`

async function mend(db: VaultDB): Promise<string[]> {
  const mended: string[] = []
  for (let attempt = 1; ; attempt++) {
    const { problems } = await check(db, { repair: true })
    const serious = problems.filter((problem) => problem.serious)
    if (serious.length > 0) throw new Error(`The vault is damaged: ${serious.map(describe).join(', ')}`)
    mended.push(...problems.filter(({ repaired }) => repaired).map(({ kind }) => kind))
    if (problems.length === 0) return mended
    if (attempt > MOST_REPAIRS) throw new Error(`No repair helps against: ${problems.map(describe).join(', ')}`)
  }
}
