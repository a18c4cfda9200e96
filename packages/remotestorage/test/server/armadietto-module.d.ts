declare module 'armadietto' {
  import type { Server } from 'node:http'

  class FileTree {
    constructor(options: { readonly path: string })
    createUser(user: { readonly username: string; readonly email: string; readonly password: string }): Promise<void>
    /** Resolves to a token. */
    authorize(client: string, username: string, scopes: Readonly<Record<string, readonly string[]>>): Promise<string>
    revokeAccess(username: string, token: string): Promise<void>
    /** Waits for the user's lock file. */
    _lock(username: string): Promise<void>
    _unlock(username: string): Promise<void>
    /** Waits before a file is read again that was being written. */
    _delay(ms: number): Promise<void>
  }

  class Armadietto {
    static readonly FileTree: typeof FileTree
    readonly _server: Promise<{ readonly _http: Server }>
    constructor(options: {
      readonly store: FileTree
      readonly http: { readonly host: string; readonly port: number }
      readonly logging: { readonly log_dir: string; readonly stdout: string[]; readonly log_files: string[] }
    })
    boot(): Promise<void>
  }
  export = Armadietto
}
