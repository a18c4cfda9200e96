import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import { audit } from './audit.ts'
import { Chronicle } from './chronicle.ts'
import { Crew, type Member } from './crew.ts'
import { drawFate } from './fate.ts'
import { assertLeftoversGo, assertNoPlaintext, documentsIn } from './files.ts'
import { appendLine, JournalReader } from './journal.ts'
import { UNIVERSE } from './script.ts'

/** What a run is made of. */
export interface CrashOptions {
  /** An empty folder for the vaults and their journals. */
  readonly folder: string
  /** The script of a process: `worker-main.ts`, bundled. */
  readonly worker: string
  /** Of what processes do and what befalls them; how they interleave is left to the system. */
  readonly seed: number
  /** Processes to kill at least. */
  readonly kills: number
  /** Processes that work on a vault at once, from 2. */
  readonly processes: number
  /** Told of each vault that was given up whole. */
  readonly onProgress?: (soFar: CrashSummary) => void
}

/** What happened in a run in which nothing went wrong. */
export interface CrashSummary {
  readonly vaults: number
  readonly kills: number
  /** How often all processes died at once. */
  readonly allAtOnce: number
  /** How often a process stood still in the middle of a call while others went on. */
  readonly stops: number
  readonly verifications: number
  readonly acknowledged: number
  /** Puts and updates that processes were killed in: how many of them are there, and how many are not. */
  readonly interrupted: { readonly applied: number; readonly notApplied: number }
  /** What was there to mend, by kind. */
  readonly mended: Readonly<Record<string, number>>
}

type Counts = { -readonly [key in keyof CrashSummary]: CrashSummary[key] }

/** After so many kills the next vault is begun: creation and the first splits are dangerous times. */
const KILLS_PER_VAULT = 25

/** Passages that a process ends before it is killed wherever it is, if what is to befall it does not come about. */
const PATIENCE = 30

type Plan = 'die' | 'kill one' | 'kill all' | 'stop and continue' | 'stop and kill'

const PLANS: readonly Plan[] = [
  ...Array<Plan>(8).fill('die'),
  ...Array<Plan>(4).fill('kill one'),
  ...Array<Plan>(2).fill('kill all'),
  ...Array<Plan>(4).fill('stop and continue'),
  ...Array<Plan>(2).fill('stop and kill'),
]

/** One vault, the processes that work on it, and what is known of it. */
class Proving {
  readonly #options: CrashOptions
  readonly #random: SeededRandom
  readonly #counts: Counts
  readonly #vault: string
  readonly #journal: string
  readonly #journalFile: number
  readonly #reader: JournalReader
  readonly #chronicle = new Chronicle(UNIVERSE)
  readonly #crew: Crew
  #processes = 0
  #pauses = 0
  kills = 0

  constructor(options: CrashOptions, number: number, counts: Counts) {
    this.#options = options
    this.#counts = counts
    this.#random = createSeededRandom(Math.imul(options.seed, 0x9e37_79b1) + number)
    this.#vault = join(options.folder, `vault-${number}`)
    this.#journal = join(options.folder, `journal-${number}`)
    this.#journalFile = openSync(this.#journal, 'a')
    this.#reader = new JournalReader(this.#journal)
    this.#crew = new Crew(options.worker)
    mkdirSync(this.#vault)
  }

  /** Kills until that many have died. */
  async run(kills: number): Promise<void> {
    try {
      this.#hireMissing(2)
      await this.#barrier()
      while (this.kills < kills) {
        await this.#round()
        await this.#barrier()
      }
      await this.#end()
    } finally {
      await this.#crew.disband()
      closeSync(this.#journalFile)
    }
  }

  /** Brings the crew to its number; one in `perilous` may die while it opens or creates the vault. */
  #hireMissing(perilous: number): void {
    for (let alive = this.#crew.members.length; alive < this.#options.processes; alive++) {
      const fate = this.#random.below(perilous) === 0 ? drawFate(this.#random, 'die') : null
      const process = ++this.#processes
      this.#crew.hire({ folder: this.#vault, journal: this.#journal, process, seed: this.#random.uint32(), fate })
    }
  }

  /** All go on; one of them meets its fate, and the others go on for a while. */
  async #round(): Promise<void> {
    const plan = this.#random.pick(PLANS)
    const { members } = this.#crew
    if (members.length === 0) return // all newcomers died while they opened the vault
    const victim = this.#random.pick(members)
    const what = plan === 'die' ? 'die' : plan.startsWith('kill') ? 'announce' : 'stop'
    const fate = drawFate(this.#random, what)
    for (const member of members) {
      member.announced = false
      member.tell({ fate: member === victim ? fate : null })
      member.tell({ pause: null })
    }
    const end = victim.passages + PATIENCE
    const met = (): boolean => victim.dead || victim.announced || victim.stopped || victim.passages >= end
    await this.#crew.until(met, `process ${victim.number} meets its fate (${JSON.stringify(fate)})`)
    if (victim.stopped) await this.#whileStopped(victim, plan === 'stop and kill')
    else if (plan === 'kill all') await this.#killAll()
    else await this.#kill(victim)
    await this.#othersGoOn(victim, this.#random.below(6))
  }

  async #kill(victim: Member): Promise<void> {
    victim.kill()
    await this.#crew.until(() => victim.dead, `process ${victim.number} dies`)
  }

