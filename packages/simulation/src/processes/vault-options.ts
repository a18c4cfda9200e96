/** How all processes open the vault, or create it: a raw key needs no derivation, and the smallest shards split at once. */
export const VAULT_OPTIONS: { readonly key: Uint8Array; readonly shardBytes: number } = {
  key: new Uint8Array(32).fill(0x5a),
  shardBytes: 1024,
}
