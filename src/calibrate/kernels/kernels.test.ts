import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSoftwareDriver, hostOf, nullGpu, releaseDawn, softwareGpu } from '../dawn-for-tests.ts';
import { openSession, type Session } from '../device.ts';
import { startCompiling } from '../pipelines.ts';
import { standardPlan } from '../plan.ts';
import { allocatePool, type Pool } from '../pool.ts';
import type { Shape } from '../result.ts';
import { encodePass } from '../timing.ts';
import { bind, checkAll, checkSome } from '../work.ts';
import type { Kernel, Program, Room } from './kernel.ts';
import { checkShapes, standardKernels, tasks } from './kernels.ts';
import { fillGrid, wordsReadBy } from './memory.ts';

const MiB = 2 ** 20;
const driver = await findSoftwareDriver();
afterAll(releaseDawn);

const { fillFloats, fillHalves, tick } = standardKernels;
const kernels = tasks.flatMap((task) => standardKernels.tasks[task].map((kernel) => ({ task, kernel })));
const programs = new Map<string, Program>(
  [fillFloats, fillHalves, tick, ...kernels.flatMap(({ kernel }) => kernel.programs)].map((p) => [p.id, p]),
);

describe('WGSL of every program, every variant', () => {
  let device: GPUDevice;

  beforeAll(async () => {
    const adapter = await nullGpu().requestAdapter();
    if (!adapter) throw new Error('Dawn gives no null adapter');
    device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'] });
  });
  afterAll(() => device.destroy());

  async function messagesOf(code: string): Promise<string[]> {
    device.pushErrorScope('validation');
    const info = await device.createShaderModule({ code }).getCompilationInfo();
    await device.popErrorScope();
    return info.messages.map((m) => `${m.type} ${m.lineNum}: ${m.message}`);
  }

  it.each([...programs.values()].map((program) => [program.id, program] as const))(
    '%s compiles with default limits and without warnings',
    async (_, program) => {
      expect(await messagesOf(program.code)).toEqual([]);
      expect(await startCompiling(device, program)).toMatchObject({ ok: true });
    },
  );

  it('the check itself notices a mistake', async () => {
    const [copy] = standardKernels.tasks.copy;
    expect(await messagesOf(copy.programs[0].code.replace('source[', 'sauce['))).not.toEqual([]);
  });
});

