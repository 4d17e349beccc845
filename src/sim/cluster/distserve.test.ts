/**
 * The example with which DistServe begins (Y. Zhong and others, blog of 2024-03-17): a model of 13B parameters on A100 of 80 GB, prompts of 512 tokens,
 * outputs of 64, Poisson arrivals; 90 % of the requests must have their first token within 0.4 s and the others at 0.04 s each.
 * One GPU for both phases keeps that at 1.6 requests a second; one that prefills only at 5.6, one that decodes only at 10; two and one together at 10, which are 3.3 a GPU.
 *
 * The blog names no step times. The three below were chosen so that its first three figures come out: 117 ms a prompt (5.6 a second in
 * one queue), 25 ms and 0.47 ms a sequence for a step of decodes (10 a second; 1.6 where prompts come between). The split fleets follow.
 */

import { describe, expect, it } from 'vitest';
import { listSource } from '../../workload/list.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import type { CostModel } from '../gpu/cost.ts';
import { keepsSlo } from '../metrics/summarise.ts';
import { exponential, Purpose } from '../random.ts';
import { Fleet } from './fleet.ts';
import { accountOf } from './fleet-account.ts';
import { type InstanceSpec, plainFleet, type Role } from './fleet-config.ts';
import type { SplitConfig } from './split.ts';

const PROMPT = 512;
const OUTPUT = 64;
const PROMPT_US = 117_000;
const DECODE_US = 25_000;
const SEQUENCE_US = 470;

const cost: CostModel = {
  stepUs({ decodes, chunkCount, chunkNew }) {
    let prompts = 0;
    for (let i = 0; i < chunkCount; i++) prompts += chunkNew[i];
    // What has been loaded is computed for its last token only: a decode.
    const steps = chunkNew.subarray(0, chunkCount).filter((tokens) => tokens === 1).length + decodes;
    const us = ((prompts - steps + decodes) / PROMPT) * PROMPT_US + (steps > 0 ? DECODE_US + SEQUENCE_US * steps : 0);
    return Math.max(1, Math.round(us));
  },
  flops: () => 0,
  explain: () => [],
};

/** DistServe's engines: a prompt a step on the prefilling side, vLLM of 2023 where one GPU does both. */
const engine: EngineConfig = {
  ...defaultEngineConfig(2500),
  batchesInFlight: 1,
  asyncScheduling: false,
  maxNumBatchedTokens: PROMPT,
  maxNumScheduledTokens: PROMPT,
  maxModelLen: 640,
  maxNumSeqs: 256,
  enablePrefixCaching: false,
};

function instances(role: Role, count: number): InstanceSpec[] {
  const connector =
    role === 'serve'
      ? null
      : { role: role === 'prefill' ? ('producer' as const) : ('consumer' as const), transferUs: 0 };
  const config = role === 'serve' ? { ...engine, policy: 'vllm-2023' } : { ...engine, connector };
  return Array.from({ length: count }, () => ({ role, config, cost, peakFlopsPerS: 1, peakBytesPerS: 1 }));
}

const split: SplitConfig = {
  router: { kind: 'least-requests', seed: 1 },
  // NVLink of an A100: 300 GB/s; OPT-13B has 819,200 bytes a token: 1.4 ms a prompt.
  link: { outBytesPerS: 300e9, inBytesPerS: 300e9, setupUs: 0 },
  kvBytesPerToken: 819_200,
  firstToken: 'prefill',
  layers: 0,
};

const traffic = (ratePerS: number, outputTokens: number) => {
  let atUs = 0;
  const specs = Array.from({ length: 1500 }, (_, i) => {
    atUs += Math.round((exponential(7, Purpose.arrival, i, 0) / ratePerS) * 1e6);
    return { arrivalUs: atUs, promptTokens: PROMPT, outputTokens };
  });
  return listSource(specs);
};

/** Highest rate at which the fleet keeps the objectives, requests a second. */
function capacity(specs: readonly InstanceSpec[], outputTokens = OUTPUT): number {
  const isSplit = specs.some(({ role }) => role === 'decode') && specs.some(({ role }) => role === 'prefill');
  const slo = { ttftUs: 400_000, tpotUs: 40_000 };
  const keeps = (ratePerS: number) => {
    const config = { ...plainFleet, instances: specs, router: { kind: 'least-requests', seed: 1 } };
    const fleet = new Fleet({ ...config, split: isSplit ? split : null }, traffic(ratePerS, outputTokens));
    while (!fleet.advance(1e6));
    const { outcomes } = accountOf(fleet);
    let good = 0;
    for (let r = 0; r < outcomes.count; r++) if (keepsSlo(outcomes, r, slo)) good++;
    return good >= 0.9 * outcomes.count;
  };
  let low = 0.1;
  let high = 40;
  while (high / low > 1.02) {
    const middle = (low + high) / 2;
    if (keeps(middle)) low = middle;
    else high = middle;
  }
  return low;
}

const within = (rate: number, published: number) => expect(Math.abs(rate / published - 1)).toBeLessThan(0.1);

describe('DistServe’s example', () => {
  it('has one GPU for both phases at 1.6 requests a second', () => {
    within(capacity(instances('serve', 1)), 1.6);
  });

  it('has one GPU that prefills only at 5.6', () => {
    within(capacity(instances('serve', 1), 1), 5.6);
  });

  it('has one GPU that decodes only at 10, where prompts come as fast as it likes', () => {
    within(capacity([...instances('prefill', 12), ...instances('decode', 1)]), 10);
  });

  it('has one of each at what the slower one does, and two that prefill with one that decodes at 3.3 a GPU', () => {
    within(capacity([...instances('prefill', 1), ...instances('decode', 1)]), 5.6);
    within(capacity([...instances('prefill', 2), ...instances('decode', 1)]) / 3, 3.3);
  });
});
