import type { Attack, Case, Moment, Result } from '../attack.ts'
import type { Work } from '../attack-runtime.ts'
import { CHEAPEST_KDF, headerOf, type RawKdf, type RawSlot, slotsOf, withHeader, withSlots } from '../forge.ts'
import { OLD_PASSWORD, type Stage } from '../stage.ts'
import { compose } from './compose.ts'

/** Key slots changed by somebody who knows no password. In this vault: the key's, somebody else's, the victim's. */

const GROUP = 'Key slots'
const VICTIMS = 2
const ELSES = 1

interface Row {
  readonly deed: string
  readonly expected: readonly Result[]
  readonly limits?: Partial<Work>
  readonly cases: (stage: Stage) => Iterable<Case>
}

const rootOf = (stage: Stage): Uint8Array => stage.files.get('vault') as Uint8Array

/** The root file before the victim's password was changed: the last one that has other slots than the newest. */
function beforeTheChange(stage: Stage): Uint8Array {
  const newest = JSON.stringify(slotsOf(rootOf(stage)))
  const roots = stage.history.map((files) => files.get('vault') as Uint8Array)
  return roots.findLast((root) => JSON.stringify(slotsOf(root)) !== newest) as Uint8Array
}

type Slots = readonly RawSlot[]

/** Other slots in the newest root file. */
function slotCase(name: string, change: (slots: RawSlot[], stage: Stage) => Slots): (stage: Stage) => Case {
  return (stage) => ({
    name,
    strike: (world) => world.put('vault', withSlots(rootOf(stage), change(slotsOf(rootOf(stage)), stage))),
  })
}

const replaced = (slots: Slots, at: number, slot: RawSlot): Slots =>
  slots.map((each, index) => (index === at ? slot : each))
const foreignSlot = (stage: Stage, at: number): RawSlot =>
  slotsOf(stage.foreign.get('vault') as Uint8Array)[at] as RawSlot

function permutations(slots: Slots): Slots[] {
  if (slots.length < 2) return [slots]
  return slots.flatMap((first) => permutations(slots.filter((slot) => slot !== first)).map((rest) => [first, ...rest]))
}

const MOVED: readonly Row[] = [
  {
    deed: 'slots in another order',
    expected: ['ERR_CORRUPT'],
    cases: (stage) =>
      permutations(slotsOf(rootOf(stage)))
        .slice(1)
        .map((slots, at) => slotCase(`order ${at + 2}`, () => slots)(stage)),
  },
  {
    deed: "the victim's slot taken away, or in its place another one",
    expected: ['ERR_CREDENTIALS'],
    cases: (stage) =>
      [
        slotCase('removed', (slots) => slots.filter((_slot, at) => at !== VICTIMS)),
        slotCase('of another vault, with the same password', (slots) =>
          replaced(slots, VICTIMS, foreignSlot(stage, VICTIMS)),
        ),
        slotCase('as it was before the password was changed', (slots) =>
          replaced(slots, VICTIMS, slotsOf(beforeTheChange(stage))[VICTIMS] as RawSlot),
        ),
        slotCase("with somebody else's wrap", (slots) =>
          replaced(slots, VICTIMS, { ...(slots[VICTIMS] as RawSlot), wrap: (slots[ELSES] as RawSlot).wrap }),
        ),
        slotCase("with somebody else's id", (slots) => {
          const [elses, victims] = [slots[ELSES] as RawSlot, slots[VICTIMS] as RawSlot]
          return [slots[0] as RawSlot, { ...victims, id: elses.id }, { ...elses, id: victims.id }]
        }),
        slotCase('as a slot of a kind to come', (slots) =>
          replaced(slots, VICTIMS, { ...(slots[VICTIMS] as RawSlot), kind: 'passkey' }),
        ),
      ].map((make) => make(stage)),
  },
  {
    deed: "another one's slot taken away, altered or added",
    expected: ['ERR_CORRUPT'],
    cases: (stage) =>
      [
        slotCase('removed', (slots) => slots.filter((_slot, at) => at !== ELSES)),
        slotCase("the key's removed", (slots) => slots.slice(1)),
        slotCase('another salt', (slots) => {
          const slot = slots[ELSES] as RawSlot
          return replaced(slots, ELSES, {
            ...slot,
            kdf: { ...slot.kdf, salt: Buffer.alloc(16, 77).toString('base64url') },
          })
        }),
        slotCase('twice', (slots) => [...slots, slots[ELSES] as RawSlot]),
        slotCase("the victim's twice", (slots) => [...slots, slots[VICTIMS] as RawSlot]),
        slotCase("the victim's twice, under two ids", (slots) => [
          { ...(slots[VICTIMS] as RawSlot), id: Buffer.alloc(8, 3).toString('base64url') },
          ...slots,
        ]),
        slotCase("another vault's added", (slots) => [
          ...slots,
          { ...foreignSlot(stage, 0), id: Buffer.alloc(8, 4).toString('base64url') },
        ]),
        slotCase('a slot of a kind to come added', (slots) => [
          ...slots,
          { id: Buffer.alloc(8, 5).toString('base64url'), kind: 'passkey', wrap: '' },
        ]),
        slotCase('all removed', () => []),
        slotCase('seventeen', (slots) =>
          Array.from({ length: 17 }, (_, at) => ({
            ...(slots[0] as RawSlot),
            id: Buffer.alloc(8, at).toString('base64url'),
          })),
        ),
      ].map((make) => make(stage)),
  },
]

