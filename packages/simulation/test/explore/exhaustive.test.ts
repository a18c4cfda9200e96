import { SCENARIOS } from '../../src/explore/index.ts'
import { testScenarios } from './scenarios-explored.ts'

// A glance at each; the proofs beside this look longer, `npm run simulate -- --exhaustive` at all there is.
testScenarios(SCENARIOS, { maxStates: 10, auditEvery: 5, crashEvery: 9 })
