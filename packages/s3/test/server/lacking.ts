/**
 * Capabilities that Ceph 16 lacks: it does not look at the condition of a deletion. ETags are fingerprints on every S3, and none has
 * a limit that a test could reach.
 */
export const LACKING: readonly string[] = ['conditionalDelete', 'maxBlobBytes', 'uniqueVersions']
