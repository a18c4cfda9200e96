import type { Specimen } from './laboratory.ts'
import { locateDocuments, makeSpecimen } from './laboratory.ts'

/** The vaults that the rows work on; each row gets copies. */
export interface Materials {
  /** 100 documents in one shard. */
  readonly small: Specimen
  /** 1,000 documents. */
  readonly large: Specimen
  /** The same with every log full. */
  readonly worn: Specimen
  readonly wornDeflated: Specimen
  /** Of the large vault: a directory with several documents that does not lie in shard `0`, and two documents of it. */
  readonly site: { readonly directory: string; readonly paths: readonly [string, string, ...string[]] }
}

/** Makes the vaults, which takes some seconds. */
export async function prepareMaterials(): Promise<Materials> {
  const large = await makeSpecimen(1000)
  return {
    small: await makeSpecimen(100),
    large,
    worn: await makeSpecimen(1000, { fullLogs: true }),
    wornDeflated: await makeSpecimen(1000, { fullLogs: true, compression: 'deflate' }),
    site: await chooseSite(large),
  }
}

async function chooseSite(specimen: Specimen): Promise<Materials['site']> {
  const paths = specimen.entries.map(([path]) => path)
  const shardOf = await locateDocuments(specimen, paths)
  const sites = new Map<string, string[]>()
  for (const path of paths) {
    const directory = path.slice(0, path.lastIndexOf('/') + 1)
    sites.set(directory, [...(sites.get(directory) ?? []), path])
  }
  for (const [directory, [first, second, ...others]] of sites) {
    if (first === undefined || second === undefined || others.length < 2) continue
    const shards = new Set([first, second, ...others].map((path) => shardOf.get(path)))
    if (shards.size === 1 && !shards.has('shards/0')) return { directory, paths: [first, second, ...others] }
  }
  throw new Error('No directory of the test data lies whole in one shard other than the first.')
}
