import type { WriteResult } from '@vaultdb/core'
import { sees, seesPresence, type Transition } from '../explore/history.ts'
import { type Answer, type Operation, wasThere } from './operation.ts'

/** What an operation did to one document, or saw of it. */
export interface Effect {
  readonly transition: Transition
  /** Whether it changed nothing, so that within a task it may have been answered from what the task had read. */
  readonly looked: boolean
}

const REMOVES: Transition = () => ({ after: null })

const puts =
  (author: string): Transition =>
  () => ({ after: author })

const signs =
  (author: string): Transition =>
  (before) => ({ after: before === null ? author : `${before} ${author}` })

const changes = (transition: Transition): Effect => ({ transition, looked: false })
const looks = (transition: Transition): Effect => ({ transition, looked: true })

/** `transition`, where it found the document there or not there. */
function finding(found: boolean, transition: Transition): Effect {
  return { transition: (before) => ((before !== null) === found ? transition(before) : undefined), looked: false }
}

/** What an operation does to a document as long as nothing is known of its outcome. */
export function possibleEffect(operation: Operation, path: string, author: string): Transition {
  switch (operation.kind) {
    case 'put':
      return puts(author)
    case 'update':
    case 'update-later':
      return signs(author)
    case 'write':
      return operation.put.includes(path) ? puts(author) : REMOVES
    default:
      return REMOVES
  }
}

/** What an operation did and saw, given what it answered, for each document of the `universe` that it tells something about. */
export function effectsOf(
  operation: Operation,
  author: string,
  answer: Answer,
  universe: readonly string[],
): ReadonlyMap<string, Effect> {
  switch (operation.kind) {
    case 'get':
    case 'update-refused':
      return new Map([[operation.path, looks(sees(answer as string | null))]])
    case 'put':
      return new Map([[operation.path, changes(puts(author))]])
    case 'remove':
      return new Map([[operation.path, answer === true ? finding(true, REMOVES) : looks(sees(null))]])
    case 'update':
    case 'update-later':
      return new Map([[operation.path, changes(landing(answer as string | null, author))]])
    case 'update-away':
      return new Map([[operation.path, removing(answer as string | null)]])
    case 'prune':
      // Some of them it may have removed, and others found absent.
      return new Map(
        below(universe, operation.directory).map((path) => [path, looks(answer === 0 ? sees(null) : REMOVES)]),
      )
    case 'write':
      return new Map(bulk(operation, author, answer as readonly WriteResult[]))
    case 'mend':
      return new Map()
    case 'list':
      return new Map(listed(below(universe, operation.directory), operation.directory, answer as readonly string[]))
    case 'find': {
      const found = new Set(answer as readonly string[])
      return new Map(below(universe, operation.directory).map((path) => [path, looks(seesPresence(found.has(path)))]))
    }
    case 'entries': {
      const found = new Map(answer as readonly (readonly [string, string | null])[])
      return new Map(below(universe, operation.directory).map((path) => [path, looks(sees(found.get(path) ?? null))]))
    }
  }
}

function below(universe: readonly string[], directory: string): string[] {
  return universe.filter((path) => path.startsWith(directory))
}

function landing(landed: string | null, author: string): Transition {
  return (before) => {
    const result = signs(author)(before)
    return result?.after === landed ? result : undefined
  }
}

function removing(given: string | null): Effect {
  if (given === null) return looks(sees(null))
  return changes((before) => (before === given ? { after: null } : undefined))
}

/** Of a bulk that failed in part, the effects of what was done. */
function bulk(
  operation: Operation & { readonly kind: 'write' },
  author: string,
  results: readonly (WriteResult | unknown)[],
): [path: string, effect: Effect][] {
  const paths = [...operation.put, ...operation.remove]
  return paths.flatMap((path, at): [string, Effect][] => {
    const result = results[at]
    if (typeof result !== 'string') return []
    if (result === 'absent') return [[path, looks(sees(null))]]
    return [[path, finding(wasThere(result as WriteResult), possibleEffect(operation, path, author))]]
  })
}

/** A directory may still be listed that has just become empty; one that is not listed was empty. */
function listed(paths: readonly string[], directory: string, answer: readonly string[]): [string, Effect][] {
  const names = new Set(answer)
  return paths.flatMap((path): [string, Effect][] => {
    const name = path.slice(directory.length)
    const cut = name.indexOf('/')
    if (cut === -1) return [[path, looks(seesPresence(names.has(name)))]]
    return names.has(name.slice(0, cut + 1)) ? [] : [[path, looks(seesPresence(false))]]
  })
}
