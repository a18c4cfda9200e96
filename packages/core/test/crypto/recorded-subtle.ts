import { createRuntime } from '../../src/runtime.ts'

/** The platform's WebCrypto, and what it was asked: each call's name, then its arguments. */
export function recordedSubtle(): { subtle: SubtleCrypto; calls: unknown[][] } {
  const { subtle } = createRuntime()
  if (subtle === undefined) throw new Error('These tests need a platform with WebCrypto.')
  const calls: unknown[][] = []
  const recorded = new Proxy(subtle, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...inputs: unknown[]): unknown => {
        calls.push([name, ...inputs])
        return Reflect.apply(method, target, inputs)
      }
    },
  })
  return { subtle: recorded, calls }
}
