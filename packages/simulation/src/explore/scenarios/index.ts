import type { Outcome } from '../controlled-store.ts'
import type { Scenario } from '../exhaustive-run.ts'
import { COUNTERS } from './counters.ts'
import { CREATION } from './creation.ts'
import { DIRECTORIES } from './directories.ts'
import { PRUNES_AND_BULKS } from './prunes-and-bulks.ts'
import { READERS } from './readers.ts'
import { type Sketch, type Sketches, toScenario } from './sketch.ts'
import { SPLITS } from './splits.ts'
import { TASKS } from './tasks.ts'

const SKETCHES: Sketches = {
  ...COUNTERS,
  ...DIRECTORIES,
  ...PRUNES_AND_BULKS,
  ...READERS,
  ...SPLITS,
  ...TASKS,
  ...CREATION,
}

const WRITES_ASTRAY: readonly Outcome[] = ['lost', 'late', 'timeout', 'resent', 'refused']

/** The scenarios, without faults, with one write that goes wrong, and with one read that does. */
export const SCENARIOS: readonly Scenario[] = [
  toScenario('two counters, two writes astray', SKETCHES['two counters'] as Sketch, WRITES_ASTRAY, 2),
  toScenario(
    'a counter that is read, three writes astray',
    SKETCHES['a counter that is read'] as Sketch,
    WRITES_ASTRAY,
    3,
  ),
  ...Object.entries(SKETCHES).flatMap(([name, sketch]) => [
    toScenario(name, sketch, [], 0),
    toScenario(`${name}, a write astray`, sketch, WRITES_ASTRAY, 1),
    toScenario(`${name}, a slow answer`, sketch, ['slow'], 1),
    toScenario(`${name}, a torn read`, sketch, ['torn', 'absent'], 1),
  ]),
]
