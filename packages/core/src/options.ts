/** The number of single-character insertions, removals and replacements that turn `a` into `b` (Levenshtein distance). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

const MAX_COMPARED_LENGTH = 40

/** The allowed names that somebody who wrote `unknown` probably meant, nearest first. */
function nearest(unknown: string, allowed: readonly string[]): string[] {
  if (unknown.length > MAX_COMPARED_LENGTH) return []
  const wrong = unknown.toLowerCase()
  return allowed
    .map((name) => {
      const right = name.toLowerCase()
      // `timeout` for `timeoutMs`: a forgotten unit is further off than a typing error, and as easy to recognise.
      const contained = wrong.length > 2 && (right.startsWith(wrong) || wrong.startsWith(right))
      return { name, distance: contained ? 1 : editDistance(wrong, right) }
    })
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => `\`${name}\``)
}

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
    const near = nearest(key, allowed)
    const all = allowed.map((name) => `\`${name}\``).join(', ')
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it takes ${all || 'none'}.`
    throw new TypeError(`${where} has no option ${JSON.stringify(key.slice(0, MAX_COMPARED_LENGTH))}: ${hint}`)
  }
}

/**
 * The value of an integer option, or `fallback` where it is `undefined`; without a fallback it is required. Throws a `TypeError` for anything but an integer and a
 * `RangeError` outside `min` to `max` (both allowed).
 */
export function integerOption(name: string, value: unknown, min: number, max: number, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new TypeError(`Option \`${name}\` must be an integer, from ${min} to ${max}.`)
  }
  if (value < min || value > max)
    throw new RangeError(`Option \`${name}\` must be from ${min} to ${max}, not ${value}.`)
  return value
}

/** The value of a boolean option, or `fallback` where it is `undefined`. Throws a `TypeError` for anything else. */
export function booleanOption(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw new TypeError(`Option \`${name}\` must be true or false.`)
  return value
}

/** The value of an option with a fixed set of names, or `fallback` where it is `undefined`. Throws a `TypeError` for anything else. */
export function choiceOption<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined) return fallback
  const chosen = choices.find((choice) => choice === value)
  if (chosen === undefined) {
    throw new TypeError(`Option \`${name}\` must be ${choices.map((choice) => `'${choice}'`).join(' or ')}.`)
  }
  return chosen
}
