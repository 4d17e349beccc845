import { describe, expect, it } from 'vitest';
import { devices } from '../sim/gpu/device.ts';
import { traceOf } from '../workload/trace.ts';
import { type Built, build, type Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import { presetOf, presets } from './presets.ts';
import type { Problem } from './problem.ts';
import { withChoice } from './value.ts';

const chat = presetOf('azure-chat').knobs;
const stall = presetOf('long-prompt-stall').knobs;
const tiny = presetOf('tiny-paged').knobs;

function built(knobs: Knobs, materials?: Materials): Built {
  const result = build(knobs, materials);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problems(knobs: Knobs, materials?: Materials): readonly Problem[] {
  const result = build(knobs, materials);
  if (result.ok) throw new Error('expected problems');
  return result.problems;
}

const trace = traceOf({
  name: 'three.csv',
  format: 'azure',
  arrivalUs: Float64Array.of(0, 1_000_000, 2_000_000),
  promptTokens: Int32Array.of(100, 200, 300),
  outputTokens: Int32Array.of(10, 20, 30),
  blocks: null,
  droppedCount: 0,
  problems: [],
});

describe('build', () => {
  it('builds every preset', () => {
    for (const { knobs } of presets) {
      const { source, facts } = built(knobs, { trace });
      source.next(Number.POSITIVE_INFINITY);
      // Clients that wait for an answer have asked once, and so have sessions.
      const asked =
        knobs.clients > 0 ? knobs.clients : knobs.requests / (knobs.workload === 'sessions' ? Number(knobs.turns) : 1);
      const rows = knobs.workload === 'trace' ? 3 : asked;
      expect(source.requests.count, knobs.preset).toBe(rows);
      expect(facts.blocks).toBeGreaterThan(0);
    }
  });

  it('gives an H200 with Llama-3.1-8B the pool that its memory allows', () => {
    const { config, facts } = built(chat);
    // 0.92 of 150.1 GB, less 16.06 GB of weights and a few GB of activations, at 128 KiB a token.
    expect(facts.kvBytesPerToken).toBe(131_072);
    expect(facts.weightBytes).toBe(16_060_522_496);
    expect(facts.kvPoolBytes).toBeGreaterThan(112e9);
    expect(facts.kvPoolBytes).toBeLessThan(0.92 * 150.11e9 - 16.06e9);
    expect(config.numBlocks).toBe(facts.blocks + 1);
    expect(config).toMatchObject({
      policy: 'vllm',
      maxNumBatchedTokens: 8192,
      maxNumSeqs: 1024,
      maxModelLen: 131_072,
      batchesInFlight: 2,
      blockSize: 16,
    });
  });

  it('lets 63 of 64 blocks be used, and the longest sequence fill them', () => {
    const { config, facts } = built(tiny);
    expect(config.numBlocks).toBe(64);
    expect(facts.blocks).toBe(63);
    expect(config.maxModelLen).toBe(63 * 16);
    expect(built({ ...tiny, 'max-model-len': 4096 }).config.maxModelLen).toBe(4096);
  });

  it('raises the budget to the longest sequence when prompts are not chunked', () => {
    const off = { ...stall, 'enable-chunked-prefill': false, 'max-num-batched-tokens': 512 };
    expect(built(off).config.maxNumBatchedTokens).toBe(131_072);
    expect(built({ ...off, 'max-model-len': 1000 }).config.maxNumBatchedTokens).toBe(1000);
    expect(built({ ...off, 'enable-chunked-prefill': true }).config.maxNumBatchedTokens).toBe(512);
  });

  it('has no more seats than tokens in the budget', () => {
    expect(built({ ...stall, 'max-num-batched-tokens': 512 }).config.maxNumSeqs).toBe(512);
  });

  it('launches static batches one at a time and without a prefix cache', () => {
    const { config, facts } = built(presetOf('static-against-continuous').knobs);
    expect(config).toMatchObject({
      policy: 'static',
      batchesInFlight: 1,
      enablePrefixCaching: false,
      staticBatchSize: 8,
    });
    expect(config.staticTimeoutUs).toBe(100_000);
    expect(facts.staticBatch).toBe(8);
  });

  it('takes vLLM of 2023 with its whole prompts, without what came later', () => {
    const old = withChoice(tiny, 'engine', 'vllm-2023');
    const { config } = built(old);
    expect(config).toMatchObject({
      policy: 'vllm-2023',
      // A prompt of the longest length must fit into a step, and no more is needed.
      maxNumBatchedTokens: 63 * 16,
      maxNumSeqs: 4,
      watermark: 0.01,
      blockSize: 16,
      batchesInFlight: 1,
      enablePrefixCaching: false,
      preemption: 'recompute',
      hostBlocks: 0,
    });
    expect(built({ ...old, 'max-model-len': 2048 }).config.maxNumBatchedTokens).toBe(2048);
    expect(withChoice(chat, 'engine', 'vllm-2023')).toMatchObject({
      'max-num-batched-tokens': 2560,
      'max-num-seqs': 256,
    });
  });

  it('sets host memory aside for swapped or off-loaded blocks, at the rate of the measured link', () => {
    // 2 MiB a block of 16 tokens of Llama-3.1-8B.
    const swap = { ...withChoice(tiny, 'engine', 'vllm-2023'), 'preemption-mode': 'swap' } as const;
    const hostLinkBytesPerS = devices.h200.hostLink?.bytesPerS;
    expect(hostLinkBytesPerS).toBeGreaterThan(50e9);
    const host = { hostBlocks: 2048, kvBytesPerBlock: 2 ** 21, hostLinkBytesPerS };
    expect(built(swap).config).toMatchObject({ ...host, preemption: 'swap' });
    expect(built({ ...chat, 'kv-offloading-size': 4 }).config).toMatchObject(host);
    expect(built({ ...chat, 'kv-offloading-size': 4, 'enable-prefix-caching': false }).config.hostBlocks).toBe(0);
    expect(built({ ...chat, 'preemption-mode': 'swap' }).config).toMatchObject({
      preemption: 'recompute',
      hostBlocks: 0,
    });
  });

  it('makes the long prompt fit the longest sequence', () => {
    const longest = (knobs: Knobs) => Math.max(...built(knobs).source.requests.promptTokens);
    expect(longest(stall)).toBe(8192);
    expect(longest({ ...stall, 'max-model-len': 4096 })).toBe(4096 - 128);
  });

  it('asks the same whatever the engine does', () => {
    const one = built(chat).source.requests;
    const other = built({ ...chat, engine: 'static', 'max-num-seqs': 4 }).source.requests;
    expect(other.arrivalUs).toEqual(one.arrivalUs);
    expect(other.promptTokens).toEqual(one.promptTokens);
  });

  it('turns clients into a closed loop', () => {
    const { source } = built({ ...chat, clients: 5 });
    source.next(0);
    expect(source.requests.count).toBe(5);
  });

  it('runs on the visitor’s GPU once it is measured', () => {
    const own = { ...devices.h200, id: 'this-device', evidence: 'this-device' } as const;
    expect(built({ ...chat, device: 'this-gpu' }, { thisGpu: own }).facts.evidence).toBe('this-device');
    expect(problems({ ...chat, device: 'this-gpu' })).toMatchObject([{ code: 'gpu-not-measured', field: 'device' }]);
  });
});

describe('what cannot run', () => {
  it('no trace', () => {
    expect(problems(presetOf('trace').knobs)).toMatchObject([{ code: 'trace-missing' }]);
  });

  it('no memory left for keys and values', () => {
    // 16.06 GB of weights in 0.11 of 150.1 GB: 0.45 GB are left, less than activations take.
    expect(problems({ ...chat, 'gpu-memory-utilization': 0.11 })).toEqual([
      {
        code: 'no-memory-for-kv',
        field: 'gpu-memory-utilization',
        found: '0 MiB',
        expected: '4 MiB',
      },
    ]);
  });

  it('more blocks than the memory holds', () => {
    expect(problems({ ...chat, 'num-gpu-blocks-override': 1_000_000 })).toMatchObject([
      { code: 'no-memory-for-kv', field: 'num-gpu-blocks-override', expected: '1953.13 GiB' },
    ]);
  });

  it('weights larger than what may be used', () => {
    expect(problems({ ...chat, 'gpu-memory-utilization': 0.05 })).toEqual([
      { code: 'model-does-not-fit', field: 'model', found: '14.96 GiB', expected: '6.99 GiB' },
    ]);
  });

  it('sequences longer than the model knows', () => {
    expect(problems({ ...chat, model: 'llama-3-8b', 'max-model-len': 9000 })).toMatchObject([
      { code: 'out-of-range', field: 'max-model-len', found: '9000' },
    ]);
  });

  it('host memory behind a link that nobody knows', () => {
    const own = { ...devices.h200, id: 'this-device', name: 'Mine', hostLink: null } as const;
    const knobs = { ...chat, device: 'this-gpu', 'kv-offloading-size': 1 };
    expect(problems(knobs, { thisGpu: own })).toEqual([
      { code: 'host-link-unknown', field: 'kv-offloading-size', found: 'Mine' },
    ]);
  });

  it('a model or a device that does not exist', () => {
    expect(problems({ ...chat, model: 'toString' })).toMatchObject([{ code: 'invalid-value', field: 'model' }]);
    expect(problems({ ...chat, device: 'abacus' })).toMatchObject([{ code: 'invalid-value', field: 'device' }]);
  });
});
