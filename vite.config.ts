import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { firstChunk } from './tools/first-chunk.mjs';
import { scriptText } from './tools/script-text.mjs';

const entry = fileURLToPath(new URL('./src/app/main.tsx', import.meta.url));

export default defineConfig({
  base: './',
  plugins: [react(), scriptText()],
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 900,
    rolldownOptions: { output: { codeSplitting: { groups: [{ debugName: 'first', name: firstChunk(entry) }] } } },
  },
  worker: { format: 'es' },
  test: {
    setupFiles: ['src/i18n/later-messages.ts'],
    include: ['src/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'], // Ten thousand generated cases take their time.
    testTimeout: process.env.TOKENYARD_CASES ? 3_600_000 : 60_000,
  },
});
