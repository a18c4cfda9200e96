export { createIndexedDBStore } from './indexeddb-store.ts'
export type { IndexedDBStoreOptions } from './options.ts'
