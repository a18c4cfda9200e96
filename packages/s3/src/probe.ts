import { errorCode, type Runtime, VaultError, type Version } from '@vaultdb/core'
import { type ETagForm, toETag } from './etag.ts'
import { ABSENT, type Condition, hiddenETag, type Objects } from './objects.ts'

/** What services do differently, as found out on a bucket. Plain data: it may be kept, as JSON say. */
export interface S3Traits {
  /** How a write's `If-Match` must give the ETag. */
  readonly ifMatch: 'quoted' | 'unquoted'
  /** Whether deletions heed `If-Match`, also where there is no such object. */
  readonly conditionalDelete: boolean
  /** Whether a listing shows what was just written. */
  readonly trustworthyListings: boolean
}

/** No key of the contract, so no listing shows it. */
const SCRATCH_FOLDER = '.probe'
const SCRATCH_NAME_BYTES = 16

const FIRST: Uint8Array<ArrayBuffer> = Uint8Array.of(1)
const SECOND: Uint8Array<ArrayBuffer> = Uint8Array.of(2, 2)

/** Whether `work` ended well; `false` for a conflict, any other failure is passed on. */
async function isDone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (errorCode(error) === 'ERR_CONFLICT') return false
    throw error
  }
}

function refuse(bucket: string, step: string): VaultError {
  const message =
    `Bucket ${bucket} does not compare-and-swap: ${step}. A vault in it would lose changes. Use a service with ` +
    'conditional writes (If-None-Match and If-Match).'
  return new VaultError('ERR_UNSUPPORTED', message)
}

/** One probe on one scratch object. */
class Probe {
  readonly #objects: Objects
  readonly #bucket: string
  readonly #name: string
  readonly #signal: AbortSignal

  constructor(objects: Objects, bucket: string, name: string, signal: AbortSignal) {
    this.#objects = objects
    this.#bucket = bucket
    this.#name = name
    this.#signal = signal
  }

  async run(): Promise<S3Traits> {
    const first = await this.#create()
    if (await isDone(this.#put(SECOND, ABSENT))) throw this.#refuse('it lets a file be created that exists')
    const { ifMatch, second } = await this.#update(first)
    const stale: Condition = { 'if-match': toETag(first, ifMatch) }
    const missing = `${this.#name}-missing`
    const [staleDone, missingDone, read, isListed] = await Promise.all([
      isDone(this.#put(FIRST, stale)),
      isDone(this.#objects.put(missing, FIRST, stale, this.#signal)).then(async (done) => {
        if (done) await this.#objects.remove(missing, null, this.#signal)
        return done
      }),
      this.#objects.get(this.#name, undefined, this.#signal),
      this.#isListed(second),
    ])
    if (staleDone) throw this.#refuse('it lets a file be replaced by its version of before')
    if (missingDone) throw this.#refuse('it lets a file be replaced that does not exist')
    if (read === null || read === 'unchanged' || read.version !== second || read.data.length !== SECOND.length) {
      throw this.#refuse('reading a file does not show what was just written')
    }
    const current: Condition = { 'if-match': toETag(second, ifMatch) }
    return {
      ifMatch,
      conditionalDelete: await this.#deletesConditionally(stale, current),
      trustworthyListings: isListed,
    }
  }

  /** Removes what is left; where that is not allowed or fails, a few bytes stay. */
  async clear(): Promise<void> {
    await this.#objects.remove(this.#name, null, this.#signal).catch(() => undefined)
  }

  async #put(data: Uint8Array<ArrayBuffer>, condition: Condition): Promise<Version> {
    const version = await this.#objects.put(this.#name, data, condition, this.#signal)
    if (version === null) throw hiddenETag('ERR_UNSUPPORTED', `use bucket ${this.#bucket}`)
    return version
  }

  async #create(): Promise<Version> {
    try {
      return await this.#put(FIRST, ABSENT)
    } catch (error) {
      throw errorCode(error) === 'ERR_CONFLICT' ? this.#sentTwice() : error
    }
  }

  async #update(first: Version): Promise<{ ifMatch: ETagForm; second: Version }> {
    for (const ifMatch of ['quoted', 'unquoted'] as const) {
      try {
        return { ifMatch, second: await this.#put(SECOND, { 'if-match': toETag(first, ifMatch) }) }
      } catch (error) {
        if (errorCode(error) !== 'ERR_CONFLICT') throw error
      }
    }
    if ((await this.#objects.get(this.#name, first, this.#signal)) !== 'unchanged') throw this.#sentTwice()
    throw this.#refuse('it does not let a file be replaced by its current version')
  }

  /** A missing permission to list is no reason to refuse; `check` will tell. */
  async #isListed(version: Version): Promise<boolean> {
    try {
      const versions: (Version | null)[] = []
      for await (const listed of this.#objects.list(this.#name, this.#signal)) {
        if (listed.name === this.#name) versions.push(listed.version)
      }
      return versions.length === 1 && versions[0] === version
    } catch (error) {
      if (errorCode(error) === 'ERR_UNAUTHORIZED') return false
      throw error
    }
  }

  async #deletesConditionally(stale: Condition, current: Condition): Promise<boolean> {
    try {
      if (await isDone(this.#objects.remove(this.#name, stale, this.#signal))) return false
      if (!(await isDone(this.#objects.remove(this.#name, current, this.#signal)))) return false
      return !(await isDone(this.#objects.remove(this.#name, current, this.#signal)))
    } catch (error) {
      if (errorCode(error) === 'ERR_UNAUTHORIZED' || errorCode(error) === 'ERR_UNSUPPORTED') return false
      throw error
    }
  }

  /** Browsers send again what a connection broke under (RFC 9110, section 9.2.2); then it meets itself. */
  #sentTwice(): VaultError {
    const message = `Cannot try out bucket ${this.#bucket}: a request was sent twice on its way. Try again.`
    return new VaultError('ERR_UNAVAILABLE', message)
  }

  #refuse(step: string): VaultError {
    return refuse(this.#bucket, step)
  }
}

/**
 * Tries on a scratch object whether a bucket really compares and swaps, and how. `ERR_UNSUPPORTED`, naming the step that failed,
 * where it does not.
 */
export async function probe(
  objects: Objects,
  bucket: string,
  runtime: Pick<Runtime, 'randomBytes'>,
  signal: AbortSignal,
): Promise<S3Traits> {
  const random = Array.from(runtime.randomBytes(SCRATCH_NAME_BYTES), (byte) => byte.toString(16).padStart(2, '0'))
  const trial = new Probe(objects, bucket, `${SCRATCH_FOLDER}/${random.join('')}`, signal)
  try {
    const traits = await trial.run()
    if (!traits.conditionalDelete) await trial.clear()
    return traits
  } catch (error) {
    await trial.clear()
    throw error
  }
}
