import { describe, expect, test } from 'vitest'
import { tryShare } from './share.ts'
import { prepareTargets } from './targets/index.ts'

const INPUTS = 20_000
const SEED = 2

const targets = await prepareTargets()

/** Ends that inputs must come to, so that the generators are known to reach what there is to reach. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  'root-file': ['accepted', 'ERR_CORRUPT', 'ERR_UNSUPPORTED'],
  'shard-file': ['accepted', 'ERR_CORRUPT', 'ERR_UNSUPPORTED', 'unknown key'],
  'root-header': ['accepted', 'ERR_CORRUPT', 'ERR_UNSUPPORTED', 'accepted, parameters ERR_CORRUPT'],
  'root-json': ['accepted', 'ERR_CORRUPT', 'ERR_UNSUPPORTED'],
  'shard-json': ['accepted', 'ERR_CORRUPT'],
  frame: ['accepted, stored', 'accepted, deflated', 'refused'],
  json: ['accepted', 'refused'],
  vault: ['accepted', 'in part', 'ERR_CORRUPT'],
  path: ['document path', 'directory path', 'ERR_INVALID_PATH'],
  codecs: ['base64url, UTF-8', 'base64url, no UTF-8', 'no base64url, UTF-8', 'no base64url, no UTF-8'],
  password: ['accepted', 'refused'],
  document: ['accepted', 'TypeError', 'ERR_TOO_LARGE'],
  witness: ['accepted', 'TypeError', 'ERR_ROLLBACK', 'ERR_FORK'],
  csv: ['accepted', 'in part', 'refused'],
  'cli-json': ['accepted', 'not JSON', 'nested too deeply', 'a number has more digits than can be kept'],
  'import-jsonl': ['accepted', 'in part', 'refused', 'empty'],
  'import-json': ['accepted', 'in part', 'refused', 'empty'],
  'cli-arguments': ['status 0', 'status 2', 'status 3'],
  'store-location': ['accepted', 'refused'],
}

describe(`${INPUTS} inputs break no promise`, () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { outcomes } = await tryShare(target, targets, { seed: SEED, inputs: INPUTS })
    for (const end of ENDS[name] ?? ['(none is named)']) expect(outcomes.get(end) ?? 0, end).toBeGreaterThan(0)
  })
})
