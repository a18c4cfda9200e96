// Performs requests, one after the other, and prints for each what came of it: a line of JSON.
const [, , storePath = '', json = ''] = process.argv
const { createFileStore } = await import(storePath)
const { folder, options, requests, umask } = JSON.parse(json)
if (umask !== undefined) process.umask(umask)
const store = createFileStore(folder, options)

let version = null
for (const { kind, key = 'vault', bytes = 0 } of requests) {
  try {
    if (kind === 'read') {
      const blob = await store.read(key)
      version = blob?.version ?? null
      console.log(JSON.stringify({ bytes: blob?.data.length ?? null }))
    } else if (kind === 'write') {
      version = await store.write(key, new Uint8Array(bytes).fill(7), version)
      console.log(JSON.stringify({ version }))
    } else {
      await store.delete(key, version)
      version = null
      console.log(JSON.stringify({ deleted: true }))
    }
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    console.log(JSON.stringify({ code, message }))
  }
}
