import { randomUUID } from 'node:crypto'
import type { S3StoreOptions } from '@vaultdb/s3'
import { AwsV4Signer } from 'aws4fetch'
import { inject } from 'vitest'

const { accessKeyId, secretAccessKey, endpoint } = inject('ceph')

/** The account of the tests. */
export const credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId,
  secretAccessKey,
}

/** Sends a signed request of an administrator's to the service; rejects unless it succeeds. */
export async function request(
  method: string,
  path: string,
  body?: string,
  ownHeaders: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const signer = new AwsV4Signer({
    method,
    url: `${endpoint}${path}`,
    headers: ownHeaders,
    ...(body === undefined ? {} : { body }),
    ...credentials,
    service: 's3',
    region: 'us-east-1',
  })
  const { url, headers } = await signer.sign()
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}

/** Makes an empty bucket; resolves to its name. */
export async function makeBucket(): Promise<string> {
  const bucket = `vault-${randomUUID()}`
  await request('PUT', `/${bucket}`)
  return bucket
}

/** What opens a store in a bucket. */
export function optionsFor(bucket: string): S3StoreOptions {
  return { endpoint, bucket, credentials }
}
