import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    simulate: 'src/explore/simulate.ts',
    attacks: 'src/attacks/write-report.ts',
    crash: 'src/processes/main.ts',
    'crash-worker': 'src/processes/worker-main.ts',
  },
  format: 'esm',
  platform: 'node',
  dts: true,
  fixedExtension: false,
  clean: true,
})
