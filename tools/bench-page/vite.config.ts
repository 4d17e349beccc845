import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** A page of its own: nothing of it is in the product's bundle. Start it with `npm run bench:page`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // The runtime loads its WebAssembly from beside its script, so it must stay where it is.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { host: 'localhost', port: 4190, fs: { allow: ['../..'] } },
  build: { target: 'es2022' },
});
