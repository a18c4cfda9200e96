import { argon2id } from '@noble/hashes/argon2.js'
import { hmacSha256 } from '../../src/crypto/hash.ts'
import type { Argon2idInput } from '../../src/runtime.ts'
import { createTestRuntime, type TestRuntime } from '../support/runtime.ts'

/** Less memory than any vault may ask for: the known-answer test alone. */
const PROBE_KIB = 1024

/**
 * A runtime whose Argon2id is the real one for the engine's known-answer test and a mere hash for everything else: for tests
 * in which many passwords are tried. `derivations` are those that were not the test.
 */
export function createQuickRuntime(seed = 1): TestRuntime & { readonly derivations: readonly Argon2idInput[] } {
  const derivations: Argon2idInput[] = []
  return {
    ...createTestRuntime(seed),
    derivations,
    argon2id(input) {
      const { password, salt, memoryKiB: m, passes: t, parallelism: p, length: dkLen } = input
      if (m < PROBE_KIB) return argon2id(password, salt, { m, t, p, dkLen })
      derivations.push(input)
      return hmacSha256(salt, password)
    },
  }
}
