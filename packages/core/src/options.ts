/** What is shown of an unknown option's name. */
const MAX_SHOWN_LENGTH = 40

/**
 * Throws a `TypeError` unless `options` is `undefined` or an object whose own keys are all in `allowed`. A misspelt option
 * must not silently mean the default. `where` names the function for the message.
 */
export function checkOptions(options: unknown, allowed: readonly string[], where: string): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`The options of ${where} must be an object.`)
  }
  for (const key of Object.keys(options)) {
    if (allowed.includes(key)) continue
    const unknown = JSON.stringify(key.slice(0, MAX_SHOWN_LENGTH))
    throw new TypeError(
      `${where} has no option ${unknown}: it takes ${allowed.map((name) => `\`${name}\``).join(', ') || 'none'}.`,
    )
  }
}

/**
 * The value of an integer option, or `fallback` where it is `undefined`; without a fallback it is required. Throws a `TypeError`
 * for anything but an integer and a `RangeError` outside `min` to `max` (both allowed).
 */
export function integerOption(name: string, value: unknown, min: number, max: number, fallback?: number): number {
  const integer = value === undefined ? fallback : value
  const message = `Option \`${name}\` must be an integer from ${min} to ${max}.`
  if (typeof integer !== 'number' || !Number.isInteger(integer)) throw new TypeError(message)
  if (integer < min || integer > max) throw new RangeError(message)
  return integer
}

/** The value of a boolean option, or `fallback` where it is `undefined`. Throws a `TypeError` for anything else. */
export function booleanOption(name: string, value: unknown, fallback: boolean): boolean {
  return choiceOption(name, value, [true, false], fallback)
}

/** The value of an option with a fixed set of values, or `fallback` where it is `undefined`. Throws a `TypeError` for anything else. */
export function choiceOption<T extends string | boolean>(
  name: string,
  value: unknown,
  choices: readonly T[],
  fallback: T,
): T {
  const chosen = value === undefined ? fallback : choices.find((choice) => choice === value)
  if (chosen === undefined) throw new TypeError(`Option \`${name}\` must be ${choices.join(' or ')}.`)
  return chosen
}
