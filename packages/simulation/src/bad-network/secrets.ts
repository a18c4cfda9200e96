import { inspect } from 'node:util'

/** Forms in which requests carry secrets. */
const FORMS: readonly RegExp[] = [
  /\bBearer\s+[A-Za-z0-9\-._~+/]{3,}/i,
  /\bauthorization['"]?\s*[:=]/i,
  /AWS4-HMAC-SHA256/,
  /X-Amz-(Signature|Security-Token|Credential)/i,
  /\brefresh_token=/,
]

/**
 * What of the secrets, or of what looks like one, can be got at from a value: everything that it holds at whatever depth, hidden
 * properties, symbols, causes, maps and the values of getters included. `null` if nothing can.
 */
export function secretIn(value: unknown, secrets: readonly string[]): string | null {
  const shown = inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
    customInspect: false,
  })
  const secret = secrets.find((each) => shown.includes(each))
  if (secret !== undefined) return `${secret.slice(0, 3)}…`
  for (const form of FORMS) {
    const found = form.exec(shown)
    if (found !== null) return found[0]
  }
  return null
}
