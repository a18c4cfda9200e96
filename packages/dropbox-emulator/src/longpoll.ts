import { integer, optional, struct, text } from './arguments.ts'
import type { OpenCall } from './call.ts'
import { unseen } from './listing.ts'

const MIN_TIMEOUT_SECONDS = 30
const MAX_TIMEOUT_SECONDS = 480
/** Dropbox adds up to as much, so that not all clients come back at once. */
const MAX_JITTER_SECONDS = 90

const argument = struct({
  cursor: text('(.|[\\r\\n])*', 1),
  timeout: optional(integer(MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS), MIN_TIMEOUT_SECONDS),
})

/** Waits until there is something that the holder of the cursor has not seen. Needs no authorization: the cursor will do. */
export async function longpoll(call: OpenCall): Promise<{ readonly changes: boolean; readonly backoff?: number }> {
  const { cursor, timeout } = call.read(argument)
  const position = call.cursors.find(call.route, cursor, undefined)
  const account = call.accountOf(position.account)
  const jitterSeconds = call.runtime.jitter() * MAX_JITTER_SECONDS
  const end = new AbortController()
  const stop = (): void => end.abort()
  const unwatch = account.onChange(() => {
    if (unseen(account, position).length > 0) stop()
  })
  call.signal.addEventListener('abort', stop)
  try {
    const waiting = unseen(account, position).length === 0 && !call.signal.aborted
    if (waiting) await call.runtime.sleep((timeout + jitterSeconds) * 1000, end.signal).catch(() => undefined)
    const changes = unseen(account, position).length > 0
    return call.backoffSeconds === null ? { changes } : { changes, backoff: call.backoffSeconds }
  } finally {
    unwatch()
    call.signal.removeEventListener('abort', stop)
    stop()
  }
}
