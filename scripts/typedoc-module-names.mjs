// A TypeDoc plugin: entry points bear the names by which users import them, and not the paths of their sources.

import { Converter, ReflectionKind } from 'typedoc'

const NAMES = new Map([
  ['core/src', '@vaultdb/core'],
  ['core/src/adapter', '@vaultdb/core/adapter'],
  ['core/src/maintenance', '@vaultdb/core/maintenance'],
  ['core/src/testing', '@vaultdb/core/testing'],
  ['dropbox/src', '@vaultdb/dropbox'],
  ['dropbox-emulator/src', '@vaultdb/dropbox-emulator'],
  ['fs/src', '@vaultdb/fs'],
  ['indexeddb/src', '@vaultdb/indexeddb'],
  ['localstorage/src', '@vaultdb/localstorage'],
  ['remotestorage/src', '@vaultdb/remotestorage'],
  ['s3/src', '@vaultdb/s3'],
  ['cli/src/csv', 'vaultdb/csv'],
])

/** @param {import('typedoc').Application} application */
export function load(application) {
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const name = NAMES.get(module.name)
      if (name === undefined) throw new Error(`scripts/typedoc-module-names.mjs has no public name for ${module.name}.`)
      module.name = name
    }
  })
}
