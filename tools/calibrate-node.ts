/** Runs the GPU micro-benchmark through Dawn in Node. Bundled and started by calibrate-node.mjs. */

import { createRequire } from 'node:module';
import { runBenchmark } from '../src/calibrate/benchmark.ts';
import { writeResult } from '../src/calibrate/result.ts';

interface Dawn {
  readonly create: (options: string[]) => GPU;
  readonly globals: Record<string, unknown>;
}

/** `DAWN_NODE` names the native module itself, for machines without node_modules. */
const load = createRequire(import.meta.url);
const { create, globals } = load(process.env.DAWN_NODE ?? 'webgpu') as Dawn;
Object.assign(globalThis, globals);

// Dawn is destroyed with this object; a global keeps it alive until the end.
const holder = globalThis as { dawnGpu?: GPU };
const options = process.argv.slice(2);
const gpu = create(options.filter((option) => option !== '--wall'));
holder.dawnGpu = gpu;

const outcome = await runBenchmark(
  { gpu, isSecureContext: true, now: () => performance.now() },
  {
    useTimestamps: !options.includes('--wall'),
    onProgress: ({ phase, fraction }) =>
      process.stderr.write(`${(fraction * 100).toFixed(0).padStart(3)} % ${phase}\n`),
  },
);
process.stdout.write(outcome.ok ? writeResult(outcome.result) : `${JSON.stringify(outcome.failure)}\n`);
delete holder.dawnGpu;
process.exit(outcome.ok ? 0 : 1);
