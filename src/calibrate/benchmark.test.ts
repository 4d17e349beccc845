/**
 * The benchmark on a software adapter: right results, every failure, no speed. Skipped, and reported so, where no Vulkan driver
 * for the CPU is installed (Debian's chromium package brings one).
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BenchmarkOptions,
  type CalibrationProgress,
  type Outcome,
  runBenchmark,
  speedNotices,
} from './benchmark.ts';
import { findSoftwareDriver, hostOf, intercepted, nullGpu, releaseDawn, softwareGpu } from './dawn-for-tests.ts';
import type { Failure } from './failure.ts';
import type { Kernel } from './kernels/kernel.ts';
import { standardKernels, type Task, tasks } from './kernels/kernels.ts';
import { predictFromRates } from './ledger.ts';
import { type Plan, standardPlan } from './plan.ts';
import { allocatePool } from './pool.ts';
import { checkResult, type Point, type Shape } from './result.ts';

const MiB = 2 ** 20;

const product = (m: number, n: number, k: number): Shape => ({ kind: 'product', m, n, k });
const memory: Shape[] = [
  { kind: 'memory', bytes: MiB / 2 },
  { kind: 'memory', bytes: MiB },
];
const prompts: Shape[] = [32, 64].map((tokens) => ({ kind: 'prefill', tokens, heads: 4 }));

/** One of everything that the standard plan does, in a second or two on a CPU. */
const tinyPlan: Plan = {
  ...standardPlan,
  poolBytes: 2 * MiB,
  minPoolBytes: MiB / 2,
  halfPoolBytes: 2 * MiB,
  warmUp: [product(64, 64, 64), product(128, 128, 128)],
  shapes: {
    copy: memory,
    read: memory,
    'gemm-f32': [32, 64, 96, 128].map((m) => product(m, 64, 64)),
    'gemm-f16-packed': [product(32, 64, 64), product(64, 64, 64)],
    'gemm-f16': [product(64, 64, 64)],
    gemv: [1, 4].map((m) => product(m, 64, 256)),
    'skinny-gemm': [8, 16].map((m) => product(m, 128, 128)),
    'decode-attention': [1, 2].map((splits) => ({ kind: 'decode', sequences: 1, context: 64, blockSize: 16, splits })),
    'flash-attention': prompts,
    'materialised-attention': prompts,
  },
  windowUs: 1000,
  minWarmUpMs: 10,
  maxWarmUpMs: 10,
  maxCompileMs: 60_000,
  budgetMs: 60_000,
  waitMs: 60_000,
};

/** What a result cannot do without; compiling the rest for every test would take minutes. */
const none = Object.fromEntries(tasks.map((task) => [task, []])) as unknown as Record<Task, readonly Kernel[]>;
const { copy: copies, read: reads, 'gemm-f32': gemms } = standardKernels.tasks;
const few = { ...standardKernels, tasks: { ...none, copy: copies, read: reads, 'gemm-f32': gemms } };

const driver = await findSoftwareDriver();
afterAll(releaseDawn);

function failureOf(outcome: Outcome): Failure {
  if (outcome.ok) throw new Error('expected a failure');
  return outcome.failure;
}

describe('without a GPU', () => {
  it('says that the context is not secure', async () => {
    const outcome = await runBenchmark({ gpu: undefined, isSecureContext: false, now: () => 0 });
    expect(outcome).toEqual({ ok: false, failure: { kind: 'insecure-context' } });
  });

  it('says that the browser has no WebGPU', async () => {
    const outcome = await runBenchmark({ gpu: undefined, isSecureContext: true, now: () => 0 });
    expect(outcome).toEqual({ ok: false, failure: { kind: 'no-webgpu' } });
  });

  it('says that there is no adapter', async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    expect(failureOf(await runBenchmark(hostOf(gpu)))).toEqual({ kind: 'no-adapter' });
  });

  it('says that the GPU is silent', async () => {
    const gpu = { requestAdapter: () => new Promise(() => undefined) } as unknown as GPU;
    const outcome = await runBenchmark(hostOf(gpu), { plan: { ...tinyPlan, waitMs: 30 } });
    expect(failureOf(outcome)).toEqual({ kind: 'timed-out', phase: 'adapter', afterMs: 30 });
  });

  it('cancels while waiting, and says by whom', async () => {
    for (const reason of ['cancelled', 'page-hidden'] as const) {
      const controller = new AbortController();
      const gpu = { requestAdapter: () => new Promise(() => controller.abort(reason)) } as unknown as GPU;
      const outcome = await runBenchmark(hostOf(gpu), { signal: controller.signal });
      expect(failureOf(outcome)).toEqual({ kind: reason });
    }
  });
});

