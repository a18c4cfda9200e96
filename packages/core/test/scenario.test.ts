import { describe, it } from 'vitest'
import { runScenario, SETTINGS } from './scenario.ts'

describe("a vault's life in Node", () => {
  it.each(SETTINGS)('with $name', (setting) => runScenario(setting))
})
