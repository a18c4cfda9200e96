import type { SourceChange } from '../changed-sources.ts'

/** A rule that is switched off. */
export interface Tooth extends SourceChange {
  readonly rule: string
}

/** What killed crews must notice. */
export const TEETH: readonly Tooth[] = [
  {
    rule: 'a file is replaced only if it is still the version that was read',
    file: 'fs/src/file-store.ts',
    from: '} else if (expected !== head.version) throw conflictError(key)',
    to: '} else if (expected === null) throw conflictError(key)',
  },
  {
    rule: 'a content is whole before its version is current',
    file: 'fs/src/replacing.ts',
    from: 'await writeContent(join(folder, version), data, change.durable)',
    to: 'if (!advance(folder, head, headName(version))) throw conflictError(key)\n      await writeContent(join(folder, version), data, change.durable)',
  },
  {
    rule: 'markers are written before the documents',
    file: 'core/src/operations/execution.ts',
    from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
    to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
  },
]
