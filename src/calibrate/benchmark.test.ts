/**
 * The benchmark on a software adapter: right results, every failure, no speed. Skipped, and reported so, where no Vulkan driver
 * for the CPU is installed (Debian's chromium package brings one).
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchmarkOptions, type CalibrationProgress, type Outcome, predictUs, runBenchmark } from './benchmark.ts';
import { findSoftwareDriver, hostOf, intercepted, nullGpu, releaseDawn, softwareGpu } from './dawn-for-tests.ts';
import { openSession } from './device.ts';
import type { Failure } from './failure.ts';
import { gemmKernels } from './kernels/gemm.ts';
import { standardKernels } from './kernels/kernels.ts';
import { compile } from './pipelines.ts';
import { type Plan, standardPlan } from './plan.ts';
import { allocatePool } from './pool.ts';
import { checkResult } from './result.ts';
import { encodePass } from './timing.ts';
import { checkAll, copyWork, gemmWork, readWork } from './work.ts';

const MiB = 2 ** 20;

/** Everything the standard plan does, in a second or two on a CPU. */
const tinyPlan: Plan = {
  ...standardPlan,
  poolBytes: 4 * MiB,
  minPoolBytes: MiB,
  gemm: [128, 256].map((side) => ({ m: side, n: side, k: side })),
  memoryBytes: [MiB, 4 * MiB],
  windowUs: 2000,
  minWarmUpMs: 20,
  maxWarmUpMs: 20,
  budgetMs: 30_000,
  waitMs: 30_000,
};

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
      queue: { submit: () => undefined },
    };
    return { device: device as unknown as GPUDevice, used: () => used };
  }
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
    const pool = await allocatePool(session(device), 256 * MiB, MiB);
    expect(pool.bytes).toBe(32 * MiB);
    expect(used()).toBe(64 * MiB);
  });

  it('starts at the largest binding', async () => {
    const { device } = deviceWithRoom(1e9);
    expect((await allocatePool(session(device, 128 * MiB), 256 * MiB, MiB)).bytes).toBe(128 * MiB);
  });

  it('gives up below the smallest useful size', async () => {
    const { device, used } = deviceWithRoom(MiB);
    await expect(allocatePool(session(device), 16 * MiB, MiB)).rejects.toMatchObject({
      failure: { kind: 'out-of-memory', bytes: MiB },
    });
    expect(used()).toBe(0);
  });
});

it('predicts from the best rate of the same family', () => {
  const point = {
    kernel: '',
    m: 0,
    n: 0,
    k: 0,
    medianUs: 1,
    maxUs: 1,
    wallUs: 1,
    dispatches: 1,
    repeats: 1,
    source: 'wall' as const,
  };
  const points = [
    { ...point, family: 'gemm-f32' as const, flops: 100, bytes: 5, us: 10 },
    { ...point, family: 'gemm-f32' as const, flops: 800, bytes: 5, us: 40 },
    { ...point, family: 'copy' as const, flops: 0, bytes: 1000, us: 1 },
  ];
  expect(predictUs(points, { family: 'gemm-f32', flops: 6400, bytes: 1 })).toBe(320);
  expect(predictUs(points, { family: 'copy', flops: 0, bytes: 5000 })).toBe(5);
  expect(predictUs(points, { family: 'read', flops: 0, bytes: 5000 })).toBe(0);
});

