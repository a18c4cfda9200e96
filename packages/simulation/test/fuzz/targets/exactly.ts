/** A value as text that tells all values apart that JSON text can stand for: -0 and infinities, too. */
export function exactly(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'number' ? (Object.is(part, -0) ? 'number -0' : `number ${part}`) : part,
  )
}
