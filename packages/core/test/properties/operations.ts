import type { DocumentStore, VaultDB, WriteOperation, WriteResult } from '@vaultdb/core'
import { errorCode, type VaultError } from '@vaultdb/core'
import fc from 'fast-check'
import type { State, Step } from '../support/linearizability.ts'
import { filler, sortedAsFound } from '../support/vault.ts'

/** All documents that the operations may touch: few, so that they meet; on several levels, so that directories come and go. */
export const PATHS = [
  '/t',
  '/u',
  '/a/x',
  '/a/y',
  '/a/b/x',
  '/a/b/y',
  '/a/b/z',
  '/a/b/c/x',
  '/d/e/f/x',
  '/d/e/x',
  '/g/x',
  '/g/y',
] as const
export const DIRECTORIES = ['/', '/a/', '/a/b/', '/a/b/c/', '/d/', '/d/e/', '/d/e/f/', '/g/', '/nothing/'] as const

/** A document names everyone who has written it since it was put: a change that is lost or doubled shows. */
interface Signed {
  readonly by: readonly string[]
  readonly pad: string
}

/** One operation, as data. `pad` is the document's size in characters: some fill a shard alone. */
export type Operation =
  | { readonly kind: 'get' | 'remove' | 'touch' | 'throw'; readonly path: string }
  | { readonly kind: 'put' | 'update' | 'updateLater'; readonly path: string; readonly pad: number }
  | { readonly kind: 'list' | 'find' | 'entries'; readonly directory: string }
  | { readonly kind: 'prune'; readonly directory: string }
  | { readonly kind: 'write'; readonly changes: readonly { readonly path: string; readonly pad: number | null }[] }
  | { readonly kind: 'task'; readonly operations: readonly Operation[]; readonly awaited: boolean }

const path = fc.constantFrom(...PATHS)
const directory = fc.constantFrom(...DIRECTORIES)
const pad = fc.oneof(fc.constant(0), fc.constant(200), fc.constant(450), fc.constant(1200))

const simple: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('get', 'remove', 'remove', 'touch', 'throw'), path }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('put', 'update', 'update', 'updateLater'), path, pad }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('list', 'find', 'entries', 'prune', 'prune'), directory }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.uniqueArray(fc.record({ path, pad: fc.option(pad) }), {
        maxLength: 8,
        selector: (change) => change.path,
      }),
    }),
  },
)

/** Any operation. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('task' as const),
      operations: fc.array(simple, { minLength: 1, maxLength: 3 }),
      awaited: fc.boolean(),
    }),
  },
)

/** What a document's state is for the checker. */
export function stateOf(document: unknown): State {
  return document === null || document === undefined ? null : (document as Signed).by.join(',')
}

/** How an operation ended. */
export type Ending = { readonly value: unknown } | { readonly error: unknown }

/** Failures that a store with faults, or other clients, may cause; whatever else goes wrong is a defect. */
const EXCUSABLE: ReadonlySet<string | undefined> = new Set(['ERR_OUTCOME_UNKNOWN', 'ERR_UNAVAILABLE', 'ERR_CONTENTION'])

const THROWN = new Error('thrown by the change function')

/** Notes down what operations did, as steps for the checker. */
export class Recorder {
  readonly steps: Step[] = []
  readonly totals: Map<string, number> = new Map()
  #clock = 0
  #names = 0

  /** Carries an operation out and notes what it did. Rejects only for what no operation may do. */
  async perform(db: VaultDB, operation: Operation): Promise<Ending> {
    return await this.#perform(db, operation, this.#clock++)
  }

  /** Notes what is there in the end. */
  conclude(documents: ReadonlyMap<string, unknown>): void {
    const now = this.#clock++
    for (const path of documents.keys()) {
      if (!PATHS.some((each) => each === path)) throw new Error(`Nobody has ever put ${path}.`)
    }
    for (const path of PATHS) this.#look(path, now, stateOf(documents.get(path)))
  }

