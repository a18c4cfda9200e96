import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type BlobStore, VaultDB } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { createSeededRandom } from '../seeded-random.ts'
import { type Fate, FatefulCalls } from './fate.ts'
import { Recorder } from './recorder.ts'
import { drawPassage } from './script.ts'
import { VAULT_OPTIONS } from './vault-options.ts'

/** What a process is started with: one JSON argument. */
export interface WorkerInput {
  readonly folder: string
  readonly journal: string
  /** Different for every process of a run: its name in the journal, and in what it signs. */
  readonly process: number
  /** Of what it does. */
  readonly seed: number
  /** What befalls it from its first call on. */
  readonly fate: Fate | null
}

/** What a process is told, one JSON value a line. Pauses are numbered; `null` ends one. */
export type Command = { readonly pause: number | null } | { readonly fate: Fate | null } | { readonly finish: true }

/** What a process says, one a line; everything else stands in the journal. */
export type Notice = 'passage' | `paused ${number}` | 'announced' | 'stopping' | 'finished'

/** Named import: not one of the calls that are counted. */
function say(notice: Notice): void {
  writeSync(1, `${notice}\n`)
}

/** Whether to go on. Closed in the beginning. */
class Gate {
  /** Number of the pause that is on; `null` for none. */
  #pause: number | null = 0
  #finished = false
  #wake: () => void = () => undefined

  pause(number: number | null): void {
    this.#pause = number
    this.#wake()
  }

  finish(): void {
    this.#finished = true
    this.#wake()
  }

  /** Resolves when it is time to go on; to `false` when it is time to end. */
  async pass(): Promise<boolean> {
    while (this.#pause !== null && !this.#finished) {
      say(`paused ${this.#pause}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return !this.#finished
  }
}

/**
 * The life of one process: opens the vault, or creates it, and then works on it until it is killed or told to finish.
 * `through` may put something between it and the store.
 */
export async function work(
  input: WorkerInput,
  through: (store: BlobStore) => BlobStore = (store) => store,
): Promise<void> {
  const calls = new FatefulCalls(say)
  const gate = new Gate()
  const commands = createInterface({ input: process.stdin })
  commands.on('close', () => process.exit()) // whoever started it is gone
  commands.on('line', (line) => {
    const command = JSON.parse(line) as Command
    if ('fate' in command) calls.expect(command.fate)
    else if ('pause' in command) gate.pause(command.pause)
    else gate.finish()
  })
  calls.expect(input.fate)
  const recorder = new Recorder(input.journal, input.process)
  const db = await VaultDB.openOrCreate(through(createFileStore(input.folder)), VAULT_OPTIONS)
  const random = createSeededRandom(input.seed)
  while (await gate.pass()) {
    await recorder.run(db, drawPassage(random))
    say('passage')
  }
  await db.close()
  say('finished')
  commands.close()
}
