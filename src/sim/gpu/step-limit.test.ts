import { describe, expect, it } from 'vitest';
import type { Limit, OperatorTime } from './cost.ts';
import { devices } from './device.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { stepLimit } from './step-limit.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { decodesOf, prefillOf } from './testing.ts';

const cost = createCost(models['llama-3-8b'], devices.h200, { maxTokens: 8192, maxSequences: 256 });
const part = (limit: Limit, us: number): OperatorTime => ({ operator: 'qkv', us, limit, flops: 0, bytes: 0 });

describe('stepLimit', () => {
  it('adds the operators that wait for the same', () => {
    const found = stepLimit([part('bandwidth', 30), part('compute', 40), part('bandwidth', 20), part('host', 10)]);
    expect(found).toMatchObject({ limit: 'bandwidth', share: 0.5 });
    expect(found?.shares).toEqual({ compute: 0.4, bandwidth: 0.5, latency: 0, link: 0, host: 0.1 });
  });

  it('has no answer for a step of no time', () => {
    expect(stepLimit([])).toBeNull();
    expect(stepLimit([part('host', 0)])).toBeNull();
  });

  it('finds memory in decodes of an 8B model, arithmetic in a long prompt, the start of kernels in a tiny model', () => {
    expect(stepLimit(cost.explain(decodesOf([500, 700])))?.limit).toBe('bandwidth');
    expect(stepLimit(cost.explain(prefillOf([[8192, 0]])))?.limit).toBe('compute');
    const tiny = createCost(models['qwen2.5-0.5b'], devices.h200, { maxTokens: 64, maxSequences: 8 });
    expect(stepLimit(tiny.explain(decodesOf([100])))?.limit).toBe('latency');
  });

  it('finds the link where devices without NVLink share a long prompt', () => {
    const shared = createParallelCost(models['llama-3-8b'], devices['rtx-4090'], 4, {
      maxTokens: 8192,
      maxSequences: 8,
    });
    expect(stepLimit(shared.explain(prefillOf([[8192, 0]])))?.limit).toBe('link');
  });
});