describe('the plan of every kernel', () => {
  const { poolBytes, halfPoolBytes } = standardPlan;
  const room: Room = { source: poolBytes, destination: poolBytes, halves: halfPoolBytes };

  it.each(kernels.map(({ task, kernel }) => [kernel.id, task, kernel] as const))(
    '%s stays within the buffers and the default limits at every shape',
    (_, task, kernel) => {
      let computed = 0;
      for (const shape of standardPlan.shapes[task]) {
        const computation = kernel.compute(shape, room);
        if (computation === null) continue;
        computed++;
        for (const { grid, operands } of computation.stages) {
          for (const size of grid) expect(size).toBeLessThanOrEqual(65_535);
          for (const rotation of [0, computation.rotations - 1]) {
            for (const operand of operands(rotation)) {
              if (!('pool' in operand) || operand.pool === 'blocks') continue;
              expect(operand.offset % 256).toBe(0);
              expect(operand.bytes).toBeGreaterThan(0);
              expect(operand.offset + operand.bytes).toBeLessThanOrEqual(room[operand.pool]);
            }
          }
        }
        for (const word of computation.samples) expect(word).toBeLessThan(computation.resultWords);
        for (const value of Object.values(computation.work)) expect(value).toBeGreaterThanOrEqual(0);
      }
      expect(computed).toBeGreaterThan(standardPlan.shapes[task].length / 2);
    },
  );

  it.each(tasks)('is one computation for all candidates of a task, which the CPU does once: %s', (task) => {
    const computations = standardKernels.tasks[task].map((kernel) => kernel.compute(checkShapes[task], room));
    const words = computations.map((computation) =>
      Array.from({ length: computation?.resultWords ?? 0 }, (_, word) => computation?.expected(word, 0)),
    );
    expect(words[0].length).toBeGreaterThan(0);
    for (const other of words) expect(other).toEqual(words[0]);
  });

  it('finds no room in buffers that are too small, and says so instead of reaching beyond them', () => {
    const tiny: Room = { source: MiB / 16, destination: MiB / 16, halves: MiB / 16 };
    for (const { task, kernel } of kernels)
      expect(kernel.compute(standardPlan.shapes[task].at(-1) ?? checkShapes[task], tiny)).toBeNull();
  });

  it('counts what a product, a decode and a prompt must do', () => {
    const [gemm] = standardKernels.tasks['gemm-f32'];
    expect(gemm.compute({ kind: 'product', m: 64, n: 128, k: 256 }, room)?.work).toMatchObject({
      bytes: 4 * (64 * 256 + 256 * 128 + 64 * 128),
      flops: 2 * 64 * 128 * 256,
    });
    const paged = standardKernels.tasks['decode-attention'][3];
    const decode: Shape = { kind: 'decode', sequences: 2, context: 256, blockSize: 16, splits: 1 };
    // 4 heads of keys and values of 128 halves: 2 KiB a token; queries and outputs are f32.
    expect(paged.compute(decode, room)?.work).toMatchObject({
      bytes: 2 * 256 * 2048 + 2 * (2 * 16 * 128 * 4),
      flops: 4 * 2 * 256 * 16 * 128,
      workgroups: 8,
      chain: 256,
      stages: 1,
    });
    const [flash] = standardKernels.tasks['flash-attention'];
    // Query-key pairs on and below the diagonal.
    expect(flash.compute({ kind: 'prefill', tokens: 64, heads: 4 }, room)?.work.flops).toBe(
      4 * 4 * 128 * ((64 * 65) / 2),
    );
  });

  it('threads of the read kernel together read every word once', () => {
    const bytes = 1 << 18;
    const seen = new Uint8Array(bytes / 4);
    for (let thread = 0; thread < bytes / 256; thread++) for (const word of wordsReadBy(thread)) seen[word]++;
    expect(seen.every((times) => times === 1)).toBe(true);
  });
});

/** Shapes beyond the check's own, small enough for a CPU that plays GPU. */
const moreShapes: Partial<Record<(typeof tasks)[number], readonly Shape[]>> = {
  read: [{ kind: 'memory', bytes: MiB }],
  'gemm-f32': [{ kind: 'product', m: 16, n: 128, k: 96 }],
  'gemm-f16-packed': [{ kind: 'product', m: 70, n: 128, k: 32 }],
  gemv: [1, 2].map((m) => ({ kind: 'product', m, n: 64, k: 1024 })),
  'decode-attention': [
    { kind: 'decode', sequences: 1, context: 96, blockSize: 32, splits: 1 },
    { kind: 'decode', sequences: 1, context: 256, blockSize: 16, splits: 8 },
    { kind: 'decode', sequences: 1, context: 160, blockSize: 16, splits: 1 },
  ],
  'flash-attention': [{ kind: 'prefill', tokens: 32, heads: 8 }],
  'materialised-attention': [{ kind: 'prefill', tokens: 32, heads: 8 }],
};

/** Barriers are slow on a CPU, so kernels that have them get the smallest shapes with several workgroups, steps and a part of a tile. */
const barrierShapes: Record<(typeof tasks)[number], readonly Shape[]> = {
  ...(Object.fromEntries(tasks.map((task) => [task, [checkShapes[task]]])) as Record<(typeof tasks)[number], Shape[]>),
  'gemm-f32': [{ kind: 'product', m: 70, n: 128, k: 64 }],
  'gemm-f16-packed': [{ kind: 'product', m: 70, n: 128, k: 64 }],
  gemv: [1, 2, 4].map((m) => ({ kind: 'product', m, n: 8, k: 1088 })),
  'decode-attention': [
    { kind: 'decode', sequences: 2, context: 64, blockSize: 16, splits: 2 },
    { kind: 'decode', sequences: 1, context: 160, blockSize: 32, splits: 1 },
  ],
};

