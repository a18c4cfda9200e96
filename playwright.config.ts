import { defineConfig } from '@playwright/test'
import { chromiumPath } from './scripts/browsers.mjs'

export default defineConfig({
  testDir: 'packages',
  testMatch: '*/test/browser/**/*.spec.ts',
  timeout: 120_000,
  workers: 1,
  forbidOnly: true,
  outputDir: 'test-results',
  use: {
    browserName: 'chromium',
    headless: true,
    launchOptions: {
      ...(chromiumPath() === null ? {} : { executablePath: chromiumPath() ?? '' }),
      args: [
        '--no-sandbox', // which refuses to run as root, as containers do
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
