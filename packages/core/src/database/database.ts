import { VaultError } from '../errors.ts'
import { closedError } from '../operations/scheduler.ts'
import type { BlobStore } from '../store/contract.ts'
import { checkSecret } from '../vault/credentials.ts'
import { Documents } from './documents.ts'
import { createVault, type Engine, openOrCreateVault, openVault } from './engine.ts'
import { InFlight, withoutEffect } from './in-flight.ts'
import { keepEngine } from './internals.ts'
import { checkOperationOptions, checkStore, createSettings, openSettings } from './options.ts'
import type { CreateOptions, Credentials, FindOptions, OpenOptions, OperationOptions, Task } from './types.ts'

/**
 * An encrypted document database in a blob store. Make one with {@link VaultDB.create}, {@link VaultDB.open} or
 * {@link VaultDB.openOrCreate}; any number of clients may have the same vault open.
 *
 * @example
 * ```ts
 * import { createMemoryStore, VaultDB } from '@vaultdb/core'
 *
 * const db = await VaultDB.create(createMemoryStore(), { password: 'correct horse battery staple' })
 * await db.put('/logins/example', { username: 'ann', password: 'hunter2' })
 * await db.update<{ username: string }>('/logins/example', (login) => login && { ...login, username: 'bob' })
 * const login = await db.get('/logins/example')
 * await db.close()
 * ```
 */
export class VaultDB extends Documents {
  readonly #engine: Engine
  readonly #inFlight: InFlight
  #closing: Promise<void> | null = null

  private constructor(engine: Engine) {
    const inFlight = new InFlight(closedError)
    super(engine, inFlight)
    this.#engine = engine
    this.#inFlight = inFlight
    keepEngine(this, engine, inFlight)
  }

  /**
   * Creates a vault and opens it. Rejects with `ERR_EXISTS` where one is already, `ERR_ROLLBACK` if the witness has seen one
   * here that is gone, `ERR_UNAUTHORIZED`, `ERR_QUOTA`, `ERR_UNAVAILABLE` by the store; `TypeError` and `RangeError` for
   * wrong options.
   */
  static async create(store: BlobStore, options: CreateOptions & Credentials): Promise<VaultDB> {
    checkStore(store)
    return new VaultDB(await createVault(store, createSettings(options)))
  }

  /**
   * Opens a vault. Rejects with `ERR_MISSING` where there is none, `ERR_CREDENTIALS` for a wrong password or key,
   * `ERR_UNSUPPORTED` if it needs a newer version, `ERR_CORRUPT`, `ERR_ROLLBACK` and `ERR_FORK` for what cannot be trusted,
   * `ERR_ABORTED` by its signal, `ERR_UNAUTHORIZED` and `ERR_UNAVAILABLE` by the store; `TypeError` and `RangeError` for wrong options.
   */
  static async open(store: BlobStore, options: OpenOptions & Credentials): Promise<VaultDB> {
    checkStore(store)
    return new VaultDB(await openVault(store, openSettings(options)))
  }

  /**
   * Opens the vault, or creates it where there is none. The options of creation count only then. Rejects as `open` and `create`
   * do, but not with `ERR_MISSING` or `ERR_EXISTS`. A store that hides the vault gets a new, empty one, unless a `witness` has
   * seen the vault (`ERR_ROLLBACK`).
   */
  static async openOrCreate(store: BlobStore, options: CreateOptions & Credentials): Promise<VaultDB> {
    checkStore(store)
    return new VaultDB(await openOrCreateVault(store, createSettings(options)))
  }

  /**
   * Runs `work` with a {@link Task}: the same methods, whose reads are kept for as long as the task lasts. Its writes are
   * ordinary ones, applied as they come; there is no rollback. Waits for all operations of the task, also for those that
   * `work` did not await, and then resolves to what `work` returned; if one of those that it left under way failed, rejects with
   * that. Its `signal` gives up those operations that have none of their own.
   */
  task<T>(work: (task: Task) => T | Promise<T>, options?: OperationOptions): Promise<T> {
    return this.#inFlight.begin(async () => {
      if (typeof work !== 'function') throw new TypeError('task() takes a function.')
      checkOperationOptions(options, ['signal'], 'task()')
      const ended = (): VaultError =>
        new VaultError('ERR_CLOSED', 'The task has ended: its methods work only until then.')
      const inFlight = new InFlight(ended)
      const scope = { since: this.#engine.manager.requests.tick, signal: options?.signal }
      const task = new TaskDocuments(this.#engine, inFlight, scope)
      let result: T
      try {
        result = await work(task)
      } catch (error) {
        await inFlight.settled()
        inFlight.close()
        throw error
      }
      const [lost] = await inFlight.settled()
      inFlight.close()
      if (lost !== undefined) throw lost
      return result
    })
  }

  /**
   * Replaces the slot that `oldPassword` opens by one for `newPassword`, at the same cost of key derivation. Old copies
   * of the root file (backups, versions that a store keeps) still open with the old password. Rejects with `ERR_CREDENTIALS` if no password slot opens, as writes do if the root file cannot
   * be replaced, and with a `TypeError` or `RangeError` for a password that is empty, has lone surrogates or more than 1,024 bytes.
   */
  changePassword(oldPassword: string, newPassword: string, options?: OperationOptions): Promise<void> {
    return this.#inFlight.beginWrite(async () => {
      checkOperationOptions(options, ['signal'], 'changePassword()')
      const old = checkSecret({ password: oldPassword })
      const next = checkSecret({ password: newPassword })
      try {
        await this.#engine.root.changeSecret(old, next, options?.signal)
      } catch (error) {
        throw withoutEffect(error)
      }
    })
  }

  /**
   * Waits for what is under way, also in the background, and refuses everything after. The store stays open: it is yours. Not
   * to be awaited inside a task or a change function of this database, which it waits for.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#inFlight.close()
    await this.#inFlight.settled()
    const { scheduler, manager, witness } = this.#engine
    await scheduler.idle()
    await manager.idle()
    await witness.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The operations over one cache that lasts as long as the task. */
class TaskDocuments extends Documents implements Task {
  preload(options?: FindOptions): Promise<void> {
    return this.readAll(options)
  }
}
