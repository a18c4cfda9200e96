import { writeFileSync } from 'node:fs'
import { ATTACKS } from './index.ts'
import { attacksPage } from './report.ts'
import { type AttackReport, runAttack } from './run-attack.ts'

/** Runs every attack and writes the page; 1 if something came of one that is not expected. */
async function writeReport(path: string): Promise<number> {
  const reports: AttackReport[] = []
  for (const attack of ATTACKS) {
    const report = await runAttack(attack)
    reports.push(report)
    for (const surprise of report.surprises) console.error(`${attack.name}\n  ${surprise}`)
  }
  if (reports.some(({ surprises }) => surprises.length > 0)) return 1
  writeFileSync(path, attacksPage(reports))
  return 0
}

process.exitCode = await writeReport('docs/attacks.md')
