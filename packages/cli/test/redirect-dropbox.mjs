// Loaded first by a process under test: sends what is meant for Dropbox to the emulator. The program itself has no way to send
// tokens elsewhere.

import process from 'node:process'

const { DROPBOX_EMULATOR: emulator } = process.env
const send = globalThis.fetch

/** @type {typeof globalThis.fetch} */
globalThis.fetch = (input, init) => {
  const { host, pathname, search } = new URL(input instanceof Request ? input.url : input)
  if (!host.endsWith('.dropboxapi.com')) throw new Error(`Nothing is asked of ${host}.`)
  return send(`${emulator}/${host}${pathname}${search}`, init)
}
