import type { Readable } from 'node:stream'
import type { Runtime } from '@vaultdb/core'

/** A stream that text is written to. */
export interface Output {
  /** Whether a person reads it. */
  readonly isTerminal: boolean
  /** Resolves once the text has left this process. Rejects with `EPIPE` when nobody reads it any more. */
  write(text: string): Promise<void>
}

/** Signals that ask a program to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/**
 * Everything that a command takes from its surroundings, so that tests run commands in this process and no module reaches
 * for `process` by itself.
 */
export interface Terminal {
  readonly stdin: Readable
  /** Whether standard input is a keyboard, and so holds no value to read. */
  readonly stdinIsTerminal: boolean
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory that relative paths start from. */
  readonly directory: string
  /** The user's own directory, and the one where programs keep their settings. */
  readonly homeDirectory: string
  readonly configDirectory: string
  /** Where programs keep what they can find out again. */
  readonly cacheDirectory: string
  /** Where short-lived private files go. */
  readonly temporaryDirectory: string
  readonly runtime: Runtime
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean
  /** Asks for a secret without showing what is typed. Rejects with the signal's reason, or an {@link Interrupted}. */
  askSecret(question: string, signal: AbortSignal): Promise<string>
  /** Asks a yes-or-no question; the answer is no unless given. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
  /** Opens a file in the user's editor; resolves when it was closed. */
  edit(command: string, file: string, signal: AbortSignal): Promise<void>
  /** Calls back when the user, or the system, asks to stop. Returns a function that ends this. */
  onStop(listener: (signal: StopSignal) => void): () => void
  /** A bar for `total` units on standard error. */
  startBar(label: string, total: number): Bar
}

/** A progress bar. */
export interface Bar {
  update(done: number, total: number): void
  stop(): void
}

/** The reason of a stop that the user asked for. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted'
  readonly signal: StopSignal

  constructor(signal: StopSignal) {
    super(`Stopped by ${signal}.`)
    this.signal = signal
  }

  /** As a shell counts it: 128 plus the number of the signal. */
  get exitCode(): number {
    return 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[this.signal]
  }
}
