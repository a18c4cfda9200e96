import type { ExitCode } from '../exit-codes.ts'
import type { Invocation } from '../invocation.ts'

/** What a command does, once its arguments are known; resolves to the exit status. */
export type Action<O> = (invocation: Invocation, options: O, operands: readonly string[]) => Promise<ExitCode>

/** Makes of an {@link Action} what the parser calls. */
export type Bind = <O>(action: Action<O>) => (...received: unknown[]) => Promise<void>
