import { SCENARIOS } from '../../src/explore/index.ts'
import { testScenarios } from './scenarios-explored.ts'

// A glance at some, of all kinds; the proofs beside this look at all and longer, `npm run simulate -- --exhaustive` to the end.
testScenarios(
  SCENARIOS.filter((_scenario, index) => index % 5 === 0),
  { maxStates: 20, auditEvery: 5, crashEvery: 15 },
)
