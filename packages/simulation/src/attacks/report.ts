import { markdownTable } from '../markdown.ts'
import { type Attack, MOMENTS, type Moment, type Result } from './attack.ts'
import type { AttackReport } from './run-attack.ts'

/** How moments are called at the head of a table. */
const HEADS: Readonly<Record<Moment, string>> = {
  opening: 'opening',
  opened: 'opened, all read',
  updating: 'in an update',
  splitting: 'in a split',
  creating: 'in `create`',
  reopened: 'reopened, with a witness',
}

/** The heading of docs/threat-model.md as its anchor. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-')
}

/** 41000 as 41,000. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

interface Cell {
  readonly results: Map<Result, number>
  readonly reasons: Set<string>
}

function textOf({ results, reasons }: Cell): string {
  const links = [...reasons].map((reason) => ` ([why](threat-model.md#${anchorOf(reason)}))`).join('')
  return [...results]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([result, count]) => {
      const name = result.startsWith('ERR_') ? `\`${result}\`` : result
      return `${name}${count > 1 ? ` × ${grouped(count)}` : ''}${result === 'believed' ? links : ''}`
    })
    .join(', ')
}

/** One table: a row for each deed and file, a column for each moment; the vaults are added up. */
export function groupTable(reports: readonly AttackReport[]): string {
  const rows = new Map<string, { readonly attack: Attack; readonly cells: Map<Moment, Cell> }>()
  for (const { attack, results } of reports) {
    const row = rows.get(`${attack.deed}\n${attack.place}`) ?? { attack, cells: new Map<Moment, Cell>() }
    rows.set(`${attack.deed}\n${attack.place}`, row)
    const cell = row.cells.get(attack.moment) ?? { results: new Map<Result, number>(), reasons: new Set<string>() }
    row.cells.set(attack.moment, cell)
    for (const [result, count] of results) cell.results.set(result, (cell.results.get(result) ?? 0) + count)
    if (attack.outOfReach !== undefined) cell.reasons.add(attack.outOfReach)
  }
  const moments = MOMENTS.filter((moment) => [...rows.values()].some(({ cells }) => cells.has(moment)))
  const lines = [...rows.values()].map(({ attack, cells }) => [
    attack.deed,
    attack.place,
    ...moments.map((moment) => {
      const cell = cells.get(moment)
      return cell === undefined ? '' : textOf(cell)
    }),
  ])
  return markdownTable(['what is done', 'to', ...moments.map((moment) => HEADS[moment])], lines)
}

/** The section of one group. */
export function groupSection(group: string, reports: readonly AttackReport[]): string {
  return `## ${group}\n\n${groupTable(reports)}\n`
}

const INTRODUCTION = `# Attacks

Written by \`npm run attacks\`, which runs all of this; a test sees that it is so still.

Somebody has the store in hand, and a client uses it: vaults of one and of three shards, with a raw key and with three
slots of which two are passwords', compressed and not. He acts while the client is at the moment that the column
names, then it goes on, reads, writes and checks everything (where there are thousands of cases of a kind, or files
are huge, it only reads everything). Afterwards the store is honest again, and the same client and a new one must
work; of thousands of cases every five hundredth is followed that far. After a fork, a rollback or a forged file that
was authentic only the new one must. Each cell says what the client met first, and in how many cases.

| result | means |
|---|---|
| \`ERR_…\` | an error with that code ([errors.md](errors.md)), and nothing else than errors and true answers |
| unharmed | all that was asked for was answered truly, and all that was acknowledged is in the store |
| listed by check | the same, and \`check\` names the file |
| believed | the client took something for true that is not, or something acknowledged was lost: out of reach, and the link says why |

No case ended with an error that has no code, without an end, with text of a document in the store, with more key
derivation, decryption or inflating than the limits allow, or with a client that should work again and did not.
`

/** docs/attacks.md from the reports of all attacks. */
export function attacksPage(reports: readonly AttackReport[]): string {
  const groups = new Map<string, AttackReport[]>()
  for (const report of reports) {
    const { group } = report.attack
    groups.set(group, [...(groups.get(group) ?? []), report])
  }
  const cases = reports.reduce((sum, report) => sum + report.cases, 0)
  const sections = [...groups].map(([group, of]) => groupSection(group, of))
  const count = `${grouped(cases)} cases of ${grouped(reports.length)} attacks.\n`
  return [INTRODUCTION, count, ...sections].join('\n')
}