  async #perform(db: DocumentStore, operation: Operation, start: number): Promise<Ending> {
    if (operation.kind === 'task') return await this.#task(db as VaultDB, operation)
    const name = `${operation.kind}${this.#names++}`
    const [settled] = await Promise.allSettled([call(db, operation, name)])
    const end = this.#clock++
    const ending: Ending = settled.status === 'fulfilled' ? settled : { error: settled.reason }
    if ('error' in ending && ending.error !== THROWN && !EXCUSABLE.has(errorCode(ending.error))) throw ending.error
    this.#note(operation, name, ending, start, end)
    return ending
  }

  /** Reads of a task are as old as its beginning, at most. */
  async #task(db: VaultDB, { operations, awaited }: Extract<Operation, { kind: 'task' }>): Promise<Ending> {
    const start = this.#clock++
    const errors: unknown[] = []
    await db
      .task(async (task) => {
        for (const each of operations) {
          const performed = this.#perform(task, each, start).catch((error: unknown) => errors.push(error))
          if (awaited) await performed
        }
      })
      .catch((error: unknown) => {
        if (error !== THROWN && !EXCUSABLE.has(errorCode(error))) throw error
      })
    if (errors.length > 0) throw errors[0]
    return { value: undefined }
  }

  #note(
    operation: Exclude<Operation, { kind: 'task' }>,
    name: string,
    ending: Ending,
    start: number,
    end: number,
  ): void {
    const value = 'value' in ending ? ending.value : undefined
    const failure = 'error' in ending ? (ending.error as VaultError) : undefined
    switch (operation.kind) {
      case 'get':
      case 'touch':
        if (failure === undefined) this.#look(operation.path, start, stateOf(value), end)
        break
      case 'throw':
        break
      case 'list':
      case 'find':
      case 'entries':
        if (failure === undefined) this.#noteListing(operation, value as unknown[], start, end)
        break
      case 'prune':
        this.#notePrune(operation.directory, name, value as number | undefined, failure, start, end)
        break
      case 'remove':
      case 'put':
      case 'update':
      case 'updateLater':
        this.#noteChange({ ...operation, name }, value, failure, start, end)
        break
      case 'write': {
        const results = (value ?? failure?.results ?? operation.changes.map(() => failure)) as unknown[]
        for (const [index, { path, pad }] of operation.changes.entries()) {
          const result = results[index]
          const error = result instanceof Error ? (result as VaultError) : undefined
          this.#noteBulk(
            { path, removes: pad === null, name: `${name}.${index}` },
            result as WriteResult,
            error,
            start,
            end,
          )
        }
      }
    }
  }

  #look(path: string, start: number, seen: State, end = start): void {
    this.steps.push({ path, start, end, apply: (state) => (state === seen ? state : undefined) })
  }

  #noteListing(
    { kind, directory }: { readonly kind: 'list' | 'find' | 'entries'; readonly directory: string },
    found: readonly unknown[],
    start: number,
    end: number,
  ): void {
    const values = new Map((kind === 'entries' ? found : found.map((each) => [each, null])) as [string, unknown][])
    if (kind !== 'list') {
      const paths = [...values.keys()]
      if (JSON.stringify(paths) !== JSON.stringify(sortedAsFound(directory, paths)))
        throw new Error(`Not in order: ${paths}`)
    }
    for (const path of PATHS) {
      const name = kind === 'list' ? path.slice(directory.length) : path
      if (!path.startsWith(directory) || (kind === 'list' && name.includes('/'))) continue
      const seen = values.has(name)
      if (seen && kind === 'entries') this.#look(path, start, stateOf(values.get(name)), end)
      else this.steps.push({ path, start, end, apply: (state) => ((state !== null) === seen ? state : undefined) })
    }
  }

  #notePrune(
    directory: string,
    name: string,
    removed: number | undefined,
    failure: VaultError | undefined,
    start: number,
    end: number,
  ): void {
    if (failure?.applied === 'no') return
    if (removed !== undefined) this.totals.set(name, removed)
    const counter = removed === undefined ? {} : { counter: name }
    for (const path of PATHS) {
      if (!path.startsWith(directory)) continue
      const apply = (): State => null
      // After a conflict it looks again, and may then remove what has been put in between.
      if (failure === undefined) this.steps.push({ path, start, end, apply, ...counter })
      this.steps.push({ path, start, end: failure === undefined ? end : Infinity, optional: true, apply, ...counter })
    }
  }

  #noteChange(
    operation: { readonly kind: string; readonly path: string; readonly name: string },
    value: unknown,
    failure: VaultError | undefined,
    start: number,
    end: number,
  ): void {
    const { kind, path, name } = operation
    const next = (state: State): State => {
      if (kind === 'remove') return null
      return kind === 'put' || state === null ? name : `${state},${name}`
    }
    if (failure === undefined) {
      const apply = (state: State): State | undefined => {
        if (kind === 'remove') return (state !== null) === value ? null : undefined
        if (kind === 'put') return name
        return next(state) === stateOf(value) ? next(state) : undefined
      }
      this.steps.push({ path, start, end, apply })
    } else if (failure.applied !== 'no') this.steps.push({ path, start, end: Infinity, optional: true, apply: next })
  }

  #noteBulk(
    { path, removes, name }: { readonly path: string; readonly removes: boolean; readonly name: string },
    result: WriteResult,
    failure: VaultError | undefined,
    start: number,
    end: number,
  ): void {
    const next = removes ? null : name
    if (failure === undefined) {
      const present = result === 'removed' || result === 'replaced'
      const apply = (state: State): State | undefined => ((state !== null) === present ? next : undefined)
      this.steps.push({ path, start, end, apply })
    } else if (failure.applied !== 'no')
      this.steps.push({ path, start, end: Infinity, optional: true, apply: () => next })
  }
}

function call(db: DocumentStore, operation: Exclude<Operation, { kind: 'task' }>, name: string): Promise<unknown> {
  switch (operation.kind) {
    case 'get':
      return db.get(operation.path)
    case 'remove':
      return db.remove(operation.path)
    case 'touch':
      return db.update(operation.path, (document) => document)
    case 'throw':
      return db.update(operation.path, () => {
        throw THROWN
      })
    case 'put':
      return db.put(operation.path, { by: [name], pad: filler(operation.pad) } satisfies Signed)
    case 'update':
    case 'updateLater': {
      const sign = (document: Signed | null): Signed => ({
        by: [...(document?.by ?? []), name],
        pad: filler(operation.pad),
      })
      return db.update<Signed>(operation.path, operation.kind === 'update' ? sign : async (document) => sign(document))
    }
    case 'list':
      return db.list(operation.directory)
    case 'find':
      return db.find(operation.directory).toArray()
    case 'entries':
      return db.entries(operation.directory).toArray()
    case 'prune':
      return db.prune(operation.directory)
    case 'write':
      return db.write(
        operation.changes.map(({ path, pad }, index): WriteOperation => {
          if (pad === null) return { remove: path }
          return { put: path, value: { by: [`${name}.${index}`], pad: filler(pad) } satisfies Signed }
        }),
      )
  }
}
