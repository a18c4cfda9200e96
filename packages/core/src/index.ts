export type { KdfOptions } from './crypto/kdf.ts'
export { VaultDB } from './database/database.ts'
export type {
  AsyncResults,
  CreateOptions,
  Credentials,
  DocumentStore,
  FindOptions,
  LongOperationOptions,
  OpenOptions,
  OperationOptions,
  Progress,
  ReadOperationOptions,
  RetryOptions,
  Task,
  WriteOperation,
  WriteResult,
} from './database/types.ts'
export type { Applied, VaultErrorCode, VaultErrorDetails } from './errors.ts'
export { errorCode, VaultError } from './errors.ts'
export type { Compression } from './format/model.ts'
export { joinPath } from './path/path.ts'
export type { Argon2idInput, Connectivity, Runtime } from './runtime.ts'
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
export type { CircuitBreakerOptions } from './store/decorators/circuit-breaker.ts'
export { withCircuitBreaker } from './store/decorators/circuit-breaker.ts'
export type { ConcurrencyLimitOptions } from './store/decorators/concurrency-limit.ts'
export { withConcurrencyLimit } from './store/decorators/concurrency-limit.ts'
export type { MeteredStore, StoreMetrics } from './store/decorators/metrics.ts'
export { metricsBetween, withMetrics } from './store/decorators/metrics.ts'
export type { OnlineCheckOptions } from './store/decorators/online-check.ts'
export { withOnlineCheck } from './store/decorators/online-check.ts'
export type { ReadRetryOptions } from './store/decorators/read-retry.ts'
export { withReadRetry } from './store/decorators/read-retry.ts'
export type { ResilienceOptions } from './store/decorators/resilience.ts'
export { withResilience } from './store/decorators/resilience.ts'
export type { TimeoutOptions } from './store/decorators/timeout.ts'
export { withTimeout } from './store/decorators/timeout.ts'
export { createMemoryStore } from './store/memory-store.ts'
export type { Witness } from './vault/witness.ts'
export { createMemoryWitness } from './vault/witness.ts'
export type { SeenFile, WitnessRecord } from './vault/witness-record.ts'
