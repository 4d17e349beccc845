import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { launchOptions } from './e2e/chromium.ts';
import { appPort, pagesPort } from './e2e/ports.ts';

/** `TOKENYARD_E2E=pages` leaves the app out, for work on one panel. */
const withApp = process.env.TOKENYARD_E2E !== 'pages' && existsSync('index.html');

const preview = (config: string, port: number) => ({
  command: `npx vite build ${config} --logLevel warn && npx vite preview ${config} --host localhost --port ${port} --strictPort`,
  timeout: 180_000,
  reuseExistingServer: false,
});

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results/e2e',
  // A shared machine with two cores: generous limits.
  workers: 2,
  // Combinations beyond pairs: `npm run test:deep`.
  ...(process.env.TOKENYARD_DEEP ? {} : { grepInvert: /@deep/ }),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: { baseURL: `http://localhost:${appPort}`, launchOptions: launchOptions({ webgpu: false }) },
  projects: [{ name: 'chromium', use: { browserName: 'chromium' } }],
  webServer: [
    { ...preview('--config e2e/vite.config.ts', pagesPort), url: `http://localhost:${pagesPort}/calibrate.html` },
    ...(withApp ? [{ ...preview('', appPort), url: `http://localhost:${appPort}/` }] : []),
  ],
});
