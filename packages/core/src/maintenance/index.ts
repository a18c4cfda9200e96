export type { CheckOptions, CheckProblem, CheckReport } from './check.ts'
export { check } from './check.ts'
export type { SlotStats, StatsOptions, VaultStats } from './stats.ts'
export { stats } from './stats.ts'
