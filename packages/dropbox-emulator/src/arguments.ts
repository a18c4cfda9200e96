// The arguments of the API are described in Dropbox's interface language; what does not fit its types is a 400.

/** What does not fit; turned into a 400 by who knows the function's name. */
export class Mismatch extends Error {}

/** Gives back the value, or its default, or throws a {@link Mismatch} that names the place. */
type Reader<T> = (value: unknown, at: string) => T

function refuse(at: string, problem: string): never {
  throw new Mismatch(at === '' ? problem : `${at}: ${problem}`)
}

export function text(pattern: string, minLength: number = 0): Reader<string> {
  const whole = new RegExp(`^(?:${pattern})$`)
  return (value, at) => {
    if (typeof value !== 'string') return refuse(at, `expected string, got ${typeName(value)}`)
    if (value.length < minLength)
      return refuse(at, `'${value}' must be at least ${minLength} characters, got ${value.length}`)
    if (!whole.test(value)) return refuse(at, `'${value}' did not match pattern '${pattern}'`)
    return value
  }
}

export const flag: Reader<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : refuse(at, `expected boolean, got ${typeName(value)}`)

export function integer(min: number, max: number): Reader<number> {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value))
      return refuse(at, `expected integer, got ${typeName(value)}`)
    return value >= min && value <= max ? value : refuse(at, `${value} is not within range [${min}, ${max}]`)
  }
}

/** A field that may be left out or null. */
export function optional<T, D>(reader: Reader<T>, fallback: D): Reader<T | D> {
  return (value, at) => (value === undefined || value === null ? fallback : reader(value, at))
}

type Fields = Readonly<Record<string, Reader<unknown>>>
type Read<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> }

/** An object with these fields and no others. */
export function struct<F extends Fields>(fields: F): Reader<Read<F>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refuse(at, `expected object, got ${typeName(value)}`)
    }
    const inside = (name: string): string => (at === '' ? name : `${at}.${name}`)
    for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) refuse(at, `unknown field '${name}'`)
    const given = value as Readonly<Record<string, unknown>>
    const read = Object.entries(fields).map(([name, reader]) => {
      const present = Object.hasOwn(given, name) ? given[name] : undefined
      try {
        return [name, reader(present, inside(name))]
      } catch (error) {
        if (present === undefined && error instanceof Mismatch) refuse(at, `missing required field '${name}'`)
        throw error
      }
    })
    return Object.fromEntries(read) as Read<F>
  }
}

/** A member of a tagged union: its tag alone where it holds nothing, else an object with the value under its tag. */
export function union<F extends Fields>(
  members: F,
): Reader<{ readonly tag: keyof F & string; readonly value: unknown }> {
  return (value, at) => {
    const short = typeof value === 'string'
    const tag: unknown = short ? value : (value as Readonly<Record<string, unknown>> | null | undefined)?.['.tag']
    if (typeof tag !== 'string') return refuse(at, `expected union, got ${typeName(value)}`)
    const member = Object.hasOwn(members, tag) ? members[tag] : undefined
    if (member === undefined) return refuse(at, `invalid tag '${tag}'`)
    if (!short) return { tag, value: member((value as Readonly<Record<string, unknown>>)[tag], `${at}.${tag}`) }
    if (member !== nothing) return refuse(at, `expected object for '${tag}', got string`)
    return { tag, value: undefined }
  }
}

/** What a member of a union holds that holds nothing. */
export const nothing: Reader<undefined> = () => undefined

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}
