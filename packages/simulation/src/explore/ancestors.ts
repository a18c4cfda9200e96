/** The directories above a document or a directory, deepest first, without `/`. */
export function ancestorsOf(path: string): string[] {
  const found: string[] = []
  for (let end = path.lastIndexOf('/') + 1; end > 1; end = path.lastIndexOf('/', end - 2) + 1) {
    found.push(path.slice(0, end))
  }
  return found
}

/** The directory that a document or a directory stands in. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1)
}