/** The victim's slot with other parameters, in the spelling given. */
function kdfCase(kdf: RawKdf | string, at: number = VICTIMS): (stage: Stage) => Case {
  const text = typeof kdf === 'string' ? kdf : JSON.stringify(kdf)
  return (stage) => ({
    name: text,
    strike: (world) => {
      const header = headerOf(rootOf(stage))
      const slot = slotsOf(rootOf(stage))[at] as RawSlot
      const salted = text.replace('"SALT"', JSON.stringify(slot.kdf?.salt))
      world.put(
        'vault',
        withHeader(
          rootOf(stage),
          header.replace(JSON.stringify(slot.kdf), () => salted),
        ),
      )
    },
  })
}

const argon2id = (m: number | string, t: number | string, p: number | string): string =>
  `{"name":"argon2id","m":${m},"t":${t},"p":${p},"salt":"SALT"}`
const scrypt = (N: number, r: number, p: number): string => JSON.stringify({ name: 'scrypt', N, r, p, salt: 'SALT' })
const pbkdf2 = (c: number): string => JSON.stringify({ name: 'pbkdf2-sha256', c, salt: 'SALT' })

const TOO_MUCH: readonly string[] = [
  argon2id(2 ** 31, 1, 1),
  argon2id(2 ** 31, 2 ** 31, 2 ** 31),
  argon2id(65_536, 2 ** 31, 4),
  argon2id(65_536, 3, 2 ** 31),
  argon2id(65_536, 3, 17),
  argon2id(2 ** 20 + 1, 1, 1),
  argon2id(2 ** 20, 5, 1),
  argon2id(2 ** 53 - 1, 1, 1),
  scrypt(2 ** 31, 8, 1),
  scrypt(2 ** 17, 2 ** 31, 1),
  scrypt(2 ** 17, 8, 2 ** 31),
  scrypt(2 ** 17 + 1, 8, 1),
  pbkdf2(2 ** 31),
]

const TOO_LITTLE: readonly string[] = [
  argon2id(0, 0, 0),
  argon2id(0, 3, 4),
  argon2id(65_536, 0, 4),
  argon2id(65_536, 3, 0),
  argon2id(7167, 5, 1),
  argon2id(7168, 4, 1),
  argon2id(47_103, 1, 1),
  argon2id(8, 1, 1),
  scrypt(2 ** 16, 8, 1),
  scrypt(2, 8, 1),
  scrypt(2 ** 17, 1, 1),
  pbkdf2(1),
  pbkdf2(599_999),
]

const MALFORMED: readonly string[] = [
  argon2id(-65_536, 3, 4),
  argon2id(7168.5, 5, 1),
  argon2id('1e400', 5, 1),
  argon2id('7.168e3', 5, 1),
  argon2id('"7168"', 5, 1),
  argon2id('null', 5, 1),
  argon2id('[7168]', 5, 1),
  argon2id('9007199254740993', 5, 1),
  '{"name":"argon2id","m":7168,"t":5,"p":1}',
  '{"name":"argon2id","m":7168,"t":5,"p":1,"salt":""}',
  '{"name":"argon2id","t":5,"m":7168,"p":1,"salt":"SALT"}',
  '{"name":"argon2id","m":7168,"m":7168,"t":5,"p":1,"salt":"SALT"}',
  '{"__proto__":{"name":"argon2id"},"m":7168,"t":5,"p":1,"salt":"SALT"}',
  'null',
  '[]',
]

