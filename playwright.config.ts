import { defineConfig } from '@playwright/test'
import { chromiumPath } from './scripts/browsers.mjs'

const EVERY_ENGINE = 'browsers/test/**/*.spec.ts'

export default defineConfig({
  testDir: 'packages',
  timeout: 120_000,
  workers: 2,
  forbidOnly: true,
  outputDir: 'test-results',
  // What is not for every engine needs Playwright's own powers over Chromium.
  projects: [
    { name: 'chromium', testMatch: [EVERY_ENGINE, '*/test/browser/**/*.spec.ts'] },
    { name: 'firefox', testMatch: EVERY_ENGINE },
    { name: 'webkit', testMatch: EVERY_ENGINE },
  ],
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
