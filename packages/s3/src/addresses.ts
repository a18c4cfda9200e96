import type { ResolvedOptions } from './options.ts'

/** The addresses of a vault's objects. What they are made of needs no escape, but for the values of a listing's parameters. */
export class Addresses {
  readonly #bucket: string
  readonly #prefix: string

  constructor({ endpoint, bucket, prefix, addressing }: ResolvedOptions) {
    const { protocol, host, pathname } = endpoint
    const path = pathname.replace(/\/+$/, '')
    this.#bucket =
      addressing === 'path' ? `${protocol}//${host}${path}/${bucket}` : `${protocol}//${bucket}.${host}${path}`
    this.#prefix = prefix
  }

  /** Of the object of a name. */
  object(name: string): string {
    return `${this.#bucket}/${this.#prefix}${name}`
  }

  /** Of one page of the listing of the names that begin with `namePrefix`. */
  listing(namePrefix: string, continuation: string | null): string {
    const parameters = [
      'list-type=2',
      ...(continuation === null ? [] : [`continuation-token=${encodeURIComponent(continuation)}`]),
      `prefix=${encodeURIComponent(`${this.#prefix}${namePrefix}`)}`,
    ]
    return `${this.#bucket}/?${parameters.join('&')}`
  }

  /** The name of the object that a listing names; `null` for one of another place. */
  nameOf(listed: string): string | null {
    return listed.startsWith(this.#prefix) ? listed.slice(this.#prefix.length) : null
  }
}