const NO_KDF: Partial<Work> = { kdfCalls: 0, kdfKiB: 0 }

const PARAMETERS: readonly Row[] = [
  {
    deed: 'KDF parameters up to 2^31 and more',
    expected: ['ERR_CORRUPT'],
    limits: NO_KDF,
    cases: casesOfAll(TOO_MUCH),
  },
  {
    deed: 'KDF parameters of 0 and below what OWASP accepts',
    expected: ['ERR_CORRUPT'],
    limits: NO_KDF,
    cases: casesOfAll(TOO_LITTLE),
  },
  {
    deed: 'KDF parameters that are no counts, or spelled otherwise',
    expected: ['ERR_CORRUPT'],
    limits: NO_KDF,
    cases: casesOfAll(MALFORMED),
  },
  {
    deed: 'slots within bounds that cost too much together',
    expected: ['ERR_CORRUPT'],
    limits: NO_KDF,
    cases: (stage) => [
      slotCase('fourteen of 320 MiB', (slots) =>
        Array.from({ length: 14 }, (_, at) => ({
          ...(slots[VICTIMS] as RawSlot),
          id: Buffer.alloc(8, at).toString('base64url'),
          kdf: { ...(slots[VICTIMS] as RawSlot).kdf, m: 327_680, t: 1 },
        })),
      )(stage),
    ],
  },
  {
    deed: 'KDF parameters changed within bounds, or of a function to come',
    expected: ['ERR_CREDENTIALS'],
    limits: { kdfCalls: 2, kdfKiB: 2 ** 22 },
    cases: (stage) => [
      kdfCase({ ...CHEAPEST_KDF, m: 8000, salt: 'SALT' })(stage),
      kdfCase({ ...CHEAPEST_KDF, m: 2 ** 20, t: 3, salt: 'SALT' })(stage),
      kdfCase({ ...CHEAPEST_KDF, name: 'argon3', salt: 'SALT' })(stage),
    ],
  },
]

function casesOfAll(texts: readonly string[]): (stage: Stage) => Case[] {
  return (stage) => texts.flatMap((kdf) => [kdfCase(kdf)(stage), kdfCase(kdf, ELSES)(stage)])
}

function* table(): Generator<Attack> {
  const row = { group: GROUP, place: 'vault', vault: 'three passwords' } as const
  for (const moment of ['opening', 'reopened'] as const satisfies Moment[]) {
    for (const each of [...MOVED, ...PARAMETERS]) yield compose({ ...row, ...each, moment })
  }
  // Whoever has the vault open tries no slot: the root file as a whole does not authenticate.
  for (const each of [...MOVED, ...PARAMETERS]) {
    yield compose({ ...row, ...each, moment: 'opened', expected: ['ERR_CORRUPT'], limits: NO_KDF })
  }
  const old = {
    ...row,
    deed: 'an old root file shown to somebody who has the password of then',
    intruder: OLD_PASSWORD,
  } as const
  const cases = (stage: Stage): Case[] => [
    { name: 'the root file', strike: (world) => world.put('vault', beforeTheChange(stage)) },
  ]
  const outOfReach = 'A key taken long ago'
  yield compose({ ...old, moment: 'opening', expected: ['believed'], outOfReach, recovery: 'new clients', cases })
  yield compose({
    ...old,
    deed: "an old root file's slot put into the newest, for somebody who has the password of then",
    moment: 'opening',
    expected: ['ERR_CORRUPT'],
    recovery: 'new clients',
    cases: (stage) => [
      slotCase('in place of the new one', (slots) =>
        replaced(slots, VICTIMS, slotsOf(beforeTheChange(stage))[VICTIMS] as RawSlot),
      )(stage),
      slotCase('beside it', (slots) => [...slots, slotsOf(beforeTheChange(stage))[VICTIMS] as RawSlot])(stage),
    ],
  })
}

export const SLOTS: readonly Attack[] = [...table()]