  async #killAll(): Promise<void> {
    const { members } = this.#crew
    for (const member of members) member.kill()
    await this.#crew.until(() => members.every(({ dead }) => dead), 'all processes die')
    this.#counts.allAtOnce++
  }

  /** Others get ahead of a process in the middle of a call, and the vault is whole meanwhile; then it goes on, or dies there. */
  async #whileStopped(victim: Member, killed: boolean): Promise<void> {
    this.#counts.stops++
    await this.#othersGoOn(victim, 1 + this.#random.below(12))
    if (this.#random.below(2) === 0) {
      await this.#barrier()
      for (const member of this.#crew.members) member.tell({ pause: null })
      await this.#othersGoOn(victim, 1 + this.#random.below(6))
    }
    if (killed) await this.#kill(victim)
    else victim.continue()
  }

  /** Waits until the others have ended that many passages together. */
  async #othersGoOn(victim: Member, passages: number): Promise<void> {
    const others = this.#crew.members.filter((member) => member !== victim)
    const total = (): number => others.reduce((sum, member) => sum + member.passages, 0)
    const enough = total() + passages
    const over = (): boolean => total() >= enough || others.every(({ dead }) => dead)
    await this.#crew.until(over, `the others go on beside process ${victim.number}`)
  }

  /** Lets everybody end what they have under way, and judges all that happened. Then a new process takes the place of each dead one. */
  async #barrier(): Promise<void> {
    const pause = ++this.#pauses
    for (const member of this.#crew.members) member.tell({ pause })
    const quiet = (): boolean => this.#crew.members.every((member) => member.pause === pause || member.stopped)
    await this.#crew.until(quiet, 'all processes pause')
    const dead = this.#crew.buryDead()
    for (const { number } of dead) appendLine(this.#journalFile, { event: 'dead', process: number })
    this.kills += dead.length
    this.#counts.kills += dead.length
    await this.#verify()
    this.#hireMissing(10)
  }

  async #verify(): Promise<void> {
    await this.#observe()
    const { applied, notApplied } = this.#chronicle.fatesOfInterrupted()
    const { interrupted } = this.#counts
    this.#counts.interrupted = {
      applied: interrupted.applied + applied,
      notApplied: interrupted.notApplied + notApplied,
    }
    await this.#audit(this.#random.below(3) > 0)
    await this.#observe()
    const contradiction = this.#chronicle.contradiction()
    if (contradiction !== null) throw new Error(contradiction)
    assertNoPlaintext(this.#vault)
    this.#chronicle.startAnew()
    this.#counts.verifications++
  }

  /** Takes in what the journal and the files say by now. */
  async #observe(): Promise<void> {
    for (const line of this.#reader.next()) this.#chronicle.take(line)
    const [failure] = this.#chronicle.failures
    if (failure !== undefined) throw new Error(`An operation failed for no reason: ${JSON.stringify(failure, null, 1)}`)
    this.#chronicle.observe(await documentsIn(this.#vault))
  }

  async #audit(repair: boolean): Promise<void> {
    const process = ++this.#processes
    const { interrupted } = this.#chronicle
    const common = { folder: this.#vault, journal: this.#journal, random: this.#random }
    const mended = await audit({ ...common, process, interrupted, repair })
    const counts: Record<string, number> = { ...this.#counts.mended }
    for (const kind of mended) counts[kind] = (counts[kind] ?? 0) + 1
    this.#counts.mended = counts
  }

  /** Lets all end in peace; then nothing may be left that a repair and the next writes do not clear. */
  async #end(): Promise<void> {
    const { members } = this.#crew
    for (const member of members) {
      member.tell({ fate: null })
      member.tell({ finish: true })
    }
    await this.#crew.until(() => members.every(({ dead }) => dead), 'all processes finish')
    await this.#observe()
    await this.#audit(true)
    await this.#observe()
    const contradiction = this.#chronicle.contradiction()
    if (contradiction !== null) throw new Error(contradiction)
    this.#counts.acknowledged += this.#chronicle.acknowledged
    this.#counts.vaults++
    await assertLeftoversGo(this.#vault)
  }
}

/**
 * Kills processes that work on vaults in folders, one vault after the other, and throws as soon as something is not as it must
 * be; the journal and the vault are left in the folder then.
 */
export async function crash(options: CrashOptions): Promise<CrashSummary> {
  const counts: Counts = {
    vaults: 0,
    kills: 0,
    allAtOnce: 0,
    stops: 0,
    verifications: 0,
    acknowledged: 0,
    interrupted: { applied: 0, notApplied: 0 },
    mended: {},
  }
  for (let vault = 1; counts.kills < options.kills; vault++) {
    const proving = new Proving(options, vault, counts)
    await proving.run(Math.min(KILLS_PER_VAULT, options.kills - counts.kills))
    options.onProgress?.({ ...counts })
  }
  return counts
}
