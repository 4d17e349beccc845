import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { firstLoad } from './tools/first-load-chunk.mjs';
import { scriptText } from './tools/script-text.mjs';

export default defineConfig({
  base: './',
  plugins: [react(), scriptText(), firstLoad()],
  build: { target: 'es2022', chunkSizeWarningLimit: 900, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  test: {
    setupFiles: ['src/i18n/later-messages.ts', 'tools/same-cases.ts', 'tools/array-equality.ts'],
    include: ['src/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'],
    // One core would otherwise be left free.
    maxWorkers: 2,
    // Ten thousand generated cases take their time.
    testTimeout: process.env.TOKENYARD_CASES ? 3_600_000 : 60_000,
  },
});
