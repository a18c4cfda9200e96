import { errorCode } from '../../errors.ts'
import type { BlobStore, StoredBlob, Version } from '../../store/contract.ts'
import { type ConformanceCase, conformanceCase } from './case.ts'
import { expect, expectCode, expectContent, pattern, readBlob, sameBytes, settle } from './expect.ts'

const RACERS = 20
const ROUNDS = 5
const CLIENTS = 4
const READS_PER_WRITE = 50

/** Racer `racer`'s content in round `round`: each has its own, and its own length. */
function entry(round: number, racer: number): Uint8Array {
  return pattern(round * RACERS + racer, 100 + racer)
}

/**
 * Lets all racers write at once with the same expectation. Exactly one may win; the file must be the winner's. A racer who got no
 * answer (`ERR_UNAVAILABLE`) may be the winner if no other is: that code promises nothing. Resolves to the winner's version.
 */
async function race(
  clients: readonly BlobStore[],
  key: string,
  expected: Version | null,
  round: number,
): Promise<Version> {
  const outcomes = await Promise.all(
    Array.from({ length: RACERS }, (_, racer) => {
      const client = clients[racer % clients.length] as BlobStore
      return settle(() => client.write(key, entry(round, racer), expected))
    }),
  )
  const winners: number[] = []
  const unanswered: number[] = []
  for (const [racer, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') winners.push(racer)
    else if (errorCode(outcome.reason) === 'ERR_UNAVAILABLE') unanswered.push(racer)
    else expect(errorCode(outcome.reason) === 'ERR_CONFLICT', `A loser of the race got ${String(outcome.reason)}.`)
  }
  expect(winners.length <= 1, `Round ${round}: ${winners.length} of ${RACERS} racing writers were told that they won.`)
  const possible = winners.length === 1 ? winners : unanswered
  expect(possible.length > 0, `Round ${round}: none of ${RACERS} racing writers won.`)
  const blob = await readBlob(clients[0] as BlobStore, key)
  expect(
    possible.some((racer) => sameBytes(blob.data, entry(round, racer))),
    `Round ${round}: the file is not what the winner of the race wrote.`,
  )
  const [winner] = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  expect(
    winner === undefined || winner.value === blob.version,
    `Round ${round}: the file has version ${blob.version}, but the winner was told another.`,
  )
  return blob.version
}

/**
 * Replaces `before` by `after` while the readers read: each read must show the one or the other, whole. Readers stop after a number
 * of reads, because reads that need no more than microtasks would keep a writer that waits for its disk waiting for ever.
 */
async function writeWhileReading(
  writer: BlobStore,
  readers: readonly BlobStore[],
  before: StoredBlob,
  after: Uint8Array,
): Promise<Version> {
  const write = { landed: false }
  const landing = writer.write('shards/0', after, before.version).finally(() => {
    write.landed = true
  })
  const reading = readers.map(async (reader) => {
    for (let reads = 0; reads < READS_PER_WRITE && !write.landed; reads++) {
      const { data } = await readBlob(reader, 'shards/0')
      const whole = sameBytes(data, before.data) || sameBytes(data, after)
      expect(
        whole,
        `A reader saw ${data.length} bytes that are neither the file before the write nor the one after it.`,
      )
    }
  })
  const [written, ...read] = await Promise.allSettled([landing, ...reading])
  for (const outcome of read) if (outcome.status === 'rejected') throw outcome.reason
  if (written.status === 'rejected') throw written.reason
  return written.value
}

/** Compare-and-swap by many at once. */
export const raceCases: readonly ConformanceCase[] = [
  conformanceCase('of racing creators exactly one wins', ['atomicCreate'], async (scene) => {
    const clients = await scene.clients(CLIENTS)
    for (let round = 1; round <= ROUNDS; round++) await race(clients, `shards/${round}`, null, round)
  }),

  conformanceCase('of racing updaters exactly one wins', ['atomicUpdate'], async (scene) => {
    const clients = await scene.clients(CLIENTS)
    let version = await scene.store.write('vault', pattern(1, 50), null)
    for (let round = 1; round <= ROUNDS; round++) {
      const next = await race(clients, 'vault', version, round)
      await expectCode('ERR_CONFLICT', 'Writing with the version raced for', () =>
        scene.store.write('vault', pattern(2, 50), version),
      )
      version = next
    }
  }),

  conformanceCase(
    'of racing deleters and updaters exactly one wins',
    ['atomicUpdate', 'conditionalDelete'],
    async (scene) => {
      const clients = await scene.clients(CLIENTS)
      for (let round = 1; round <= ROUNDS; round++) {
        const key = `shards/${round}`
        const version = await scene.store.write(key, pattern(1, 50), null)
        const outcomes = await Promise.all(
          Array.from({ length: RACERS }, (_, racer) => {
            const client = clients[racer % clients.length] as BlobStore
            const update = (): Promise<unknown> => client.write(key, entry(round, racer), version)
            return settle(racer % 2 === 0 ? () => client.delete(key, version) : update)
          }),
        )
        const winners = outcomes.flatMap(({ status }, racer) => (status === 'fulfilled' ? [racer] : []))
        const unanswered = outcomes.filter(
          (o) => o.status === 'rejected' && errorCode(o.reason) === 'ERR_UNAVAILABLE',
        ).length
        expect(
          winners.length <= 1,
          `Round ${round}: ${winners.length} racing deleters and updaters were told that they won.`,
        )
        expect(winners.length + unanswered > 0, `Round ${round}: no racing deleter or updater won.`)
        const [winner] = winners
        if (winner === undefined) continue
        const blob = await scene.store.read(key)
        const deleted = winner % 2 === 0
        expect(
          deleted === (blob === null),
          `Round ${round}: the file ${deleted ? 'was deleted but exists' : 'was updated but is absent'}.`,
        )
      }
    },
  ),

  conformanceCase('two clients see what the other wrote', ['crossProcess'], async (scene) => {
    const [a, b] = (await scene.clients(2)) as [BlobStore, BlobStore]
    let version: Version | null = null
    for (let turn = 0; turn < 10; turn++) {
      const [writer, reader] = turn % 2 === 0 ? [a, b] : [b, a]
      version = await writer.write('vault', pattern(turn, 100), version)
      await expectContent(reader, 'vault', pattern(turn, 100), version)
      const current: Version = version
      const again = await reader.read('vault', { unlessVersion: current })
      expect(again === 'unchanged', "A version from one client is not 'unchanged' to another.")
    }
  }),

  conformanceCase('an acknowledged write is seen by every later read', [], async (scene) => {
    const clients = await scene.clients(CLIENTS)
    let version: Version | null = null
    for (let turn = 0; turn < 10; turn++) {
      const written: Version = await scene.store.write('vault', pattern(turn, 100), version)
      await Promise.all(clients.map((client) => expectContent(client, 'vault', pattern(turn, 100), written)))
      version = written
    }
  }),

  conformanceCase('readers never see a torn file while others write', ['atomicReads'], async (scene) => {
    const [writer, ...readers] = (await scene.clients(CLIENTS)) as [BlobStore, ...BlobStore[]]
    let data = pattern(0, 1)
    let version = await writer.write('shards/0', data, null)
    for (let write = 1; write <= 40; write++) {
      const next = pattern(write, 1 + ((write * 7919) % 60_000))
      version = await writeWhileReading(writer, readers, { data, version }, next)
      data = next
    }
  }),
]
