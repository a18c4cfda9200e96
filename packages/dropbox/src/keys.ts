import { isBlobKey } from '@vaultdb/core/adapter'

// Dropbox does not tell capitals from small letters, keys do: a capital is written as `+` and the small letter.

/** The key as it stands in paths. */
export function encodedKey(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `+${capital.toLowerCase()}`)
}

/** The key of a path below the vault's folder, `null` where it is none of a vault's files. */
export function decodedKey(path: string): string | null {
  const key = path.replace(/\+([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return isBlobKey(key) && encodedKey(key) === path ? key : null
}

/** Where keys stand in paths that Dropbox answers with: always in small letters, below as many folders as `folder` has. */
export class KeyPaths {
  readonly #folder: string
  readonly #depth: number

  constructor(folder: string) {
    this.#folder = folder
    this.#depth = folder.split('/').length
  }

  pathOf(key: string): string {
    return `${this.#folder}/${encodedKey(key)}`
  }

  /** The deepest folder that holds all keys with this prefix. */
  folderOf(prefix: string): string {
    const slash = prefix.lastIndexOf('/')
    return slash < 0 ? this.#folder : this.pathOf(prefix.slice(0, slash))
  }

  /** By position and not by comparing: how Dropbox makes small letters of all the world's capitals is its own affair. */
  keyOf(pathLower: string | undefined): string | null {
    return decodedKey((pathLower ?? '').split('/').slice(this.#depth).join('/'))
  }
}
