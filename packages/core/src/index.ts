export type { Applied, VaultErrorCode, VaultErrorDetails } from './errors.ts'
export { errorCode, VaultError } from './errors.ts'
export type { Argon2idInput, Runtime } from './runtime.ts'
export { createRuntime } from './runtime.ts'
export type {
  BlobStore,
  ListedBlob,
  ReadOptions,
  RequestOptions,
  StoreCapabilities,
  StoredBlob,
  Unsubscribe,
  Version,
} from './store/contract.ts'
export { assertBlobData, assertBlobKey, assertBlobPrefix, REFUSALS } from './store/contract.ts'
