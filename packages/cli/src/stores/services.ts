/** Services that `sign-in` signs in to. S3 has keys instead, which the AWS tools keep. */
export const SERVICES = ['dropbox', 'remotestorage'] as const

/** One of {@link SERVICES}. */
export type Service = (typeof SERVICES)[number]
