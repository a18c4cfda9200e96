import type { VaultErrorCode } from '@vaultdb/core'
import type { Work } from './attack-runtime.ts'
import type { Ledger } from './ledger.ts'
import type { Stage, VaultKind } from './stage.ts'
import type { World } from './world.ts'

/** What the victim is doing when the adversary acts. */
export type Moment =
  /** Nothing yet: it opens the vault afterwards, on a device that has never seen it. */
  | 'opening'
  /** It has the vault open and has read all of it. */
  | 'opened'
  /** It has read a shard for an update and not written it yet. */
  | 'updating'
  /** A shard of its is being cut in two: the new file is there, and nothing names it yet. */
  | 'splitting'
  /** It has taken possession of an empty place, and the first shard is not there yet. */
  | 'creating'
  /** It had the vault open before a restart, and kept a witness. */
  | 'reopened'

/** In the order of the columns of the table. */
export const MOMENTS: readonly Moment[] = ['opening', 'opened', 'updating', 'splitting', 'creating', 'reopened']

/** What must never come of an attack. */
export type Defect =
  /** Something else than a `VaultError` was thrown. */
  | 'crash'
  /** An operation never ended, or sent requests without end. */
  | 'hang'
  /** Text of a document reached the store. */
  | 'plaintext'
  /** More work or memory than the limits allow. */
  | 'excess'
  /** Once the store was honest again, a client that should work did not. */
  | 'stuck'

/** What came of an attack. */
export type Result =
  /** The error that the victim met first. */
  | VaultErrorCode
  /** Nothing that the victim asked for was wrong. */
  | 'unharmed'
  /** The same, and `check` names what the adversary did. */
  | 'listed by check'
  /** The victim took something for true that is not, or lost what was acknowledged. Only where it is out of reach. */
  | 'believed'
  | Defect

/** Why something cannot be noticed: the headings in docs/threat-model.md that say so. */
export type OutOfReach =
  | 'A device without memory'
  | 'Mixed states'
  | 'One secret for two vaults'
  | 'Forks that are long'
  | 'News withheld'
  | 'Writes forgotten'
  | 'Holders of the key'
  | 'A key taken long ago'

/** One way of doing what an attack does: one bit of a thousand. */
export interface Case {
  readonly name: string
  /** Does it to the store; called once, at the attack's moment. `ledger` takes note of what others make true meanwhile. */
  strike(world: World, ledger: Ledger): void | Promise<void>
}

/** Which clients must work again once the store is honest. */
export type Recovery =
  /** The victim itself, and a new client. */
  | 'everybody'
  /** A new client; the victim has seen what honest files do not descend from, and says so. */
  | 'new clients'
  /** Nobody: the adversary held the key, or destroyed what was acknowledged. */
  | 'nobody'

/** What somebody who has the store in hand does to whoever uses it, and what must come of it. Plain data but for `cases`. */
export interface Attack {
  /** Unique: group, deed, place, moment, vault. */
  readonly name: string
  /** The table that it stands in. */
  readonly group: string
  /** What the adversary does. */
  readonly deed: string
  /** The file that it is done to. */
  readonly place: string
  readonly moment: Moment
  readonly vault: VaultKind
  /** All that may come of its cases, each of which comes of at least one. */
  readonly expected: readonly Result[]
  /** Given exactly where `expected` has `'believed'`. */
  readonly outOfReach?: OutOfReach
  readonly recovery: Recovery
  /** Thousands of cases with one thing done to a file: the victim only reads, and few are followed to the recovery. */
  readonly bulk: boolean
  /** What the victim may be made to spend at most in each case. Default: see `run-attack.ts`. */
  readonly limits?: Partial<Work>
  /** A password that was replaced. Somebody who still has it tries to open the vault; that it opens is `'believed'`. */
  readonly intruder?: string
  /** The victim begins with a task, which answers from what it has read already. */
  readonly inTask?: boolean
  /** The victim gives up on requests that take longer than this, in virtual milliseconds. */
  readonly timeoutMs?: number
  /** One reading of everything shows what there is to see, and costs enough. */
  readonly brief?: boolean
  cases(stage: Stage): Iterable<Case>
}
