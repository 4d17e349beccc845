/** Builds and serves e2e/pages: single panels without the app around them. */

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('./pages', import.meta.url));
const pages = readdirSync(root).filter((name) => name.endsWith('.html'));

export default defineConfig({
  root,
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: fileURLToPath(new URL('../.cache/e2e-pages', import.meta.url)),
    emptyOutDir: true,
    rollupOptions: { input: pages.map((name) => `${root}/${name}`) },
  },
  // Tests reach the pages under made-up host names, and from frames without an origin.
  preview: { allowedHosts: true, cors: true },
});
