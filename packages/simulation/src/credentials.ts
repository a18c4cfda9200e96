import type { SeededRandom } from './seeded-random.ts'
import { createSeededRandom } from './seeded-random.ts'

/** A made-up credential, of the size and shape that password managers export. */
export interface Credential {
  readonly id: string
  readonly title: string
  readonly username: string
  readonly password: string
  readonly urls: readonly string[]
  readonly totp: string | null
  readonly backupCodes: readonly string[]
  readonly notes: string
  readonly tags: readonly string[]
  readonly created: string
  readonly modified: string
  readonly history: readonly { readonly password: string; readonly until: string }[]
}

const WORDS =
  'account recovery question answer first school pet street mobile backup codes printed kept drawer office shared team billing owner renew yearly card ending old email changed after move ask support ticket number security phrase device laptop phone'.split(
    ' ',
  )
const NAMES =
  'alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor walter'.split(
    ' ',
  )
const ENDINGS = ['com', 'org', 'net', 'io', 'dev', 'example', 'co.uk', 'de']
const TAGS = ['work', 'home', 'finance', 'social', 'shopping', 'servers', 'family']
const PASSWORD = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#$%&*+-=?@_'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const DAY_MS = 86_400_000
const NEWEST_MS = 1_767_225_600_000

const text = (random: SeededRandom, alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('')

/** Something that can be said: syllables of a consonant and a vowel. */
const name = (random: SeededRandom, syllables: number): string =>
  Array.from({ length: syllables }, () => text(random, 'bcdfghjklmnprstvwz', 1) + text(random, 'aeiou', 1)).join('')

const words = (random: SeededRandom, count: number): string =>
  Array.from({ length: count }, () => random.pick(WORDS)).join(' ')

function credential(random: SeededRandom, site: string, username: string): Credential {
  const modifiedMs = NEWEST_MS - random.below(900) * DAY_MS - random.below(DAY_MS)
  const createdMs = modifiedMs - random.below(2000) * DAY_MS
  const history = Array.from({ length: random.below(3) }, (_, age) => ({
    password: text(random, PASSWORD, 14 + random.below(8)),
    until: new Date(modifiedMs - age * 90 * DAY_MS).toISOString(),
  }))
  return {
    id: text(random, '0123456789abcdef', 32),
    title: `${random.pick(TAGS)} ${name(random, 3)}`,
    username: `${username}@${name(random, 3)}.${random.pick(ENDINGS)}`,
    password: text(random, PASSWORD, 16 + random.below(9)),
    urls: [`https://${site}/login`],
    totp: random.below(3) === 0 ? text(random, BASE32, 32) : null,
    backupCodes: Array.from({ length: random.below(2) * 3 }, () => text(random, BASE32, 10)),
    notes: words(random, 3 + random.below(12)),
    tags: [random.pick(TAGS)],
    created: new Date(createdMs).toISOString(),
    modified: new Date(modifiedMs).toISOString(),
    history,
  }
}

/**
 * `count` credentials with their document paths, `/<top>/<site>/<username>`, one to six for a site: with its path, each takes about
 * 480 bytes of JSON, and the whole deflates to about a third. The same `seed` and `top` always give the same.
 */
export function makeCredentials(
  count: number,
  seed: number,
  top: string = 'logins',
): [path: string, document: Credential][] {
  const random = createSeededRandom(seed)
  const entries: [string, Credential][] = []
  for (let site = 0; entries.length < count; site++) {
    const host = `${name(random, 2 + random.below(3))}${site}.${random.pick(ENDINGS)}`
    const users = 1 + random.below(6)
    for (let user = 0; user < users && entries.length < count; user++) {
      const username = `${random.pick(NAMES)}${user}`
      entries.push([`/${top}/${host}/${username}`, credential(random, host, username)])
    }
  }
  return entries
}
