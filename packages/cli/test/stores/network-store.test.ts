import { createMemoryStore, VaultError } from '@vaultdb/core'
import { decorate } from '@vaultdb/core/adapter'
import { describe, expect, it } from 'vitest'
import { createNetworkStore } from '../../src/stores/network-store.ts'
import { createFakeTerminal } from '../fake-terminal.ts'

const refuse = async (): Promise<never> => {
  throw new VaultError('ERR_UNAUTHORIZED', 'Sign in again.')
}
const create = () => decorate(createMemoryStore(), { read: refuse, write: refuse, delete: refuse })

describe('a token that is refused', () => {
  it('is said to be that of the variable, beside which signing in changes nothing', async () => {
    const store = createNetworkStore(create, { variable: 'SOME_TOKEN' }, createFakeTerminal())
    const told = {
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringMatching(/^Sign in again\..* SOME_TOKEN: change it/),
    }
    await expect(store.read('vault')).rejects.toMatchObject(told)
    await expect(store.write('vault', new Uint8Array(1), null)).rejects.toMatchObject(told)
    await expect(store.delete('vault', '1')).rejects.toMatchObject(told)
  })

  it('is just refused where `sign-in` keeps it', async () => {
    const store = createNetworkStore(create, {}, createFakeTerminal())
    await expect(store.read('vault')).rejects.toMatchObject({ message: 'Sign in again.' })
  })
})

it('other failures are passed on as they are', async () => {
  const error = new VaultError('ERR_QUOTA', 'Full.')
  const full = () => decorate(createMemoryStore(), { write: () => Promise.reject(error) })
  const store = createNetworkStore(full, { variable: 'SOME_TOKEN' }, createFakeTerminal())
  await expect(store.write('vault', new Uint8Array(1), null)).rejects.toBe(error)
})
