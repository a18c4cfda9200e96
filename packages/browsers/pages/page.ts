import { perform, type Request, request } from './requests.ts'

/** Where the client of a vault runs. */
export type Context = 'page' | 'dedicated' | 'shared' | 'service'

type Post = (message: Request, transfer: Transferable[]) => void

function onFailure(worker: AbstractWorker): void {
  worker.onerror = (event) => reportError(new Error(`A worker failed: ${(event as ErrorEvent).message}`))
}

function startDedicated(): Post {
  const worker = new Worker('/worker.js', { type: 'module' })
  onFailure(worker)
  return (message, transfer) => worker.postMessage(message, transfer)
}

function startShared(): Post {
  const worker = new SharedWorker('/shared-worker.js', { type: 'module' })
  onFailure(worker)
  worker.port.start()
  return (message, transfer) => worker.port.postMessage(message, transfer)
}

async function startService(): Promise<Post> {
  await navigator.serviceWorker.register('/service-worker.js', { type: 'module' })
  const { active } = await navigator.serviceWorker.ready
  return (message, transfer) => active?.postMessage(message, transfer)
}

const start: Record<Exclude<Context, 'page'>, () => Post | Promise<Post>> = {
  dedicated: startDedicated,
  shared: startShared,
  service: startService,
}
const started = new Map<Context, Promise<Post>>()

/** Does a task here or in a worker of this page, which is started when it is first needed. */
async function run(context: Context, message: Request): Promise<unknown> {
  if (context === 'page') return perform(message)
  const post = started.get(context) ?? Promise.resolve(start[context]())
  started.set(context, post)
  return request(await post, message)
}

/** What a page can do where it was loaded. */
export interface Surroundings {
  readonly allowsEval: boolean
  readonly isSecureContext: boolean
  readonly hasSubtle: boolean
}

function allowsEval(): boolean {
  try {
    Reflect.construct(Function, ['return 1'])
    return true
  } catch {
    return false
  }
}

// Looked at here and not when a test calls: what a driver evaluates is exempt from the page's policy.
const seen: Surroundings = { allowsEval: allowsEval(), isSecureContext, hasSubtle: crypto.subtle !== undefined }

Object.assign(globalThis, { run, surroundings: () => seen })
