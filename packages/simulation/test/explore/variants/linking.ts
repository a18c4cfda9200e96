import { UNEXPLAINED, UNLINKED, type Variant } from './variant.ts'

/** That who adds a document finds its directories linked, and keeps them so. */
export const LINKING: readonly Variant[] = [
  {
    rule: 'markers are rewritten also where they are present',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: '        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
        to: '        if (itemOf(shard.state, change.directory, change.name) !== undefined) continue\n        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
      },
    ],
    scenario: 'a directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'markers are written before the documents',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
        to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
      },
    ],
    scenario: 'a directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'a document whose marker could not be written is planned again',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'if (markers.some(({ shard }) => this.#markerFailures.has(shard.id))) return false',
        to: '',
      },
    ],
    scenario: 'a new directory, and a put',
    notices: UNLINKED,
  },
  {
    rule: 'a marker is no evidence that a directory is linked',
    changes: [
      {
        file: 'core/src/operations/plan.ts',
        from: 'holdsDocumentOf(shard.state, path.directory)',
        to: 'shard.state.directories.has(path.directory)',
      },
    ],
    scenario: 'a nested directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'an effect of the same plan is no evidence that a directory is linked',
    changes: [
      {
        file: 'core/src/operations/plan.ts',
        from: 'holdsDocumentOf(shard.state, path.directory)',
        to: 'chains.has(path.directory) || holdsDocumentOf(shard.state, path.directory)',
      },
    ],
    scenario: 'a bulk into a new directory, and a put',
    notices: UNLINKED,
  },
  {
    rule: 'documents are written on the bases that were read before the markers',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'const base = this.#view.base(id) as LoadedShard\n',
        to: 'const newest = { sinceTick: this.#view.manager.requests.tick, notBeforeMs: Infinity }\nconst base = split ? await this.#view.manager.load(id, newest) : (this.#view.base(id) as LoadedShard)\n',
      },
    ],
    scenario: 'a directory filled and emptied',
    notices: UNLINKED,
  },
  {
    rule: 'bases are those of the plan, not what the cache holds by now',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'const base = this.#view.base(id) as LoadedShard\n    const outcome',
        to: 'const base = this.#view.manager.cache.newest(id) ?? (this.#view.base(id) as LoadedShard)\n    const outcome',
      },
    ],
    scenario: 'a put with an update, beside a read',
    notices: UNEXPLAINED,
  },
]
