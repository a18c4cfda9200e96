import { createHash } from 'node:crypto'
import { cheapArgon2id } from './cheap-argon2id.ts'
import { hkdf, label, type RawRoot, readRoot, seal, unseal, writeRoot } from './sealed-files.ts'

/** The cheapest cost that the engine accepts; what stands in for Argon2id does not look at it. */
const COST = { name: 'argon2id', m: 7168, t: 5, p: 1 } as const

interface PasswordSlot {
  readonly id: string
  readonly kind: string
  readonly kdf: { readonly name: string; readonly salt: string }
  readonly wrap: string
}

interface RootHeader {
  readonly slots: readonly PasswordSlot[]
}

function headerOf(root: RawRoot): RootHeader {
  return JSON.parse(Buffer.from(root.header).toString('utf8')) as RootHeader
}

function slotHeader(root: RawRoot, { wrap: _wrap, ...slot }: PasswordSlot): Uint8Array {
  const { key } = JSON.parse(Buffer.from(root.header).toString('utf8')) as { readonly key: string }
  const common = `{"format":"vaultdb","version":1,"role":"slot","vault":"${root.vault}","file":"vault","key":"${key}"`
  return Buffer.from(`${common},"slot":${JSON.stringify(slot)}}\n`)
}

function keyFor(password: string, salt: string): Uint8Array {
  const secret = cheapArgon2id({
    password: Buffer.from(password.normalize('NFKD'), 'utf8'),
    salt: Buffer.from(salt, 'base64url'),
    memoryKiB: COST.m,
    passes: COST.t,
    parallelism: COST.p,
    length: 32,
  })
  return hkdf(secret, new Uint8Array(0), Buffer.concat([label('kek'), Buffer.from('password')]), 32)
}

/** The root file with one more slot, which takes a password. */
export function addPassword(data: Uint8Array, secret: Uint8Array, password: string): Uint8Array {
  const root = readRoot(data, secret)
  const salt = createHash('sha256').update(password).digest().subarray(0, 16).toString('base64url')
  const bare = { id: Buffer.alloc(8, 7).toString('base64url'), kind: 'password', kdf: { ...COST, salt }, wrap: '' }
  const header = slotHeader(root, bare)
  const sealed = seal(keyFor(password, salt), 'slot', header, root.rootSecret)
  const slot = { ...bare, wrap: Buffer.from(sealed.subarray(header.length)).toString('base64url') }
  const parsed = headerOf(root)
  const text = JSON.stringify({ ...parsed, slots: [...parsed.slots, slot] })
  return writeRoot({ ...root, header: Buffer.from(`${text}\n`) }, root.config)
}

/** Which of these passwords opens the vault; `null` if none does, or it has no password. */
export function passwordOf(root: RawRoot, candidates: Iterable<string>): string | null {
  for (const slot of headerOf(root).slots.filter(({ kind }) => kind === 'password')) {
    for (const candidate of candidates) {
      try {
        const key = keyFor(candidate, slot.kdf.salt)
        unseal(key, 'slot', slotHeader(root, slot), Buffer.from(slot.wrap, 'base64url'))
        return candidate
      } catch {
        // It is another one.
      }
    }
  }
  return null
}
