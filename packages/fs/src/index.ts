export { createFileStore } from './file-store.ts'
export type { FileStoreOptions } from './options.ts'
