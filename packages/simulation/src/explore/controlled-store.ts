import { createHash } from 'node:crypto'
import {
  type BlobStore,
  type ReadOptions,
  type RequestOptions,
  type StoreCapabilities,
  type StoredBlob,
  VaultError,
  type Version,
} from '@vaultdb/core'

/** What becomes of a store call. */
export type Outcome =
  /** It is carried out, and the answer arrives: success, or a conflict where there is one. */
  | 'done'
  /** It is carried out, and the answer is under way; the driver decides when it arrives, perhaps after later ones. */
  | 'slow'
  /** A write is carried out and the answer lost. */
  | 'lost'
  /** It never arrives; the caller hears of a timeout. */
  | 'timeout'
  /** A write stays under way after the caller has heard of a timeout; the driver decides when it arrives. */
  | 'late'
  /** A write is carried out twice by something below the adapter, so that the answer is a conflict with itself. */
  | 'resent'
  /** A write is refused for want of room. */
  | 'refused'
  /** A write is refused because the file is larger than the store takes. */
  | 'too-large'
  /** It is refused for want of permission. */
  | 'unauthorized'
  /** A read shows the file cut off in the middle. */
  | 'torn'
  /** A read shows no file while one is being replaced. */
  | 'absent'

/** Outcomes of a read and of a write, the ordinary one first. */
export const OUTCOMES: Readonly<Record<'read' | 'write', readonly Outcome[]>> = {
  read: ['done', 'slow', 'timeout', 'torn', 'absent', 'unauthorized'],
  write: ['done', 'slow', 'lost', 'late', 'timeout', 'resent', 'refused', 'too-large', 'unauthorized'],
}

/** A call that a client waits for. */
export interface StoreCall {
  readonly client: number
  /** Number of the call among its client's. */
  readonly number: number
  readonly kind: 'read' | 'write'
  readonly key: string
  readonly data?: Uint8Array
  /** Of a write: the version to be replaced. Of a read: the version that need not be sent again. */
  readonly version: Version | null
  /** Settles the caller's promise. */
  readonly answer: (result: StoredBlob | 'unchanged' | null | Version | VaultError) => void
}

/** A write whose caller has given up and that may still arrive. */
export type LateWrite = Pick<StoreCall, 'client' | 'number' | 'key' | 'data' | 'version'>

/** An answer that is under way. */
export type SlowAnswer = Pick<StoreCall, 'client' | 'number' | 'kind' | 'key'> & { readonly deliver: () => void }

/** What one client has asked for so far, and what it met. */
export interface Tally {
  /** Of shard files. */
  reads: number
  writes: number
  /** Reads and writes of the root file. */
  rootCalls: number
  /** Writes answered with a conflict. */
  conflicts: number
  /** Writes of its own that were applied when they were sent, and not later. */
  applied: number
  readonly faults: Set<Outcome>
  /** Calls that did not simply succeed. */
  faultCount: number
  /** Rounds since {@link ControlledStore.countRounds}: calls that were made one upon the answer to the other. */
  rounds: number
  /** The round of the call whose answer came last. */
  answered: number
}

/** Called right after a file was replaced. */
export type OnApply = (key: string, data: Uint8Array) => void

const timedOut = (): VaultError => new VaultError('ERR_UNAVAILABLE', 'Simulated timeout.')

const digests = new WeakMap<Uint8Array, string>()

function digest(data: Uint8Array): string {
  const known = digests.get(data)
  if (known !== undefined) return known
  const made = createHash('sha1').update(data).digest('base64')
  digests.set(data, made)
  return made
}

function digestOf(answer: StoredBlob | 'unchanged' | null): string {
  return answer === null || answer === 'unchanged' ? String(answer) : digest(answer.data)
}

/** A blob store that does nothing by itself: each call waits until the driver has decided what becomes of it. */
export class ControlledStore {
  readonly files: Map<string, StoredBlob> = new Map()
  readonly calls: Set<StoreCall> = new Set()
  readonly late: Set<LateWrite> = new Set()
  readonly answers: Set<SlowAnswer> = new Set()
  /** Writes of clients after they have closed their databases. */
  readonly unruly: Pick<StoreCall, 'client' | 'key'>[] = []
  readonly #onApply: OnApply
  #applied = 0
  readonly #closed = new Set<number>()
  readonly #capabilities: StoreCapabilities
  readonly #tallies = new Map<number, Tally>()
  /** By client: what it was answered so far, hashed. */
  readonly #histories = new Map<number, string>()
  /** By client and key: the version that the client has read or written, and not failed to replace since. */
  readonly #known = new Map<string, Version>()
  /** By client and key: torn answers in a row. */
  readonly #tornInARow = new Map<string, number>()

