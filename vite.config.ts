import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { firstLoad } from './tools/first-load-chunk.mjs';
import { scriptText } from './tools/script-text.mjs';

/** Tests of what keeps nothing between calls. Those of stores, registrations, programs and drivers get a process of their own. */
const stateless = ['src/{scenario,sim,ui,view,words,workload}/**/*.test.{ts,tsx}'];

export default defineConfig({
  base: './',
  plugins: [react(), scriptText(), firstLoad()],
  build: { target: 'es2022', chunkSizeWarningLimit: 900, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  test: {
    setupFiles: ['src/i18n/later-messages.ts', 'tools/same-cases.ts', 'tools/array-equality.ts'],
    projects: [
      // What has no state of its own shares a process: reading the modules anew was a sixth of the time of the unit tests.
      { extends: true, test: { name: 'shared', include: stateless, isolate: false } },
      { extends: true, test: { name: 'own', include: ['{src,tools}/**/*.test.{ts,tsx}'], exclude: stateless } },
    ],
    // One core would otherwise be left free.
    maxWorkers: 2,
    // Ten thousand generated cases take their time.
    testTimeout: process.env.TOKENYARD_CASES ? 3_600_000 : 60_000,
  },
});
