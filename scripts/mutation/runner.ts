import { TestRunner } from 'vitest'

/** A run that ends at its first failure does not load the files that are left. */
export default class FirstFailureRunner extends TestRunner {
  #ended = false

  override cancel(reason: 'keyboard-input' | 'test-failure'): void {
    this.#ended = true
    super.cancel(reason)
  }

  override importFile(path: string, source: 'collect' | 'setup'): unknown {
    return this.#ended ? undefined : super.importFile(path, source)
  }
}
