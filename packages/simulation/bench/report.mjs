import { markdownTable } from '../dist/index.js'
import { SUBJECTS } from './subjects/index.mjs'

const MS_STEPS = [
  ['import', 'import, durable'],
  ['openGet', 'open + get'],
  ['get', 'get again'],
  ['getInTask', 'get again, within a task'],
  ['update', 'update, durable'],
  ['create', 'create, durable'],
  ['find', 'open + find all paths'],
  ['export', 'open + export all'],
]
const BYTE_FIGURES = [
  ['diskBytes', 'bytes on disk'],
  ['heldBytes', 'memory held with everything read'],
  ['peakBytes', 'peak memory while reading everything'],
]

/** Three significant digits. */
const digits = (value) => (value === 0 || value >= 100 ? String(Math.round(value)) : value.toPrecision(3))
const duration = (ms) =>
  ms < 0.1 ? `${digits(ms * 1000)} µs` : ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`
const size = (bytes) => `${digits(bytes / 1e6)} MB`

/** Two significant digits, for what varies from run to run more than a third would show. */
const rounded = (value) => (value >= 10 ? String(Math.round(value)) : value.toPrecision(2))

/** Our figure as a multiple of a peer's: below 1 where ours is the better one. */
const ratio = (ours, theirs) => (ours / theirs < 0.01 ? '< 0.01 ×' : `${rounded(ours / theirs)} ×`)

function cpuRow(label, figure, format, figures) {
  const ours = figures.get('vaultdb')[figure]
  const cells = SUBJECTS.map(({ id }) => {
    // A peer knows no tasks: what ours does within one is compared with the get that the peer has.
    const theirs = figures.get(id)?.[figure] ?? (figure === 'getInTask' ? figures.get(id)?.get : undefined)
    if (theirs === undefined) return '–'
    if (id === 'vaultdb') return `**${format(theirs)}**`
    return theirs > 0 ? `${format(theirs)} (${ratio(ours, theirs)})` : format(theirs)
  })
  return [label, ...cells]
}

function targetsOf({ jsonBytes, figures }) {
  const ours = figures.get('vaultdb')
  const file = figures.get('encrypted-file')
  const times = (what, value, base, limit) => ({
    what,
    measured: `${digits(value / base)} ×`,
    limit: `${limit} ×`,
    met: value / base <= limit,
  })
  const update = (id, name) =>
    figures.has(id) ? [times(`one durable update, of ${name}`, ours.update, figures.get(id).update, 2)] : []
  return [
    ...update('sqlcipher-journal', 'SQLCipher’s as it comes (rollback journal)'),
    ...update('sqlcipher', 'SQLCipher’s with a write-ahead log'),
    { what: 'get within a task', measured: duration(ours.getInTask), limit: '5 µs', met: ours.getInTask <= 0.005 },
    times('import, of the one encrypted file’s', ours.import, file.import, 2),
    times('export, of the one encrypted file’s', ours.export, file.export, 2),
    times('memory held, of the data’s size', ours.heldBytes, jsonBytes, 3),
    times('peak memory, of the data’s size', ours.peakBytes, jsonBytes, 3),
  ]
}

/** Pass or fail of what the design aims at, at 10,000 documents. */
export function targetsReport(measurement) {
  const rows = targetsOf(measurement).map(({ what, measured, limit, met }) => [
    what,
    measured,
    limit,
    met ? 'met' : '**missed**',
  ])
  return markdownTable(['aim', 'measured', 'at most', ''], rows)
}

export function cpuReport({ count, jsonBytes, durableWriteMs, figures }) {
  const rows = [
    ...MS_STEPS.map(([figure, label]) => cpuRow(label, figure, duration, figures)),
    ...BYTE_FIGURES.map(([figure, label]) => cpuRow(label, figure, size, figures)),
  ]
  return [
    `### ${count.toLocaleString('en')} documents, ${size(jsonBytes)} of JSON`,
    '',
    markdownTable(['', ...SUBJECTS.map(({ title }) => title)], rows),
    '',
    `A durable replacement of a 64 KiB file (write, fsync, rename, fsync of the folder) took ${duration(durableWriteMs)} in the same run.`,
  ].join('\n')
}

export function networkReport(results) {
  const rows = results.map(({ row, result, met }) => {
    const [first] = result.costs
    const bytes = result.costs.reduce((sum, cost) => sum + cost.bytesUp + cost.bytesDown, 0)
    const elapsedMs = Math.max(...result.costs.map((cost) => cost.elapsedMs))
    const detail = `${Math.round(elapsedMs)} ms, ${digits(bytes / 1000)} KB${first.background > 0 ? `, ${first.background} requests in the background` : ''}`
    return [
      row.operation,
      `**${result.figure}**${met ? '' : ' (exceeds)'}`,
      detail,
      row.floor,
      row.predecessor,
      row.singleFile,
    ]
  })
  const header = ['operation', 'VaultDB', 'time and bytes', 'floor', 'predecessor, 8 shards', 'one encrypted file']
  return markdownTable(header, rows)
}
