import { type DocumentStore, type VaultDB, VaultError, type WriteOperation, type WriteResult } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { documentBy, type SignedDocument, signatures, signedBy } from './document.ts'

/**
 * One operation on a vault, as plain data.
 *
 * Updates are of four kinds: `update`; `update-later`, whose function answers only after it has itself read the document;
 * `update-away`, whose function answers `null`; `update-refused`, whose function throws. `mend` is `check` with repairs, while
 * others go on.
 */
export type Operation =
  | { readonly kind: 'get' | 'put' | 'remove' | UpdateKind; readonly path: string }
  | { readonly kind: 'list' | 'find' | 'entries' | 'prune'; readonly directory: string }
  | { readonly kind: 'write'; readonly put: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'mend' }

export type UpdateKind = 'update' | 'update-later' | 'update-away' | 'update-refused'

/** What an operation answered, as plain data: documents by their signatures. */
export type Answer =
  | string
  | null
  | boolean
  | number
  | readonly string[]
  | readonly (readonly [path: string, document: string | null])[]

class Refusal extends Error {}

/** Performs an operation on `store`, which is `db` or a task of it; what it writes is signed by `author`. */
export async function perform(
  db: VaultDB,
  store: DocumentStore,
  operation: Operation,
  author: string,
): Promise<Answer> {
  switch (operation.kind) {
    case 'get':
      return signatures(await store.get(operation.path))
    case 'put':
      await store.put(operation.path, documentBy([author]))
      return true
    case 'remove':
      return await store.remove(operation.path)
    case 'list':
      return await store.list(operation.directory)
    case 'find':
      return await store.find(operation.directory).toArray()
    case 'entries': {
      const entries = await store.entries(operation.directory).toArray()
      return entries.map(([path, document]) => [path, signatures(document)] as const)
    }
    case 'prune':
      return await store.prune(operation.directory)
    case 'write':
      return await store.write(writeOperations(operation, author))
    case 'mend': {
      const { problems } = await check(db, { repair: true })
      return problems.map(({ kind }) => kind)
    }
    default:
      return await update(store, operation.kind, operation.path, author)
  }
}

function writeOperations(operation: Operation & { readonly kind: 'write' }, author: string): WriteOperation[] {
  return [
    ...operation.put.map((put) => ({ put, value: documentBy([author]) })),
    ...operation.remove.map((remove) => ({ remove })),
  ]
}

/** Answers what landed, or what the function was given last where that was not to be changed or to be removed. */
async function update(store: DocumentStore, kind: UpdateKind, path: string, author: string): Promise<Answer> {
  let given: string | null = null
  let thrown: unknown
  const change = (document: SignedDocument | null): SignedDocument | null | Promise<SignedDocument> => {
    given = signatures(document)
    if (kind === 'update-refused') throw new Refusal()
    if (kind === 'update-away') return null
    const changed = signedBy(document, author)
    if (kind === 'update') return changed
    const reading = store.get(path).then(() => changed)
    reading.catch((error: unknown) => {
      thrown = error
    })
    return reading
  }
  try {
    const landed = await store.update<SignedDocument>(path, change)
    return kind === 'update-away' ? given : signatures(landed)
  } catch (error) {
    if (error instanceof Refusal) return given
    // What the function threw comes back as it is, and that it came back means that nothing was applied.
    if (error === thrown && error instanceof VaultError)
      throw new VaultError(error.code, error.message, { applied: 'no' })
    throw error
  }
}

/** The documents that an operation may change, of those that there are. */
export function pathsChangedBy(operation: Operation, universe: readonly string[]): readonly string[] {
  switch (operation.kind) {
    case 'put':
    case 'remove':
    case 'update':
    case 'update-later':
    case 'update-away':
      return [operation.path]
    case 'prune':
      return universe.filter((path) => path.startsWith(operation.directory))
    case 'write':
      return [...operation.put, ...operation.remove]
    default:
      return []
  }
}

/** Whether a result of `write` tells that the document was there. */
export function wasThere(result: WriteResult): boolean {
  return result === 'replaced' || result === 'removed' || result === 'unchanged'
}
