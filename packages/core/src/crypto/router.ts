import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toHex, utf8 } from '../bytes.ts'
import { label } from './label.ts'

/** The first routing key: where shard `0` begins. */
export const FIRST_KEY: string = '0'.repeat(32)

/** Says where in the key space an item lies. */
export interface Router {
  /** Routing key of an item: 32 lower-case hexadecimal digits, the first half by its directory, the second by its path. */
  keyOf(directory: string, name: string): string
  /** The first and the last key that items of a directory can have, both inclusive. */
  rangeOf(directory: string): { readonly first: string; readonly last: string }
}

const HALF_BYTES = 8
const FIRST_HALF = '0'.repeat(2 * HALF_BYTES)
const LAST_HALF = 'f'.repeat(2 * HALF_BYTES)
/** Routing keys kept, and directory halves likewise; beyond that all are forgotten and made again as needed. */
const CACHED_KEYS = 50_000

/** A function of one text that remembers its results. */
function remember(compute: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= CACHED_KEYS) known.clear()
    const made = compute(text)
    known.set(text, made)
    return made
  }
}

/** The first 8 bytes of an HMAC over label and text, in hexadecimal. The state after key and label is kept: two compressions each. */
function createHalf(routingKey: Uint8Array, labelName: string): (text: string) => string {
  const start = hmac.create(sha256, routingKey).update(label(labelName))
  return remember((text) => toHex(start.clone().update(utf8(text)).digest().subarray(0, HALF_BYTES)))
}

/** Routes by the vault's routing key (32 bytes, chosen at creation, never changed). */
export function createRouter(routingKey: Uint8Array): Router {
  const directoryHalf = createHalf(routingKey, 'dir')
  const itemHalf = createHalf(routingKey, 'item')
  // The top level comes first in the key space: `open` reads shard `0` anyway.
  const halfOf = (directory: string): string => (directory === '/' ? FIRST_HALF : directoryHalf(directory))
  return {
    keyOf: (directory, name) => halfOf(directory) + itemHalf(directory + name),
    rangeOf(directory) {
      const half = halfOf(directory)
      return { first: half + FIRST_HALF, last: half + LAST_HALF }
    },
  }
}
