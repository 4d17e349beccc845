#!/usr/bin/env node
/**
 * Measures this machine's GPU without a browser and prints the calibration as JSON.
 *
 *   node tools/calibrate-node.mjs [--bundle-only] [--wall] [dawn option]...
 *
 * Needs a Vulkan, Metal or D3D12 driver. Dawn options are those of the npm package `webgpu`, such as
 * `disable-dawn-features=timestamp_quantization`. `--wall` ignores timestamps. With `--bundle-only` it only writes `.cache/calibrate-node/calibrate-node.mjs`,
 * which runs on plain Node where the environment variable DAWN_NODE names the native module.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = `${root}.cache/calibrate-node`;
const options = process.argv.slice(2);

await build({
  root,
  configFile: false,
  logLevel: 'error',
  ssr: { noExternal: ['valibot'] },
  build: {
    ssr: `${root}tools/calibrate-node.ts`,
    outDir,
    emptyOutDir: true,
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'calibrate-node.mjs' } },
  },
});

if (!options.includes('--bundle-only')) {
  const { status } = spawnSync(process.execPath, [`${outDir}/calibrate-node.mjs`, ...options], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
