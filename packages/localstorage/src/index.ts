export { createLocalStorageStore } from './localstorage-store.ts'
export type { LocalStorageStoreOptions } from './options.ts'
