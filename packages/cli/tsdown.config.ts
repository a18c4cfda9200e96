import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { vaultdb: 'src/main.ts', csv: 'src/csv.ts' },
  format: 'esm',
  platform: 'node',
  dts: true,
  fixedExtension: false,
  clean: true,
})
