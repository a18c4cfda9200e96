import { setImmediate } from 'node:timers/promises'
import { createMemoryStore, createMemoryWitness, VaultError, type VaultErrorCode } from '@vaultdb/core'
import { type DecideFault, type Fault, type FaultyStore, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { appendToLog, emptyLog, logHasWrite } from '../../src/format/sequence-log.ts'
import type { BlobStore, StoredBlob } from '../../src/store/contract.ts'
import { checkSecret, createSlot, type Secret } from '../../src/vault/credentials.ts'
import { Requests, type RetryPolicy } from '../../src/vault/requests.ts'
import {
  baseOf,
  existsError,
  failedWrite,
  judgeWrite,
  notApplied,
  type RootContext,
  VaultRoot,
} from '../../src/vault/root.ts'
import { WitnessBook } from '../../src/vault/witness.ts'
import { bytesFrom } from '../format/deterministic.ts'
import { createQuickRuntime } from './quick-runtime.ts'

const PARAMETERS = { shardBytes: 4096, maxDocumentBytes: 2048, compression: 'none' } as const
const RETRY: RetryPolicy = { requestAttempts: 3, conflictAttempts: 4, maxDelayMs: 10_000 }
/** No client makes so many. */
const MOST_PAUSES = 50
const KEY = checkSecret({ key: bytesFrom(0, 32) })

interface Client {
  readonly context: RootContext
  readonly store: FaultyStore
  readonly runtime: ReturnType<typeof createQuickRuntime>
  readonly pausesMs: readonly number[]
}

let clients = 0

/** One more client, whose requests to `inner` meet faults. */
async function clientOf(inner: BlobStore, decide?: DecideFault): Promise<Client> {
  const runtime = createQuickRuntime(++clients)
  const pausesMs: number[] = []
  runtime.jitter = () => 1
  runtime.sleep = async (ms, signal) => {
    if (pausesMs.push(ms) > MOST_PAUSES) throw new Error('It goes on for ever.')
    signal?.throwIfAborted()
  }
  const store = withFaults(inner, decide)
  const requests = new Requests(store, runtime, RETRY)
  const witness = await WitnessBook.load(createMemoryWitness())
  return { context: { crypto: { runtime, allowInsecureContext: false }, requests, witness }, store, runtime, pausesMs }
}

/** The first of the steps in which a vault comes to be. */
const begin = ({ context }: Client, secret: Secret = KEY): Promise<VaultRoot> =>
  VaultRoot.create(context, secret, PARAMETERS, {})

const finish = (root: VaultRoot): Promise<void> =>
  root.change((_header, config) => ({ config: { ...config, pending: false } }))

/** A root file at its second write, as that of every vault in use. */
async function create(client: Client, secret: Secret = KEY): Promise<VaultRoot> {
  const root = await begin(client, secret)
  await finish(root)
  return root
}

async function open({ context }: Client, secret: Secret = KEY): Promise<VaultRoot> {
  const { blob } = await context.requests.read('vault', {})
  return await VaultRoot.open(context, secret, blob as StoredBlob)
}

/** Anything that changes the root file: one more name of a slot that there is not. */
const rename = (root: VaultRoot, name: string): Promise<void> =>
  root.change((_header, config) => ({ config: { ...config, slotNames: [...config.slotNames, [slotId(name), name]] } }))
const slotId = (name: string): string => toBase64Url(bytesFrom(name.length, 8))
const namesIn = (root: VaultRoot): string[] => root.config.slotNames.map(([, name]) => name)
const writesOf = ({ store }: Client): number => store.requests.filter(({ request }) => request.kind === 'write').length

/** A vault, a client that has created it, and another that has opened it. */
async function twoClients() {
  const inner = createMemoryStore()
  const [one, other] = [await clientOf(inner), await clientOf(inner)]
  const root = await create(one)
  return { inner, one, other, root, otherRoot: await open(other) }
}

describe('creating', () => {
  test('writes a pending root that says what was asked for', async () => {
    const client = await clientOf(createMemoryStore())
    const root = await begin(client)
    expect(root.config).toMatchObject({
      ...PARAMETERS,
      seq: 1,
      pending: true,
      map: [{ lo: FIRST_KEY, shard: '0' }],
      slotNames: [],
      critical: [],
      ignorable: [],
      log: {
        entries: [{ seq: 1, base: toBase64Url(new Uint8Array(8)), removed: [], timeMs: client.runtime.now() }],
        olderIds: [],
      },
    })
    expect([root.config.routingKey.length, root.config.keys.map(({ key }) => key.length)]).toEqual([32, [32]])
    expect(root.header).toMatchObject({ slots: [{ kind: 'key' }] })
    expect(root.shardContext).toEqual({
      crypto: client.context.crypto,
      vault: root.header.vault,
      keys: root.config.keys,
      compression: 'none',
    })
    expect((await open(await clientOf(client.store))).config).toEqual(root.config)
  })

  test('is remembered by the witness', async () => {
    const client = await clientOf(createMemoryStore())
    const { header } = await begin(client)
    const { witness } = client.context
    expect(witness.recall('vault')).toMatchObject({ seq: 1 })
    expect(() => witness.pin(header.vault)).not.toThrow()
    expect(() => witness.pin(toBase64Url(bytesFrom(0, 16)))).toThrow(expect.objectContaining({ code: 'ERR_ROLLBACK' }))
  })

  test('where a vault is, or anything else, is ERR_EXISTS, and nothing is touched', async () => {
    for (const there of ['vault', 'other'] as const) {
      const inner = createMemoryStore()
      if (there === 'vault') await begin(await clientOf(inner))
      else await inner.write('vault', bytesFrom(0, 100), null)
      const before = await inner.read('vault')
      const late = await clientOf(inner)
      await expect(begin(late)).rejects.toMatchObject({ code: 'ERR_EXISTS', applied: 'no' })
      expect(await inner.read('vault')).toEqual(before)
      expect(late.context.witness.hasSeen).toBe(false)
    }
  })

  test('in a place that holds a newer format is ERR_EXISTS', async () => {
    const inner = createMemoryStore()
    const header = { format: 'vaultdb', version: 2 }
    await inner.write('vault', Buffer.from(`${JSON.stringify(header)}\n`), null)
    await expect(begin(await clientOf(inner))).rejects.toMatchObject({ code: 'ERR_EXISTS' })
  })

  test('whose answer is lost finds its own file', async () => {
    let writes = 0
    const client = await clientOf(createMemoryStore(), ({ kind }) =>
      kind === 'write' && ++writes === 1 ? 'lose-answer' : 'pass',
    )
    const root = await begin(client)
    expect(root.config.seq).toBe(1)
    await finish(root)
    expect(root.config.seq).toBe(2)
  })

  test('whose answer is lost, and whose vault somebody else has finished meanwhile, goes on from there', async () => {
    const inner = createMemoryStore()
    const meanwhile = async (): Promise<void> => finish(await open(await clientOf(inner)))
    let writes = 0
    const client = await clientOf(inner, ({ kind }) => {
      if (kind !== 'write') return 'pass'
      writes++
      if (writes === 1) return 'lose-answer'
      return writes === 2 ? { delayUntil: meanwhile() } : 'pass'
    })
    const root = await begin(client)
    expect(client.context.witness.recall('vault')).toMatchObject({ seq: 2 })
    expect(root.config).toMatchObject({ seq: 2, pending: false })
    await rename(root, 'a')
    expect((await open(await clientOf(inner))).config.seq).toBe(3)
  })

  test.each([null, 'unchanged'] as const)('is not moved by an answer from before its own write: %s', async (answer) => {
    const faults: Fault[] = ['lose-answer', 'pass', { answer }]
    const client = await clientOf(createMemoryStore(), () => faults.shift() ?? 'pass')
    const root = await begin(client)
    expect(client.store.requests.map(({ request }) => request.kind)).toEqual([
      'write',
      'write',
      'read',
      'write',
      'read',
    ])
    await finish(root)
  })

  test('whose answer is lost and that cannot be looked for is unknown, and so is one whose file is damaged', async () => {
    for (const look of ['unreadable', 'damaged'] as const) {
      const inner = createMemoryStore()
      let writes = 0
      const client = await clientOf(inner, (request) => {
        if (request.kind === 'write') return ++writes === 1 ? 'lose-answer' : 'pass'
        return look === 'unreadable' ? new VaultError('ERR_UNAVAILABLE', 'no') : { answer: damaged }
      })
      let damaged: StoredBlob | null = null
      client.runtime.sleep = async () => {
        const { data, version } = (await inner.read('vault')) as StoredBlob
        damaged = { data: Uint8Array.from(data, (byte, at) => (at > data.length - 9 ? byte ^ 1 : byte)), version }
      }
      await expect(begin(client)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' })
    }
  })

  test('that somebody else has finished so often that its log forgot is unknown', async () => {
    const inner = createMemoryStore()
    const busy = async (): Promise<void> => {
      const root = await open(await clientOf(inner))
      for (let time = 0; time < 90; time++) await finish(root)
    }
    let writes = 0
    const client = await clientOf(inner, ({ kind }) => {
      if (kind !== 'write') return 'pass'
      return ++writes === 1 ? 'lose-answer' : { delayUntil: busy() }
    })
    await expect(begin(client)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
  })

  test('that is refused says so; that is never answered is unknown', async () => {
    const refused = await clientOf(createMemoryStore(), () => new VaultError('ERR_QUOTA', 'full'))
    await expect(begin(refused)).rejects.toMatchObject({ code: 'ERR_QUOTA', applied: 'no' })
    const unanswered = await clientOf(createMemoryStore(), () => 'drop')
    await expect(begin(unanswered)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' })
    for (const { context } of [refused, unanswered]) expect(context.witness.hasSeen).toBe(false)
  })

  test('can be given up', async () => {
    const client = await clientOf(createMemoryStore())
    const signal = AbortSignal.abort()
    const creating = VaultRoot.create(client.context, KEY, PARAMETERS, { signal })
    await expect(creating).rejects.toMatchObject({ code: 'ERR_ABORTED', applied: 'no' })
    expect(await client.store.read('vault')).toBeNull()
  })
})

describe('refreshing', () => {
  test('takes over what is newer, and asks for no body when nothing is', async () => {
    const { root, otherRoot, other } = await twoClients()
    await rename(root, 'a')
    await otherRoot.refresh()
    expect(namesIn(otherRoot)).toEqual(['a'])
    expect(other.context.witness.recall('vault')).toMatchObject({ seq: 3 })
    const before = otherRoot.config
    await otherRoot.refresh()
    expect(otherRoot.config).toBe(before)
    expect(other.store.requests.at(-1)?.request).toMatchObject({ kind: 'read', unlessVersion: expect.any(String) })
  })

  test('never takes over an older state, also where the answer may rightly be one', async () => {
    const { inner, root } = await twoClients()
    let isSlow = false
    let release: () => void = () => undefined
    const late = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = await clientOf(inner, ({ kind }) => {
      if (kind !== 'read' || !isSlow) return 'pass'
      isSlow = false
      return { answerAfter: late }
    })
    const slowRoot = await open(slow)
    await rename(root, 'a')
    isSlow = true
    const reading = slowRoot.refresh()
    await rename(slowRoot, 'own')
    release()
    await reading
    expect(namesIn(slowRoot)).toEqual(['a', 'own'])
  })

  test('takes over another version of the same state: a file that was copied back', async () => {
    const { inner, root, one } = await twoClients()
    const { data, version } = (await inner.read('vault')) as StoredBlob
    await inner.delete('vault', version)
    await inner.write('vault', data, null)
    await root.refresh()
    const before = writesOf(one)
    await rename(root, 'a')
    expect(writesOf(one)).toBe(before + 1)
  })

  test('where the file is gone is damage; where it is another history, a fork', async () => {
    const { inner, root } = await twoClients()
    const blob = (await inner.read('vault')) as StoredBlob
    const twin = createMemoryStore()
    await twin.write('vault', blob.data, null)
    await rename(await open(await clientOf(twin)), 'elsewhere')
    await rename(root, 'here')
    const [elsewhere, here] = [await twin.read('vault'), await inner.read('vault')]
    await inner.delete('vault', (here as StoredBlob).version)
    await expect(root.refresh()).rejects.toMatchObject({
      code: 'ERR_CORRUPT',
      message: expect.stringMatching(/missing/),
    })
    await inner.write('vault', (elsewhere as StoredBlob).data, null)
    await expect(root.refresh()).rejects.toMatchObject({ code: 'ERR_FORK' })
    expect(namesIn(root)).toEqual(['here'])
  })

  test('can be given up', async () => {
    const { root } = await twoClients()
    await expect(root.refresh(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('opening', () => {
  test('is judged and remembered like any reading', async () => {
    const { inner, root } = await twoClients()
    const old = (await inner.read('vault')) as StoredBlob
    await rename(root, 'a')
    const { context } = await clientOf(inner)
    await VaultRoot.open(context, KEY, (await inner.read('vault')) as StoredBlob)
    expect(context.witness.recall('vault')).toMatchObject({ seq: 3 })
    await expect(VaultRoot.open(context, KEY, old)).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    const foreign = createMemoryStore()
    await create(await clientOf(foreign))
    const opening = VaultRoot.open(context, KEY, (await foreign.read('vault')) as StoredBlob)
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_ROLLBACK',
      message: expect.stringMatching(/^Another vault/),
    })
  })

  test('pins nothing that was not authentic: the vault itself opens afterwards', async () => {
    const { inner } = await twoClients()
    const foreign = createMemoryStore()
    await create(await clientOf(foreign))
    const { data, version } = (await foreign.read('vault')) as StoredBlob
    const { context } = await clientOf(inner)
    const torn = { data: data.slice(0, -1), version }
    await expect(VaultRoot.open(context, KEY, torn)).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    expect(context.witness.hasSeen).toBe(false)
    await VaultRoot.open(context, KEY, (await inner.read('vault')) as StoredBlob)
  })
})

describe('changing', () => {
  test('raises seq by one, names its base, and keeps what it does not change', async () => {
    const { inner, one, root } = await twoClients()
    const before = (await inner.read('vault')) as StoredBlob
    const { header, config } = root
    await rename(root, 'a')
    expect(root.header).toBe(header)
    expect({ ...root.config, seq: 2, log: config.log, slotNames: [] }).toEqual(config)
    expect(root.config.seq).toBe(3)
    const base = toBase64Url(one.runtime.sha256?.(before.data).subarray(0, 8) ?? new Uint8Array(0))
    expect(root.config.log.entries.at(-1)).toMatchObject({ seq: 3, base, removed: [], timeMs: one.runtime.now() })
    expect(one.context.witness.recall('vault')).toMatchObject({ seq: 3 })
    expect((await open(await clientOf(inner))).config).toEqual(root.config)
  })

  test('nothing writes nothing', async () => {
    const { one, root } = await twoClients()
    await root.change(() => null)
    expect(writesOf(one)).toBe(2)
  })

  test('twice at once is done one after the other, without a conflict', async () => {
    const { one, root } = await twoClients()
    await Promise.all([rename(root, 'a'), rename(root, 'bb')])
    expect(namesIn(root)).toEqual(['a', 'bb'])
    expect(one.store.requests.filter(({ request, answer }) => request.kind === 'write' && answer !== 'ok')).toEqual([])
  })

  test('that fails does not keep the next one from being done', async () => {
    const { root } = await twoClients()
    const failing = root.change(() => {
      throw new Error('no')
    })
    const next = rename(root, 'a')
    await expect(failing).rejects.toThrow('no')
    await next
    expect(namesIn(root)).toEqual(['a'])
  })

  test('after others have is done on top of theirs, at once', async () => {
    const { root, otherRoot, other } = await twoClients()
    await rename(root, 'a')
    await rename(otherRoot, 'bb')
    expect(namesIn(otherRoot)).toEqual(['a', 'bb'])
    expect([writesOf(other), other.pausesMs]).toEqual([2, []])
  })

  test('against others that never rest is ERR_CONTENTION in the end, with growing pauses', async () => {
    const inner = createMemoryStore()
    const root = await create(await clientOf(inner))
    let names = 0
    const contested = await clientOf(inner, (request) =>
      request.kind === 'write' ? { delayUntil: rename(root, 'n'.repeat(++names)) } : 'pass',
    )
    const late = await open(contested)
    await expect(rename(late, 'late')).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
    expect(writesOf(contested)).toBe(RETRY.conflictAttempts)
    expect(contested.pausesMs).toEqual([2, 4, 8])
  })

  test('that only ever meets conflicts, though nobody writes, is not taken for done', async () => {
    const inner = createMemoryStore()
    await create(await clientOf(inner))
    const refusing = await clientOf(inner, ({ kind }) =>
      kind === 'write' ? new VaultError('ERR_CONFLICT', 'no') : 'pass',
    )
    const root = await open(refusing)
    await expect(rename(root, 'a')).rejects.toMatchObject({ code: 'ERR_CONTENTION' })
    expect([root.config.seq, refusing.context.witness.recall('vault')?.seq]).toEqual([2, 2])
  })

  test('can be given up while others do not rest', async () => {
    const inner = createMemoryStore()
    const root = await create(await clientOf(inner))
    const abort = new AbortController()
    let names = 0
    const contested = await clientOf(inner, (request) => {
      if (request.kind !== 'write') return 'pass'
      if (++names === 2) abort.abort()
      return { delayUntil: rename(root, 'n'.repeat(names)) }
    })
    const late = await open(contested)
    const changing = late.change((_header, config) => ({ config }), abort.signal)
    await expect(changing).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(ABORTED|OUTCOME_UNKNOWN)$/) })
    expect(writesOf(contested)).toBe(2)
  })

  test('whose answer is lost is done once, whether or not others went on', async () => {
    for (const isOvertaken of [false, true]) {
      const inner = createMemoryStore()
      const root = await create(await clientOf(inner))
      let writes = 0
      const client = await clientOf(inner, ({ kind }) => {
        if (kind !== 'write') return 'pass'
        writes++
        if (writes === 1) return 'lose-answer'
        return isOvertaken && writes === 2 ? { delayUntil: root.refresh().then(() => rename(root, 'other')) } : 'pass'
      })
      const own = await open(client)
      await rename(own, 'own')
      expect(namesIn(own)).toEqual(isOvertaken ? ['own', 'other'] : ['own'])
      await rename(own, 'once more')
      expect(namesIn(own)).toHaveLength(isOvertaken ? 3 : 2)
    }
  })

  test.each<readonly [VaultErrorCode, 'no' | 'unknown', VaultErrorCode]>([
    ['ERR_QUOTA', 'no', 'ERR_QUOTA'],
    ['ERR_UNAVAILABLE', 'unknown', 'ERR_OUTCOME_UNKNOWN'],
  ])('that is answered %s is applied: %s', async (code, applied, expected) => {
    const inner = createMemoryStore()
    await create(await clientOf(inner))
    const client = await clientOf(inner, ({ kind }) => (kind === 'write' ? new VaultError(code, 'no') : 'pass'))
    const root = await open(client)
    await expect(rename(root, 'a')).rejects.toMatchObject({ code: expected, applied })
    expect([root.config.seq, client.context.witness.recall('vault')?.seq]).toEqual([2, 2])
  })

  test('does not forget what a read has shown while its answer was on the way', async () => {
    const inner = createMemoryStore()
    const busy = await create(await clientOf(inner))
    const slow = await clientOf(inner, ({ kind }) => (kind === 'write' ? { answerAfter: overtake() } : 'pass'))
    const root = await open(slow)
    const overtake = async (): Promise<void> => {
      await setImmediate() // the write is done by now; only its answer is missing
      await busy.refresh()
      await rename(busy, 'other')
      await root.refresh()
    }
    await rename(root, 'own')
    expect(namesIn(root)).toEqual(['own', 'other'])
  })
})

describe('changing what opens the vault', () => {
  const password = (text: string): Secret => checkSecret({ password: text })

  test('replaces the slot that the old secret opens, at the same cost, and no other', async () => {
    const client = await clientOf(createMemoryStore())
    const kdf = { name: 'argon2id', memoryKiB: 32_768, passes: 2, parallelism: 2 } as const
    const root = await VaultRoot.create(client.context, password('old'), PARAMETERS, { kdf })
    await finish(root)
    const [old] = root.header.slots
    await root.changeSecret(password('old'), password('next'))
    const [next] = root.header.slots
    expect(next).toMatchObject({ kind: 'password', kdf: { name: 'argon2id', m: 32_768, t: 2, p: 2 } })
    expect(next?.id).not.toBe(old?.id)
    expect(root.header.slots).toHaveLength(1)
    await expect(open(await clientOf(client.store), password('old'))).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
    expect((await open(await clientOf(client.store), password('next'))).config).toEqual(root.config)
  })

  test('from a password to a key and back', async () => {
    const client = await clientOf(createMemoryStore())
    const root = await create(client, password('old'))
    await root.changeSecret(password('old'), KEY)
    expect(root.header.slots).toMatchObject([{ kind: 'key' }])
    await root.changeSecret(KEY, password('next'))
    expect(root.header.slots).toMatchObject([{ kind: 'password', kdf: { name: 'argon2id', m: 65_536 } }])
    await open(await clientOf(client.store), password('next'))
  })

  test('leaves the other slots as they are', async () => {
    const inner = createMemoryStore()
    const client = await clientOf(inner)
    const root = await create(client)
    const [first] = root.header.slots
    await root.changeSecret(KEY, password('p'))
    const [second] = root.header.slots
    if (first === undefined || second === undefined) throw new Error('A vault has a slot.')
    await root.change((header) => ({ header: { ...header, slots: [first, second] } }))
    await root.changeSecret(password('p'), password('q'))
    expect(root.header.slots[0]).toEqual(first)
    expect(root.header.slots).toHaveLength(2)
    await open(await clientOf(inner))
    await open(await clientOf(inner), password('q'))
  })

  test('with the wrong secret changes nothing', async () => {
    const client = await clientOf(createMemoryStore())
    const root = await create(client)
    const changing = root.changeSecret(checkSecret({ key: bytesFrom(9, 32) }), password('p'))
    await expect(changing).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
    expect(writesOf(client)).toBe(2)
  })

  test('begins from what the store holds now, and derives once however often others come first', async () => {
    const inner = createMemoryStore()
    const creator = await clientOf(inner)
    const root = await create(creator, password('old'))
    const other = await createSlot(creator.context.crypto, root.header, KEY, bytesFrom(0, 32))
    await root.change((header) => ({ header: { ...header, slots: [...header.slots, other] } }))
    let contested = 2
    let names = 0
    const client = await clientOf(inner, ({ kind }) =>
      kind === 'write' && contested-- > 0 ? { delayUntil: rename(root, 'n'.repeat(++names)) } : 'pass',
    )
    const late = await open(client, password('old'))
    const derived = client.runtime.derivations.length
    await rename(root, 'before')
    await late.changeSecret(password('old'), password('next'))
    expect(client.runtime.derivations).toHaveLength(derived + 2)
    expect([writesOf(client), namesIn(late)]).toEqual([3, ['before', 'n', 'nn']])
  })

  test('finds out that another client has changed it meanwhile', async () => {
    const inner = createMemoryStore()
    const root = await create(await clientOf(inner))
    let isContested = true
    const client = await clientOf(inner, ({ kind }) => {
      if (kind !== 'write' || !isContested) return 'pass'
      isContested = false
      return { delayUntil: root.changeSecret(KEY, checkSecret({ key: bytesFrom(50, 32) })) }
    })
    const late = await open(client)
    const changing = late.changeSecret(KEY, checkSecret({ key: bytesFrom(60, 32) }))
    await expect(changing).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
    await open(await clientOf(inner), checkSecret({ key: bytesFrom(50, 32) }))
  })

  test('can be given up', async () => {
    const { root } = await twoClients()
    const changing = root.changeSecret(KEY, KEY, AbortSignal.abort())
    await expect(changing).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('what a file shows about a write', () => {
  const HASH = bytesFrom(50, 32)
  const idOf = (seq: number): string => toBase64Url(bytesFrom(seq, 8))
  /** A file at `seq` whose log names its last `length` writes. */
  function fileAt(seq: number, length: number, hash = bytesFrom(90, 32)) {
    let log = emptyLog
    for (let each = seq - length + 1; each <= seq; each++) {
      log = appendToLog(log, { seq: each, writeId: idOf(each), base: baseOf(HASH), removed: [], timeMs: 0 })
    }
    return { hash, version: 'v', config: { seq, log } }
  }
  const OWN = toBase64Url(new Uint8Array(8).fill(255))
  const write = { hash: HASH, writeId: OWN, baseSeq: 5 }

  test.each<readonly [string, ReturnType<typeof fileAt>, typeof write, object]>([
    ['it is the file', fileAt(6, 6, HASH), write, { kind: 'current', version: 'v' }],
    ['the log names it', fileAt(8, 8), { ...write, writeId: idOf(6) }, { kind: 'applied' }],
    ['the file is the one that was to be replaced', fileAt(5, 5), write, { kind: 'unmoved' }],
    ['the log says what came instead', fileAt(7, 2), write, { kind: 'not-applied' }],
    ['the log does not reach back', fileAt(8, 2), write, { kind: 'out-of-reach' }],
    ['the file is older than what was to be replaced', fileAt(4, 4), write, { kind: 'out-of-reach' }],
  ])('%s', (_what, found, own, finding) => {
    expect(judgeWrite(found, own)).toEqual(finding)
  })

  test('the short form of a hash is its first 8 bytes', () => {
    expect(baseOf(bytesFrom(0, 32))).toBe(toBase64Url(bytesFrom(0, 8)))
    expect(logHasWrite(fileAt(3, 3).config.log, idOf(3))).toBe(true)
  })
})

describe('errors', () => {
  test('of what was refused keep code, message and the wait asked for', () => {
    const cause = new VaultError('ERR_UNAVAILABLE', 'slow down', { retryAfterMs: 70 })
    expect(notApplied(cause)).toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: 'slow down',
      retryAfterMs: 70,
      applied: 'no',
      cause,
    })
    const refusal = failedWrite({ kind: 'refused', error: new VaultError('ERR_QUOTA', 'full') })
    expect(refusal).toMatchObject({ code: 'ERR_QUOTA', message: 'full', applied: 'no' })
    expect(refusal.retryAfterMs).toBeUndefined()
  })

  test.each([new Error('socket'), 'socket', null, undefined, { retryAfterMs: 'soon' }])(
    'of what is no error of ours (%s) say that the store is not available',
    (cause) => {
      const error = notApplied(cause)
      expect(error).toMatchObject({ code: 'ERR_UNAVAILABLE', applied: 'no', cause })
      expect(error.message).toBe(cause instanceof Error ? 'socket' : 'The store failed.')
      expect(error.retryAfterMs).toBeUndefined()
    },
  )

  test('of what nobody can tell say so', () => {
    const cause = new Error('socket')
    const error = failedWrite({ kind: 'unknown', error: cause })
    expect(error).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown', cause })
    expect(existsError()).toMatchObject({ code: 'ERR_EXISTS', applied: 'no' })
  })
})
