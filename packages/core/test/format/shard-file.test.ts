import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { StoredDocument } from '../../src/format/document.ts'
import type { Item, ShardState } from '../../src/format/model.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import { decodeShardFile, encodeShardFile, type ShardFileContext } from '../../src/format/shard-file.ts'
import { bytesFrom, deterministicRuntime } from './deterministic.ts'

const context: ShardFileContext = {
  crypto: { runtime: deterministicRuntime('shard-file'), allowInsecureContext: false },
  vault: toBase64Url(bytesFrom(0, 16)),
  keys: [{ id: toBase64Url(bytesFrom(1, 8)), key: bytesFrom(7, 32) }],
  compression: 'none',
}

function stateWith(n: number): ShardState {
  const items = new Map<string, Item>([['sub/', { name: 'sub/', seq: 1, document: null }]])
  for (let i = 0; i < n; i++) {
    const value = {
      title: `entry ${i}`,
      url: `https://example.com/login/${i}`,
      username: 'bob@example.com',
      password: 'x'.repeat(24),
      tags: ['a', 'b'],
      n: -0,
      notes: 'é'.repeat(90),
    }
    items.set(`n${i}`, { name: `n${i}`, seq: 1, document: StoredDocument.fromValue(value, 1e6) })
  }
  const id = toBase64Url(bytesFrom(3, 8))
  const log = appendToLog(emptyLog, { seq: 1, writeId: id, base: id, removed: [], timeMs: 5 })
  return { seq: 1, lo: FIRST_KEY, hi: null, next: null, log, directories: new Map([['/bob/', items]]) }
}

describe('a shard file', () => {
  it('comes back as it was', async () => {
    const state = stateWith(160)
    const data = await encodeShardFile(context, '0', state)
    const back = await decodeShardFile(context, '0', data)
    expect(back).toEqual(state)
  })
})
