import fc from 'fast-check'

declare global {
  var __stryker__: { mutantCoverage?: { static: object; perTest: object } } | undefined
}

// The same inputs for every mutant.
fc.configureGlobal({ seed: 1 })

// The files of a run share one thread, and each reports what it covered: without this, what all before it covered, too.
const coverage = globalThis.__stryker__?.mutantCoverage
if (coverage !== undefined) {
  coverage.static = {}
  coverage.perTest = {}
}
