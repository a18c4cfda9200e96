export type { RemoteStorageInstance } from './app.ts'
export type {
  RemoteStorageAddressOptions,
  RemoteStorageAppOptions,
  RemoteStorageHrefOptions,
  RemoteStorageStoreOptions,
} from './options.ts'
export { createRemoteStorageStore } from './remotestorage-store.ts'
