import { SCENARIOS } from '../../src/explore/index.ts'
import { testScenarios } from './scenarios-explored.ts'

// Every other scenario, so that two cores share the work.
testScenarios(
  SCENARIOS.filter((_scenario, index) => index % 2 === 0),
  { maxStates: 150, auditEvery: 10, crashEvery: 20 },
)