describe('allocation', () => {
  /** A device that has `room` bytes. */
  function deviceWithRoom(room: number): { device: GPUDevice; used: () => number } {
    let used = 0;
    let failed = false;
    const device = {
      pushErrorScope: () => {
        failed = false;
      },
      popErrorScope: async () => (failed ? { message: 'no room' } : null),
      createBuffer: ({ size }: { size: number }) => {
        used += size;
        if (used > room) failed = true;
        return { destroy: () => (used -= size) };
      },
      createCommandEncoder: () => ({ clearBuffer: () => undefined, finish: () => undefined }),
      queue: { submit: () => undefined, writeBuffer: () => undefined },
    };
    return { device: device as unknown as GPUDevice, used: () => used };
  }
  const sizes = (mib: number) => ({ poolBytes: mib * MiB, minPoolBytes: MiB, halfPoolBytes: mib * MiB });
  const session = (device: GPUDevice, limit = 1e9) => ({
    device,
    wait: <T>(promise: Promise<T>) => promise,
    maxBufferBytes: limit,
    maxBindingBytes: limit,
  });

  beforeAll(() => {
    nullGpu();
  });
  it('halves until it fits, and gives back what did not', async () => {
    const { device, used } = deviceWithRoom(100 * MiB);
    const pool = await allocatePool(session(device), sizes(256));
    expect(pool.room).toEqual({ source: 32 * MiB, destination: 32 * MiB, halves: 32 * MiB });
    // And the block tables.
    expect(used()).toBeLessThan(97 * MiB);
    pool.destroy();
    expect(used()).toBe(0);
  });

  it('starts at the largest binding', async () => {
    const { device } = deviceWithRoom(1e9);
    expect((await allocatePool(session(device, 128 * MiB), sizes(256))).room.source).toBe(128 * MiB);
  });

  it('gives back the first buffers when there is no room for the halves', async () => {
    const { device, used } = deviceWithRoom(2.5 * MiB);
    await expect(allocatePool(session(device), { ...sizes(1), minPoolBytes: MiB })).rejects.toMatchObject({
      failure: { kind: 'out-of-memory' },
    });
    expect(used()).toBe(0);
  });

  it('gives up below the smallest useful size', async () => {
    const { device, used } = deviceWithRoom(MiB);
    await expect(allocatePool(session(device), sizes(16))).rejects.toMatchObject({
      failure: { kind: 'out-of-memory', bytes: MiB },
    });
    expect(used()).toBe(0);
  });
});

it('predicts from the best rates of the points so far', () => {
  const point = (flops: number, bytes: number, us: number) =>
    ({ work: { flops, bytes, workgroups: 1, chain: 0, stages: 1 }, us }) as Point;
  const points = [point(100, 5, 10), point(800, 5, 40)];
  expect(predictFromRates(points, { flops: 6400, bytes: 1 })).toBe(320);
  expect(predictFromRates(points, { flops: 0, bytes: 50 })).toBe(100);
  expect(predictFromRates([], { flops: 1, bytes: 5000 })).toBe(0);
});

describe('what is said of the clock', () => {
  it.each([
    [0.01, 1, []],
    [0.1, 0.95, [{ kind: 'drift', share: 0.1 }]],
    [-0.1, 1, [{ kind: 'drift', share: 0.1 }]],
    [0.02, 0.6, [{ kind: 'throttled', share: 0.4 }]],
    [1, 0.9, [{ kind: 'throttled', share: 0.5 }]],
  ])('drift %d, at %d of the warm rate', (drift, share, notices) => {
    expect(speedNotices(drift, share)).toEqual(notices);
  });
});

