import type { Fault, Scenario } from '../exhaustive-run.ts'
import { AGES } from './ages.ts'
import { COUNTERS } from './counters.ts'
import { CREATION } from './creation.ts'
import { DIRECTORIES } from './directories.ts'
import { INTERRUPTIONS } from './interruptions.ts'
import { PASSWORDS } from './passwords.ts'
import { PRUNES_AND_BULKS } from './prunes-and-bulks.ts'
import { READERS } from './readers.ts'
import { type Sketch, type Sketches, toScenario } from './sketch.ts'
import { SPLITS_IN_THE_MIDDLE } from './split-in-the-middle.ts'
import { SPLITS } from './splits.ts'
import { TASKS } from './tasks.ts'
import { THREE_CLIENTS } from './three-clients.ts'

const SKETCHES: Sketches = {
  ...COUNTERS,
  ...DIRECTORIES,
  ...PRUNES_AND_BULKS,
  ...READERS,
  ...SPLITS,
  ...TASKS,
  ...CREATION,
  ...AGES,
  ...INTERRUPTIONS,
  ...SPLITS_IN_THE_MIDDLE,
  ...THREE_CLIENTS,
  ...PASSWORDS,
}

const WRITES_ASTRAY: readonly Fault[] = ['lost', 'late', 'timeout', 'resent', 'refused']

/** The scenarios, without faults, and with one fault of each family. */
export const SCENARIOS: readonly Scenario[] = [
  toScenario('two counters, two writes astray', SKETCHES['two counters'] as Sketch, WRITES_ASTRAY, 2),
  toScenario('a counter and a busy one, an answer lost', SKETCHES['a counter and a busy one'] as Sketch, ['lost'], 1),
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
    toScenario(`${name}, a refusal`, sketch, ['too-large', 'unauthorized'], 1),
    toScenario(`${name}, a crash`, sketch, ['crash'], 1),
  ]),
]