describe.skipIf(!driver)('results of every kernel against the CPU', () => {
  let session: Session;
  let pool: Pool;

  beforeAll(async () => {
    const gpu = softwareGpu(driver ?? '', ['disable-dawn-features=timestamp_quantization']);
    session = await openSession(hostOf(gpu), { waitMs: 60_000, bufferBytes: 4 * MiB });
    pool = await allocatePool(session, { poolBytes: 4 * MiB, minPoolBytes: MiB, halfPoolBytes: 4 * MiB });
    for (const [program, buffer] of [
      [fillFloats, pool.buffers.source],
      [fillHalves, pool.buffers.halves],
    ] as const) {
      const pipeline = await pipelineOf(program);
      const bindGroups = [
        session.device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [{ binding: 0, resource: { buffer } }],
        }),
      ];
      const encoder = session.device.createCommandEncoder();
      encodePass(encoder, { stages: [{ pipeline, bindGroups, grid: fillGrid(buffer.size) }] }, 1);
      session.device.queue.submit([encoder.finish()]);
    }
  });
  afterAll(() => session.close());

  async function pipelineOf(program: Program): Promise<GPUComputePipeline> {
    const compiled = await startCompiling(session.device, program);
    if (!compiled.ok) throw new Error(`${program.id}: ${compiled.detail}`);
    return compiled.pipeline;
  }

  const canRun = ({ needs, lanes = 1 }: Kernel) =>
    needs.every((feature) => session.device.features.has(feature)) && lanes <= (session.subgroups?.min ?? 1);

  it.each(kernels.map(({ task, kernel }) => [kernel.id, task, kernel] as const))('%s', async (_, task, kernel) => {
    // Software adapters have no halves in shaders and small subgroups; the real GPU checks these itself before timing them.
    if (!canRun(kernel)) return expect(kernel.needs).not.toEqual([]);
    const pipelines = await Promise.all(kernel.programs.map(pipelineOf));
    const shapes = kernel.hasBarriers ? barrierShapes[task] : [checkShapes[task], ...(moreShapes[task] ?? [])];
    for (const shape of shapes) {
      const work = bind(session, pool, { kernel, pipelines }, shape);
      if (work === null) throw new Error(`${kernel.id} does not take ${JSON.stringify(shape)}`);
      await checkAll(session, pool, work);
      // A pass that ends with the second set of operands must find the answer of that set.
      const encoder = session.device.createCommandEncoder();
      encodePass(encoder, work.job, 2);
      session.device.queue.submit([encoder.finish()]);
      await checkSome(session, pool, work, 2);
      work.destroy();
    }
  });

  it('a wrong kernel of any task is noticed', async () => {
    const wrongs: [Kernel, string, string][] = [
      [standardKernels.tasks.gemv[2], 's0_0 += dot', 's0_0 += 1.01 * dot'],
      [standardKernels.tasks['decode-attention'][4], 'largest + log(sum)', 'largest'],
      [standardKernels.tasks['flash-attention'][1], 'key <= query', 'key < query'],
      [standardKernels.tasks['materialised-attention'][1], 'i <= row)', 'i < row)'],
    ];
    for (const [kernel, from, to] of wrongs) {
      const task = tasks.find((name) => standardKernels.tasks[name].includes(kernel));
      if (task === undefined) throw new Error(kernel.id);
      expect(kernel.programs.some(({ code }) => code.includes(from))).toBe(true);
      const broken = kernel.programs.map(({ id, code }) => ({ id, code: code.replace(from, to) }));
      const shape: Shape = task === 'gemv' ? { kind: 'product', m: 1, n: 64, k: 1024 } : checkShapes[task];
      const work = bind(session, pool, { kernel, pipelines: await Promise.all(broken.map(pipelineOf)) }, shape);
      if (work === null) throw new Error(kernel.id);
      await expect(checkAll(session, pool, work)).rejects.toMatchObject({ failure: { kind: 'wrong-result' } });
    }
  });
});
