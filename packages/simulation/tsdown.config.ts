import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts', simulate: 'src/explore/simulate.ts' },
  format: 'esm',
  platform: 'node',
  dts: true,
  fixedExtension: false,
  clean: true,
})
