import { type TaskName, tasks } from './tasks.ts'

/** A task for a worker; the answer goes to the port that comes with it. */
export interface Request {
  readonly task: TaskName
  readonly args: readonly unknown[]
}

type Answer = { readonly value: unknown } | { readonly error: string }

/** Does a task by name. */
export function perform({ task, args }: Request): Promise<unknown> {
  return Reflect.apply(tasks[task], tasks, args)
}

/** Does what a message asks for; settles when it has been answered. */
export async function answer({ data, ports: [port] }: MessageEvent<Request>): Promise<void> {
  const outcome: Answer = await perform(data).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) }),
  )
  port?.postMessage(outcome)
}

/** Sends a request with `post` and resolves to what the other side answers. */
export function request(
  post: (message: Request, transfer: Transferable[]) => void,
  message: Request,
): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('error' in data) reject(new Error(data.error))
      else resolve(data.value)
      port1.close()
    }
    post(message, [port2])
  })
}
