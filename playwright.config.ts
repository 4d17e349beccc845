import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { launchOptions } from './e2e/chromium.ts';
import { appPort, pagesPort } from './e2e/ports.ts';

/** `TOKENYARD_E2E=pages` leaves the app out, for work on one panel. */
const withApp = process.env.TOKENYARD_E2E !== 'pages' && existsSync('index.html');

/** `TOKENYARD_BUILT` says that the app in `dist` is that of these sources, as `npm test` has built it before. */
const isBuilt = Boolean(process.env.TOKENYARD_BUILT);

const preview = (config: string, port: number, build = true) => ({
  command: `${build ? `npx vite build ${config} --logLevel warn && ` : ''}npx vite preview ${config} --host localhost --port ${port} --strictPort`,
  timeout: 180_000,
  reuseExistingServer: false,
});

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results/e2e',
  // For two cores, which may be shared: one worker more, as each waits at times for what the page does by the clock, and generous limits.
  workers: 3,
  // The tests of a file are shared between the workers too: else one of them ends with a long file alone.
  fullyParallel: true,
  // Combinations beyond pairs: `npm run test:deep`.
  ...(process.env.TOKENYARD_DEEP ? {} : { grepInvert: /@deep/ }),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: { baseURL: `http://localhost:${appPort}`, launchOptions: launchOptions({ webgpu: false }) },
  projects: [{ name: 'chromium', use: { browserName: 'chromium' } }],
  webServer: [
    { ...preview('--config e2e/vite.config.ts', pagesPort), url: `http://localhost:${pagesPort}/calibrate.html` },
    ...(withApp ? [{ ...preview('', appPort, !isBuilt), url: `http://localhost:${appPort}/` }] : []),
  ],
});
