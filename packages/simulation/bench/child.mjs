import { fork } from 'node:child_process'

/** A child process that answers each message with one; `call` rejects when it reports an error or dies. */
export async function startChild(script, args, execArgv = []) {
  const child = fork(script, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const answer = () =>
    new Promise((resolve, reject) => {
      const settle = (finish) => {
        child.off('message', onMessage).off('exit', onExit)
        finish()
      }
      const onMessage = ({ result, error }) =>
        settle(() => (error === undefined ? resolve(result) : reject(new Error(error))))
      const onExit = (code, signal) => settle(() => reject(new Error(`The process ended (${signal ?? code}).`)))
      child.on('message', onMessage).on('exit', onExit)
    })
  const greeting = await answer()
  return {
    greeting,
    call(message) {
      const answered = answer()
      child.send(message)
      return answered
    },
    stop() {
      child.removeAllListeners('exit')
      child.disconnect()
      child.kill()
    },
  }
}
