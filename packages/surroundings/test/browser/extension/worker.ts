import { errorCode, VaultDB } from '@vaultdb/core'
import { createIndexedDBStore } from '@vaultdb/indexeddb'

/** What the worker answers to a page's message. */
export interface Answer {
  /** Another one each time the worker is started: all that it has in memory is gone then. */
  readonly start: string
  /** All that were ever noted, in order, read back from the vault. */
  readonly notes: readonly string[]
  readonly error?: string
}

const start = crypto.randomUUID()
const key = new Uint8Array(32).fill(7)

let opened: Promise<VaultDB> | undefined

async function note(text: string): Promise<Answer> {
  opened ??= VaultDB.openOrCreate(createIndexedDBStore({ name: 'notes' }), { key })
  const db = await opened
  await db.update<readonly string[]>('/notes', (notes) => [...(notes ?? []), text])
  return { start, notes: (await db.get('/notes')) ?? [] }
}

/** What is used here of the extension's own interface. */
declare const chrome: {
  readonly runtime: {
    readonly onMessage: {
      addListener(listener: (message: string, sender: unknown, answer: (answer: Answer) => void) => boolean): void
    }
  }
}

chrome.runtime.onMessage.addListener((text, _sender, answer) => {
  note(text).then(answer, (error: unknown) =>
    answer({ start, notes: [], error: `${errorCode(error)}: ${String(error)}` }),
  )
  return true // the answer comes later
})
