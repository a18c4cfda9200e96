export type { ConformanceCase, MakeStore, StoreLocation } from './conformance/index.ts'
export { blobStoreConformance, missingCapabilities } from './conformance/index.ts'
export type { DecideFault, Fault, FaultRequest, FaultyStore, RequestRecord } from './faults.ts'
export { faultOnce, withFaults } from './faults.ts'