// A busy machine can make a time unusable, which is an outcome of its own: tried again.
describe.skipIf(!driver)('on a software adapter', { retry: 2 }, () => {
  let gpu: GPU;
  beforeAll(() => {
    gpu = softwareGpu(driver ?? '', ['disable-dawn-features=timestamp_quantization']);
  });
  const run = (use: GPU, options: BenchmarkOptions = {}) => runBenchmark(hostOf(use), { plan: tinyPlan, ...options });

  describe('kernels against the CPU', () => {
    it.each(gemmKernels)('$id', async (kernel) => {
      const session = await openSession(hostOf(gpu), { waitMs: 60_000, bufferBytes: MiB });
      const pool = await allocatePool(session, MiB, MiB);
      await fillSource(session.device, pool.source);
      const compiled = await compile(session, kernel);
      for (const shape of [
        { m: 128, n: 64, k: 16 },
        { m: 128, n: 192, k: 80 },
        { m: 256, n: 64, k: 48 },
      ]) {
        await checkAll(session, pool, gemmWork(session, pool, kernel, compiled, shape));
      }
      session.close();
    });

    it('copy and read', async () => {
      const session = await openSession(hostOf(gpu), { waitMs: 60_000, bufferBytes: MiB });
      const pool = await allocatePool(session, MiB, MiB);
      await fillSource(session.device, pool.source);
      const { copy, read } = standardKernels;
      for (const bytes of [MiB / 4, MiB]) {
        await checkAll(session, pool, copyWork(session, pool, copy, await compile(session, copy), bytes));
        await checkAll(session, pool, readWork(session, pool, read, await compile(session, read), bytes));
      }
      session.close();
    });

    async function fillSource(device: GPUDevice, buffer: GPUBuffer): Promise<void> {
      const module = device.createShaderModule({ code: standardKernels.fill.code });
      const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
      const bindGroup = device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [{ binding: 0, resource: { buffer } }],
      });
      const encoder = device.createCommandEncoder();
      encodePass(encoder, { pipeline, bindGroup, grid: standardKernels.fill.grid(buffer.size) }, 1);
      device.queue.submit([encoder.finish()]);
    }
  });

  it('gives a complete, labelled, valid result', async () => {
    const progress: CalibrationProgress[] = [];
    const outcome = await run(gpu, { onProgress: (p) => progress.push(p) });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    const { result } = outcome;

    expect(checkResult(JSON.parse(JSON.stringify(result)))).toEqual({ ok: true, result });
    expect(result.adapter.isSoftware).toBe(true);
    expect(result.notices).toContainEqual({ kind: 'software-adapter' });
    expect(result.timing.source).toBe('timestamps');
    expect(result.points.map((p) => `${p.family} ${p.m || p.bytes}`)).toEqual(
      expect.arrayContaining(['gemm-f32 128', 'gemm-f32 256', `copy ${8 * MiB}`, `copy ${2 * MiB}`]),
    );
    expect(result.points.every((p) => p.kernel === 'gemm-register-4x8' || p.family !== 'gemm-f32')).toBe(true);
    expect(result.fit.f32FlopsPerSecond).toBeGreaterThan(0);

    const fractions = progress.map((p) => p.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(progress.map((p) => p.phase)).toContain('overhead');
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
    expect(outcome.ok && outcome.result.timing.source).toBe('wall');
  });

  it('skips shapes that are predicted to take too long, and says which', async () => {
    const plan = { ...tinyPlan, maxShapeUs: 0.5 };
    const outcome = await run(gpu, { plan });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(outcome.result.skipped.map((s) => s.family).sort()).toEqual(['copy', 'gemm-f32', 'read']);
  });

  it('says which kernel gives wrong results', async () => {
    const [gemm] = gemmKernels;
    const wrong = { ...gemm, id: 'wrong', code: gemm.code.replace('c[(row + 3u)', 'c[(row + 2u)') };
    const failure = failureOf(await run(gpu, { kernels: { ...standardKernels, gemm: [wrong] } }));
    expect(failure).toMatchObject({ kind: 'wrong-result', kernel: 'wrong' });

    const lazy = { ...standardKernels.copy, id: 'lazy', grid: () => [1, 1, 1] as const };
    const copied = failureOf(await run(gpu, { kernels: { ...standardKernels, copy: lazy } }));
    expect(copied).toMatchObject({ kind: 'wrong-result', kernel: 'lazy', found: 0 });
  });

  it('goes on with another kernel when one is wrong or does not compile', async () => {
    const [gemm] = gemmKernels;
    const wrong = { ...gemm, id: 'wrong', code: gemm.code.replace('c[(row + 3u)', 'c[(row + 2u)') };
    const broken = { ...gemm, id: 'broken', code: gemm.code.replace('fma(', 'fmla(') };
    const outcome = await run(gpu, { kernels: { ...standardKernels, gemm: [wrong, broken, gemm] } });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    expect(outcome.result.notices).toEqual(
      expect.arrayContaining([
        { kind: 'kernel-dropped', kernel: 'wrong', because: 'wrong-result' },
        { kind: 'kernel-dropped', kernel: 'broken', because: 'shader-error' },
      ]),
    );
  });

  it('names the line of a shader that does not compile', async () => {
    const [gemm] = gemmKernels;
    const broken = { ...gemm, id: 'broken', code: gemm.code.replace('fma(', 'fmla(') };
    const failure = failureOf(await run(gpu, { kernels: { ...standardKernels, gemm: [broken] } }));
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
    expect(outcome.result.poolBytes).toBe(MiB);
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
    const outcome = await runBenchmark(hostOf(gpu), { plan: tinyPlan });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    // Dawn rounds to 2^16 ns; a divisor over few stamps can only be a multiple of it.
    expect(outcome.result.timing.quantumNs % 65_536).toBe(0);
    expect(outcome.result.timing.quantumNs).toBeGreaterThan(0);
    expect(outcome.result.points.every((p) => p.us > 0)).toBe(true);
  });
});
