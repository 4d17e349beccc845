import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nullGpu, releaseDawn } from '../dawn-for-tests.ts';
import { gemmKernels, sharedGemm } from './gemm.ts';
import { standardKernels } from './kernels.ts';
import { bytesWrittenByRead, copy, fill, read, wordsReadBy } from './memory.ts';

describe('WGSL of every kernel', () => {
  let device: GPUDevice;

  beforeAll(async () => {
    const adapter = await nullGpu().requestAdapter();
    if (!adapter) throw new Error('Dawn gives no null adapter');
    device = await adapter.requestDevice();
  });
  afterAll(() => {
    device.destroy();
    releaseDawn();
  });

  async function errorsOf(code: string): Promise<string[]> {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code });
    const info = await module.getCompilationInfo();
    const messages = info.messages.map((m) => `${m.type} ${m.lineNum}: ${m.message}`);
    if (messages.length === 0)
      await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
    await device.popErrorScope();
    return messages;
  }

  const { fill, copy, read, tick, gemm } = standardKernels;
  const tiles = [
    sharedGemm({ tileM: 32, tileN: 32, tileK: 8, threadM: 2, threadN: 4 }),
    sharedGemm({ tileM: 128, tileN: 128, tileK: 8, threadM: 8, threadN: 8 }),
  ];
  it.each([fill, copy, read, tick, ...gemm, ...tiles].map((kernel) => [kernel.id, kernel.code]))(
    '%s compiles with default limits and without warnings',
    async (_, code) => {
      expect(await errorsOf(code)).toEqual([]);
    },
  );

  it('the check itself notices a mistake', async () => {
    expect(await errorsOf(copy.code.replace('source[', 'sauce['))).not.toEqual([]);
  });
});

describe('grids', () => {
  const sizes = [1 << 18, 4, 16, 64, 128, 256].map((n) => (n < 1000 ? n * 2 ** 20 : n));

  it.each([fill, copy, read])(
    '$id covers every size up to 256 MiB within the default limit of workgroups',
    (kernel) => {
      for (const bytes of sizes) {
        const [x, y, z] = kernel.grid(bytes);
        expect(x * y * z * kernel.granuleBytes).toBe(bytes);
        expect(x).toBeLessThanOrEqual(65_535);
      }
    },
  );

  it('threads of the read kernel together read every word once', () => {
    const bytes = 1 << 18;
    const threads = bytesWrittenByRead(bytes) / 4;
    const seen = new Uint8Array(bytes / 4);
    for (let thread = 0; thread < threads; thread++) for (const word of wordsReadBy(thread)) seen[word]++;
    expect(seen.every((times) => times === 1)).toBe(true);
  });

  it.each(gemmKernels)('$id covers every entry of C', (kernel) => {
    const [x, y] = kernel.grid({ m: 256, n: 512, k: 128 });
    expect([x * kernel.tile.n, y * kernel.tile.m]).toEqual([512, 256]);
  });
});
