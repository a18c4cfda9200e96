import { isBase64Url } from '../bytes.ts'
import { demand } from './format-error.ts'
import { isMembers } from './json.ts'

/** Tells whether a value that was parsed from JSON has a form. */
export type Shape<T> = (value: unknown) => value is T

/** An integer that JSON numbers hold exactly. */
export function count(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value): value is number =>
    Number.isSafeInteger(value) && !Object.is(value, -0) && Number(value) >= least && Number(value) <= most
}

/** Canonical base64url of so many bytes. */
export function base64(length: number): Shape<string> {
  return (value): value is string => isBase64Url(value, length)
}

/** One of these values. */
export function oneOf<const T>(values: readonly T[]): Shape<T> {
  return (value): value is T => values.some((each) => each === value)
}

/** An array whose elements all have one form and, by `keyOf`, are all different. */
export function listOf<T>(shape: Shape<T>, most: number, keyOf?: (element: T) => unknown): Shape<readonly T[]> {
  return (value): value is readonly T[] =>
    Array.isArray(value) &&
    value.length <= most &&
    value.every(shape) &&
    (keyOf === undefined || new Set(value.map(keyOf)).size === value.length)
}

/** An array of two. */
export function pairOf<A, B>(first: Shape<A>, second: Shape<B>): Shape<readonly [A, B]> {
  return (value): value is readonly [A, B] =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1])
}

/** Demands that `value` has these members, each of its form. What else is in it shows when it is written again. */
export function demandMembers<T>(value: unknown, shapes: { readonly [Name in keyof T]: Shape<T[Name]> }): T {
  demand(isMembers(value), 'its content is malformed')
  for (const [name, shape] of Object.entries<Shape<unknown>>(shapes)) {
    demand(shape(value[name]), `its "${name}" is malformed`)
  }
  return value as T
}
