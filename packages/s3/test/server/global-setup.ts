import type { TestProject } from 'vitest/node'
import { cephHint, hasCeph } from '../../../../scripts/ceph.mjs'
import { type CephAccess, startCeph } from './ceph.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly ceph: CephAccess
  }
}

/** One service for all test files of the project `s3`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!hasCeph()) throw new Error(`These tests need Ceph. To install: ${cephHint()}`)
  const ceph = await startCeph()
  project.provide('ceph', ceph.access)
  return ceph.stop
}