// A busy machine can make a time unusable, which is an outcome of its own: tried again.
describe.skipIf(!driver)('on a software adapter', { retry: 2 }, () => {
  let gpu: GPU;
  beforeAll(() => {
    gpu = softwareGpu(driver ?? '', ['disable-dawn-features=timestamp_quantization']);
  });
  const run = (use: GPU, options: BenchmarkOptions = {}) =>
    runBenchmark(hostOf(use), { plan: tinyPlan, kernels: few, ...options });

  const withKernels = (change: Partial<Record<Task, readonly Kernel[]>>) => ({
    ...few,
    tasks: { ...few.tasks, ...change },
  });
  /** A kernel whose code was changed, under another name. */
  const changed = (kernel: Kernel, id: string, from: string, to: string): Kernel => {
    expect(kernel.programs.some(({ code }) => code.includes(from))).toBe(true);
    const programs = kernel.programs.map((p) => ({ id: `${id} ${p.id}`, code: p.code.replace(from, to) }));
    return { ...kernel, id, programs };
  };
  const [gemm] = standardKernels.tasks['gemm-f32'];
  const wrong = () => changed(gemm, 'wrong', 'row + 3u) * bStride', 'row + 2u) * bStride');
  const broken = () => changed(gemm, 'broken', 'fma(', 'fmla(');

  it('gives a complete, labelled, valid result', async () => {
    const progress: CalibrationProgress[] = [];
    const outcome = await run(gpu, { kernels: standardKernels, onProgress: (p) => progress.push(p) });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    const { result } = outcome;

    expect(checkResult(JSON.parse(JSON.stringify(result)))).toEqual({ ok: true, result });
    expect(result.adapter.isSoftware).toBe(true);
    expect(result.notices).toContainEqual({ kind: 'software-adapter' });
    expect(result.timing.source).toBe('timestamps');
    const measured = new Set(result.points.map((p) => `${p.family} ${p.precision} ${p.variant}`));
    expect([...measured]).toEqual([
      'copy f32 vec4',
      'read f32 vec4',
      'gemm f32 tile 32x64',
      'gemm f16-packed tile 32x64',
      'skinny f16-packed gemv',
      'skinny f16-packed tile 8x128',
      'decode-attention f16-packed paged',
      'prefill-attention f16-packed flash',
      'prefill-attention f16-packed materialised',
    ]);
    // Every point of this plan fits and is short.
    expect(result.points.length + result.skipped.length).toBe(20);
    expect(result.points.filter((p) => p.family === 'gemm' && p.isHeldOut).length).toBe(1);
    expect(result.fit.series.length).toBe(measured.size);
    expect(result.fit.heldOut?.count).toBe(1);
    const kernels = new Map([...Object.values(standardKernels.tasks)].flat().map((kernel) => [kernel.id, kernel]));
    for (const { kernel } of result.points) expect(kernels.get(kernel)?.hasBarriers).toBe(false);

    const fractions = progress.map((p) => p.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    for (const phase of ['bandwidth', 'gemm', 'skinny', 'decode-attention', 'prefill-attention', 'overhead', 'fit']) {
      expect(progress.map((p) => p.phase)).toContain(phase);
    }
  });

  it('measures by the wall clock where there are no timestamps', async () => {
    const outcome = await run(intercepted(gpu, { hideFeatures: ['timestamp-query'] }));
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(outcome.result.timing).toMatchObject({ source: 'wall', quantumNs: 0 });
    expect(outcome.result.notices).toContainEqual({ kind: 'wall-clock' });
    expect(outcome.result.points.every((p) => p.source === 'wall')).toBe(true);
  });

  it('measures by the wall clock when asked to', async () => {
    const outcome = await run(gpu, { useTimestamps: false });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(outcome.result.timing.source).toBe('wall');
  });

  it('skips shapes that are predicted to take too long, and says which', async () => {
    const outcome = await run(gpu, { plan: { ...tinyPlan, maxShapeUs: 0.5 } });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    const { skipped, points } = outcome.result;
    expect(skipped.every((s) => s.because === 'too-long' && s.predictedUs > 0.5)).toBe(true);
    // The first of each series is always there.
    expect(points.length).toBe(3);
    expect(skipped.length).toBe(5);
  });

  it('leaves out what finds no room in a tiny buffer', async () => {
    const large = product(128, 1024, 1024);
    const shapes = { ...tinyPlan.shapes, 'gemm-f32': [...tinyPlan.shapes['gemm-f32'], large] };
    const outcome = await run(gpu, { plan: { ...tinyPlan, shapes } });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(outcome.result.skipped).toContainEqual(expect.objectContaining({ shape: large, because: 'no-room' }));
  });

  it('says which kernel gives wrong results where nothing can stand in for it', async () => {
    const failure = failureOf(await run(gpu, { kernels: withKernels({ 'gemm-f32': [wrong()] }) }));
    expect(failure).toMatchObject({ kind: 'wrong-result', kernel: 'wrong' });

    const [copy] = standardKernels.tasks.copy;
    const lazy = changed(copy, 'lazy', 'destination[first + 768u]', 'destination[first + 512u]');
    const copied = failureOf(await run(gpu, { kernels: withKernels({ copy: [lazy] }) }));
    expect(copied).toMatchObject({ kind: 'wrong-result', kernel: 'lazy' });
  });

  it('goes on with another kernel when one is wrong or does not compile, and without a family when none is left', async () => {
    const flash = standardKernels.tasks['flash-attention'][1];
    const paged = standardKernels.tasks['decode-attention'][4];
    const kernels = withKernels({
      'gemm-f32': [wrong(), broken(), gemm],
      'flash-attention': [changed(flash, 'masked', 'key <= query', 'key < query'), flash],
      'decode-attention': [changed(paged, 'unscaled', 'score[h] *', 'score[h] + 0.0 *')],
    });
    const outcome = await run(gpu, { kernels });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    const { notices, points, fit } = outcome.result;
    expect(notices).toEqual(
      expect.arrayContaining([
        { kind: 'kernel-dropped', kernel: 'wrong', because: 'wrong-result' },
        { kind: 'kernel-dropped', kernel: 'broken', because: 'shader-error' },
        { kind: 'kernel-dropped', kernel: 'masked', because: 'wrong-result' },
        { kind: 'kernel-dropped', kernel: 'unscaled', because: 'wrong-result' },
        { kind: 'family-missing', family: 'decode-attention' },
      ]),
    );
    expect(points.some((p) => p.kernel === flash.id)).toBe(true);
    expect(fit.series.some((s) => s.family === 'decode-attention')).toBe(false);
  });

  it('names the line of a shader that does not compile', async () => {
    const failure = failureOf(await run(gpu, { kernels: withKernels({ 'gemm-f32': [broken()] }) }));
    expect(failure).toMatchObject({ kind: 'shader-error', kernel: 'broken' });
    expect('detail' in failure && failure.detail).toMatch(/^line \d+: .*fmla/);
  });

  it('starts again with smaller shapes when the device is lost, and says so', async () => {
    let devices = 0;
    const losing = intercepted(gpu, {
      onDevice: (device) => {
        if (++devices === 1) setTimeout(() => device.destroy(), 30);
      },
    });
    const outcome = await run(losing);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(devices).toBe(2);
    expect(outcome.result.notices).toContainEqual({ kind: 'rebuilt-smaller' });
    expect(outcome.result.poolBytes).toBe(MiB / 2);
  });

  it('gives up when the device is lost twice', async () => {
    const losing = intercepted(gpu, { onDevice: (device) => setTimeout(() => device.destroy(), 30) });
    expect(failureOf(await run(losing))).toMatchObject({ kind: 'device-lost' });
  });

  it('passes on why the device was refused', async () => {
    const failure = failureOf(await run(intercepted(gpu, { refuseDevice: 'too many tabs' })));
    expect(failure).toEqual({ kind: 'device-request-failed', detail: 'Error: too many tabs' });
  });

  it('stops in the middle when cancelled', async () => {
    const controller = new AbortController();
    const outcome = await run(gpu, {
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (phase === 'gemm') controller.abort('cancelled');
      },
    });
    expect(failureOf(outcome)).toEqual({ kind: 'cancelled' });
  });
});

describe.skipIf(!driver)('with timestamps rounded as in browsers', () => {
  it('finds the rounding step and still gives times', async () => {
    const gpu = softwareGpu(driver ?? '');
    const outcome = await runBenchmark(hostOf(gpu), { plan: tinyPlan, kernels: few });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    // Dawn rounds to 2^16 ns; a divisor over few stamps can only be a multiple of it.
    expect(outcome.result.timing.quantumNs % 65_536).toBe(0);
    expect(outcome.result.timing.quantumNs).toBeGreaterThan(0);
    expect(outcome.result.points.every((p) => p.us > 0)).toBe(true);
  });
});
