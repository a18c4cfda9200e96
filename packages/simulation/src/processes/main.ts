import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRuntime } from '@vaultdb/core'
import { type CrashSummary, crash } from './crash.ts'

const USAGE = `Processes that work on vaults in folders are killed again and again; after each kill everything is verified.

  --kills N         how many to kill (default 1,000)
  --seed S          of what they do and where they die (default: from the clock)
  --processes P     how many work at once, 2 to 64 (default 4)
`

function numberOf(text: string | undefined, name: string, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback
  const number = Number(text)
  if (!(Number.isInteger(number) && number >= least && number <= most)) {
    throw new RangeError(`--${name} takes an integer from ${least} to ${most}.`)
  }
  return number
}

function progress({ vaults, kills, acknowledged }: CrashSummary): void {
  console.log(`${vaults} vaults, ${kills} kills, ${acknowledged} operations acknowledged`)
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string' },
      seed: { type: 'string' },
      processes: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const kills = numberOf(values.kills, 'kills', 1_000, 1, 1_000_000)
  const seed = numberOf(values.seed, 'seed', createRuntime().now() % 1_000_000_000, 0, 2 ** 32 - 1)
  const processes = numberOf(values.processes, 'processes', 4, 2, 64)
  const folder = mkdtempSync(join(tmpdir(), 'vaultdb-crash-'))
  const worker = fileURLToPath(new URL('./crash-worker.js', import.meta.url))
  try {
    const summary = await crash({ folder, worker, seed, kills, processes, onProgress: progress })
    rmSync(folder, { recursive: true, force: true })
    console.log(`Seed ${seed}: nothing went wrong. ${JSON.stringify(summary)}`)
    return 0
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error))
    console.log(`Seed ${seed} goes wrong; the vaults and their journals are in ${folder}`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
