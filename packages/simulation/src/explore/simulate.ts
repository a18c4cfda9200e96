import { decideAgain, randomWorkload, run } from './random-run.ts'
const [from, count] = process.argv.slice(2).map(Number) as [number, number]
const start = Date.now()
let decisions = 0
let bad = 0
const kinds = new Map<string, number>()
for (let seed = from; seed < from + count; seed++) {
  const { workload, decide } = randomWorkload(seed)
  const result = await run(workload, decide)
  decisions += result.decisions.length
  if (result.violation) {
    bad++
    const kind = result.violation.message.slice(0, 150).replace(/\d+/g, 'N')
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    if (count === 1) console.log(JSON.stringify(workload), result.trace.join('\n'))
    if (bad <= 5) { console.log('seed', seed, result.violation.message.slice(0, 3000), workload.scripts.length, 'trace', result.trace.length) }
  }
}
console.log({ bad, count, decisions, ms: Date.now() - start })
for (const [k, n] of [...kinds].sort((a, b) => b[1] - a[1]).slice(0, 20)) console.log(n, k)
