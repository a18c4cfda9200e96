import { errorCode } from '@vaultdb/core'
import { createLocalStorageStore } from '@vaultdb/localstorage'

const store = createLocalStorageStore({ prefix: 'vault' })
const heard: string[] = []

async function increment(): Promise<boolean> {
  const blob = await store.read('vault')
  if (blob === 'unchanged') throw new Error('Nobody asked for that.')
  const count = blob === null ? 0 : Number(new TextDecoder().decode(blob.data))
  try {
    await store.write('vault', new TextEncoder().encode(String(count + 1)), blob?.version ?? null)
    return true
  } catch (error) {
    if (errorCode(error) === 'ERR_CONFLICT') return false
    throw error
  }
}

/** What the test that drives this page can ask it to do. */
const page = {
  heard: heard as readonly string[],
  watch: (): void => {
    store.watch?.((key) => heard.push(key))
  },

  /** Adds one to the number in a file, so many times. */
  async count(times: number): Promise<void> {
    for (let done = 0; done < times; ) if (await increment()) done += 1
  },

  async counted(): Promise<string> {
    const blob = await store.read('vault')
    return blob === null || blob === 'unchanged' ? String(blob) : new TextDecoder().decode(blob.data)
  },
}

Object.assign(globalThis, { page })

export type Page = typeof page
