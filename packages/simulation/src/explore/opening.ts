import { type BlobStore, type CreateOptions, errorCode, VaultDB, VaultError, type VaultErrorCode } from '@vaultdb/core'
import { sees, type Transition } from './history.ts'
import { type Ledger, VAULT } from './ledger.ts'

/** How a client comes to its database. */
export type Opening = 'open-or-create' | 'create' | 'open'

/** Where a client opens, and by what it is judged. */
export interface OpeningContext {
  readonly store: BlobStore
  readonly options: CreateOptions & { readonly key: Uint8Array }
  readonly ledger: Ledger
  readonly label: string
  /** Whether faults explain that an opening failed like this. */
  isExcused(code: VaultErrorCode | undefined): boolean
}

/** More often than this an opening does not meet faults. */
const MOST_OPENINGS = 20

const THERE = 'there'
const CREATES: Transition = (before) => (before === null ? { after: THERE } : undefined)
const FINDS_OR_CREATES: Transition = () => ({ after: THERE })

/** Opens or creates the vault as often as faults make it fail; whoever finds none, or one, goes on as is fitting. */
export async function openDatabase(opening: Opening, context: OpeningContext): Promise<VaultDB> {
  let how = opening
  for (let attempt = 1; ; attempt++) {
    try {
      const database = await openOnce(how, context)
      if (database !== null) return database
      how = how === 'create' ? 'open' : 'open-or-create'
    } catch (error) {
      // A creation or an opening that met too many faults is simply tried again.
      if (!context.isExcused(errorCode(error)) || attempt === MOST_OPENINGS) throw error
      how = 'open-or-create'
    }
  }
}

/** `null` if there is a vault to be created, or none to be opened. */
function openOnce(how: Opening, context: OpeningContext): Promise<VaultDB | null> {
  const { store, options } = context
  const { shardBytes: _shardBytes, ...openOptions } = options
  switch (how) {
    case 'create':
      return creating(context, CREATES, 'ERR_EXISTS', () => VaultDB.create(store, options))
    case 'open-or-create':
      return creating(context, FINDS_OR_CREATES, undefined, () => VaultDB.openOrCreate(store, options))
    case 'open':
      return finding(context, () => VaultDB.open(store, openOptions))
  }
}

async function creating(
  { ledger, label }: OpeningContext,
  transition: Transition,
  unless: VaultErrorCode | undefined,
  create: () => Promise<VaultDB>,
): Promise<VaultDB | null> {
  const entry = ledger.begin(VAULT, label, transition)
  try {
    const database = await create()
    ledger.succeeded(entry, transition)
    return database
  } catch (error) {
    if (error instanceof VaultError && error.applied === 'no') ledger.withdraw(VAULT, entry)
    if (unless === undefined || errorCode(error) !== unless) throw error
    ledger.saw(VAULT, `${label}: exists`, entry.begin, sees(THERE))
    return null
  }
}

async function finding({ ledger, label }: OpeningContext, open: () => Promise<VaultDB>): Promise<VaultDB | null> {
  const begin = ledger.tick()
  try {
    const database = await open()
    ledger.saw(VAULT, `${label}: there`, begin, sees(THERE))
    return database
  } catch (error) {
    if (errorCode(error) !== 'ERR_MISSING') throw error
    ledger.saw(VAULT, `${label}: missing`, begin, sees(null))
    return null
  }
}