  constructor(onApply: OnApply, atomicReads: boolean) {
    this.#onApply = onApply
    this.#capabilities = {
      atomicCreate: true,
      atomicUpdate: true,
      atomicReads,
      conditionalDelete: true,
      trustworthyListings: true,
      crossProcess: true,
      durable: true,
      maxBlobBytes: null,
    }
  }

  /** Puts files there before anybody looks. */
  load(files: ReadonlyMap<string, Uint8Array>): void {
    for (const [key, data] of files) this.files.set(key, { data, version: '1' })
  }

  /**
   * Stands for everything on which the future depends, given the same decisions: the files, the writes under way, and each
   * client's history of answers (which, with randomness and time of its own, is all that a client's state depends on).
   */
  fingerprint(): string {
    const files = [...this.files].map(([key, { data, version }]) => `${key} ${version} ${digest(data)}`).sort()
    const late = [...this.late, ...this.answers].map(({ client, number }) => `${client}#${number}`).sort()
    const histories = [...this.#histories].map(([client, history]) => `${client} ${history}`).sort()
    return createHash('sha1')
      .update(JSON.stringify([files, late, histories]))
      .digest('base64')
  }

  /** Counts what a client does, from its first call on. */
  tally(client: number): Tally {
    const known = this.#tallies.get(client)
    if (known !== undefined) return known
    const counts = {
      reads: 0,
      writes: 0,
      rootCalls: 0,
      conflicts: 0,
      applied: 0,
      faultCount: 0,
      rounds: 0,
      answered: 0,
    }
    const tally: Tally = { ...counts, faults: new Set() }
    this.#tallies.set(client, tally)
    return tally
  }

  /** From now on a client's calls are of a first round again. */
  countRounds(client: number): void {
    const tally = this.tally(client)
    tally.rounds = 0
    tally.answered = 0
  }

  /** Writes that were applied so far, all clients' together. */
  get applied(): number {
    return this.#applied
  }

  /** Whether a client waits for an answer to a call after its first `calls`. */
  isWaitedForBy(client: number, calls: number): boolean {
    for (const each of [...this.calls, ...this.answers]) if (each.client === client && each.number > calls) return true
    return false
  }

  /** A client's database is closed: a write of it from now on, or one still under way, is {@link unruly}. */
  close(client: number): void {
    this.#closed.add(client)
    for (const call of [...this.calls, ...this.answers]) {
      if (call.client === client && call.kind === 'write') this.unruly.push(call)
    }
  }

  /** How many calls a client has made. */
  callsOf(client: number): number {
    const { reads, writes, rootCalls } = this.tally(client)
    return reads + writes + rootCalls
  }

  /** Whether a client knows the present state of the file from its last read or write of it. */
  isKnown(client: number, key: string): boolean {
    return this.#known.get(`${client} ${key}`) === this.files.get(key)?.version
  }

  /** The store as one client sees it. */
  connect(client: number): BlobStore {
    const unsupported = (): VaultError => new VaultError('ERR_UNSUPPORTED', 'The engine never asks for this.')
    return {
      name: 'simulated',
      capabilities: this.#capabilities,
      read: (key: string, options: ReadOptions = {}) =>
        this.#call<StoredBlob | 'unchanged' | null>(
          { client, kind: 'read', key, version: options.unlessVersion ?? null },
          options,
        ),
      write: (key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}) =>
        this.#call<Version>({ client, kind: 'write', key, data, version: expected }, options),
      delete: () => Promise.reject(unsupported()),
      list: () => {
        throw unsupported()
      },
    }
  }

  #call<T>(request: Omit<StoreCall, 'answer' | 'number'>, { signal }: RequestOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(new VaultError('ERR_ABORTED', 'Aborted before it was sent.'))
      const tally = this.tally(request.client)
      if (request.key === 'vault') tally.rootCalls++
      else if (request.kind === 'read') tally.reads++
      else tally.writes++
      const number = this.callsOf(request.client)
      const round = tally.answered + 1
      tally.rounds = Math.max(tally.rounds, round)
      const stop = (): void => {
        // Given up; unless it was carried out already, a write may still arrive.
        if (request.kind === 'write' && this.calls.has(call)) this.late.add(call)
        for (const answer of this.answers) {
          if (answer.client === call.client && answer.number === number) this.answers.delete(answer)
        }
        call.answer(request.kind === 'write' ? timedOut() : new VaultError('ERR_ABORTED', 'Aborted.'))
      }
      const call: StoreCall = {
        ...request,
        number,
        answer: (result) => {
          this.calls.delete(call)
          tally.answered = round
          signal?.removeEventListener('abort', stop)
          if (result instanceof VaultError) reject(result)
          else resolve(result as T)
        },
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.calls.add(call)
      if (call.kind === 'write' && this.#closed.has(call.client)) this.unruly.push(call)
    })
  }

  /** Whether an outcome can be told apart from the others for this call, and is allowed by the store's contract. */
  allows(call: StoreCall, outcome: Outcome): boolean {
    if (!OUTCOMES[call.kind].includes(outcome)) return false
    if (outcome === 'torn' || outcome === 'absent') {
      const torn = this.#tornInARow.get(`${call.client} ${call.key}`) ?? 0
      return !this.#capabilities.atomicReads && torn < 2 && this.files.has(call.key)
    }
    if (outcome === 'lost' || outcome === 'late' || outcome === 'resent') return this.#matches(call)
    return true
  }

  /** Lets a call come to an end. */
  settle(call: StoreCall, outcome: Outcome): void {
    const answer = call.kind === 'read' ? digestOf(this.#read(call)) : String(this.#matches(call))
    this.remember(call.client, `${call.number} ${outcome} ${answer}`)
    const torn = outcome === 'torn' || outcome === 'absent'
    const place = `${call.client} ${call.key}`
    if (call.kind === 'read') this.#tornInARow.set(place, torn ? (this.#tornInARow.get(place) ?? 0) + 1 : 0)
    const tally = this.tally(call.client)
    if (outcome !== 'done' && outcome !== 'slow') {
      tally.faults.add(outcome)
      tally.faultCount++
    }
    const before = this.#applied
    const result = this.#carryOut(call, outcome)
    tally.applied += this.#applied - before
    if (result instanceof VaultError && result.code === 'ERR_CONFLICT') tally.conflicts++
    if (result !== null && !(result instanceof VaultError) && outcome !== 'torn')
      this.#known.set(place, this.files.get(call.key)?.version ?? '')
    else if (call.kind === 'write') this.#known.delete(place)
    if (outcome === 'slow') this.#answerLater(call, result)
    else call.answer(result)
  }

  #answerLater(call: StoreCall, result: Parameters<StoreCall['answer']>[0]): void {
    const { client, number, kind, key } = call
    this.calls.delete(call)
    const answer: SlowAnswer = {
      client,
      number,
      kind,
      key,
      deliver: () => {
        this.answers.delete(answer)
        this.remember(client, `${number} delivered`)
        call.answer(result)
      },
    }
    this.answers.add(answer)
  }

  /** Takes down something that a client was told. */
  remember(client: number, what: string): void {
    const history = `${this.#histories.get(client)} ${what}`
    this.#histories.set(client, createHash('sha1').update(history).digest('base64'))
  }

  /** Does to the files what the outcome says, and tells what the caller hears of it. */
  #carryOut(call: StoreCall, outcome: Outcome): StoredBlob | 'unchanged' | null | Version | VaultError {
    switch (outcome) {
      case 'done':
      case 'slow':
        return call.kind === 'read' ? this.#read(call) : this.#write(call)
      case 'lost':
        this.#write(call)
        return timedOut()
      case 'late':
        this.late.add(call)
        return timedOut()
      case 'timeout':
        return timedOut()
      case 'resent':
        this.#write(call)
        return this.#write(call)
      case 'refused':
        return new VaultError('ERR_QUOTA', 'Simulated lack of room.')
      case 'too-large':
        return new VaultError('ERR_TOO_LARGE', 'Simulated limit of file sizes.')
      case 'unauthorized':
        return new VaultError('ERR_UNAUTHORIZED', 'Simulated lack of permission.')
      case 'torn': {
        const { data, version } = this.files.get(call.key) as StoredBlob
        return { data: data.slice(0, data.length >> 1), version }
      }
      case 'absent':
        return null
    }
  }

  /** A late write arrives: it is applied if the file still is the one that it was to replace. */
  arrive(write: LateWrite): void {
    this.late.delete(write)
    this.#write(write)
  }

  /** Everything that a client had under way: reads are gone, writes may still arrive. */
  abandon(client: number): void {
    for (const call of this.calls) {
      if (call.client !== client) continue
      this.calls.delete(call)
      if (call.kind === 'write') this.late.add(call)
    }
    for (const answer of this.answers) if (answer.client === client) this.answers.delete(answer)
  }

  #matches({ key, version }: Pick<StoreCall, 'key' | 'version'>): boolean {
    return (this.files.get(key)?.version ?? null) === version
  }

  #read({ key, version }: StoreCall): StoredBlob | 'unchanged' | null {
    const file = this.files.get(key)
    if (file === undefined) return null
    return version !== null && file.version === version ? 'unchanged' : file
  }

  #write(call: Pick<StoreCall, 'client' | 'key' | 'data' | 'version'>): Version | VaultError {
    const { key, data } = call
    if (!this.#matches(call) || data === undefined) return new VaultError('ERR_CONFLICT', 'Simulated conflict.')
    const next = String(Number(this.files.get(key)?.version ?? 0) + 1)
    this.files.set(key, { data, version: next })
    this.#applied++
    this.#onApply(key, data)
    return next
  }
}
