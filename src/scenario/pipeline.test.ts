/** Pipelines and what joins the GPUs, as knobs of a scenario. */

import { describe, expect, it } from 'vitest';
import { prefillOf } from '../sim/gpu/testing.ts';
import { build } from './build.ts';
import { engines } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import { isRead, knobEntry } from './registry.ts';
import { simulateScenario } from './simulate.ts';
import { withChoice } from './value.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, requests: 60 };

function built(knobs: Knobs) {
  const result = build(knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
const problemsOf = (knobs: Knobs) => {
  const result = build(knobs);
  return result.ok ? [] : result.problems;
};
function run(knobs: Knobs) {
  const result = simulateScenario(knobs, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.account;
}
const withStages = (engine: string, stages: number): Knobs => ({
  ...withChoice(chat, 'engine', engine),
  'pipeline-parallel-size': stages,
});

const pipelined = ['vllm', 'tensorrt-llm', 'vllm-2023', 'sarathi', 'orca', 'faster-transformer'];

describe('pipeline-parallel-size', () => {
  it('is read by the engines that have a pipeline', () => {
    const entry = knobEntry('pipeline-parallel-size');
    const readers = engines().filter(({ id }) => isRead(entry, withChoice(chat, 'engine', id)));
    expect(readers.map(({ id }) => id)).toEqual(pipelined);
    // Whoever has none is not concerned by it.
    expect(built(withStages('sglang', 4)).facts.devices).toBe(1);
  });

  it.each(pipelined)('has as many batches in flight as stages: %s', (engine) => {
    const { config, facts, cost } = built(withStages(engine, 4));
    // One more where the next step is scheduled before the output of the last is known.
    expect(config.batchesInFlight).toBe(engine === 'vllm' ? 5 : 4);
    expect(config.decodeCadence).toBe(engine === 'vllm' ? 4 : 1);
    expect([facts.devices, cost.stages?.count]).toEqual([4, 4]);
    const { summary, stages } = run(withStages(engine, 4));
    // Orca and FasterTransformer take no prompt beyond 2,048 tokens.
    expect(summary.finished + summary.rejected).toBe(60);
    expect(stages.busyUs).toHaveLength(4);
    expect(stages.bubbleShare).toBeGreaterThan(0);
    expect(stages.bubbleShare).toBeLessThan(1);
    expect(stages.communicationUs).toBeGreaterThan(0);
  });

  it('is synchronous for models with experts, which the newer model runner leaves alone', () => {
    const { config } = built({ ...withStages('vllm', 2), model: 'qwen3-30b-a3b' });
    expect([config.batchesInFlight, config.asyncScheduling, config.decodeCadence]).toEqual([2, false, 1]);
    expect(built({ ...chat, model: 'qwen3-30b-a3b' }).config.asyncScheduling).toBe(true);
  });

  it('changes nothing at one', () => {
    for (const engine of pipelined)
      expect(run(withStages(engine, 1)).fingerprint).toBe(run(withChoice(chat, 'engine', engine)).fingerprint);
  });

  it('lets a model serve that one GPU cannot hold, and each GPU hold its layers alone', () => {
    const large: Knobs = { ...chat, model: 'llama-3.1-70b', device: 'h100' };
    expect(problemsOf(large)).toMatchObject([{ code: 'model-does-not-fit' }]);
    const { facts } = built({ ...large, 'pipeline-parallel-size': 4 });
    // The last of four stages of twenty layers has the output projection.
    expect(facts.weightBytes).toBeGreaterThan(35e9);
    expect(facts.weightBytes).toBeLessThan(38e9);
    expect(facts.kvBytesPerToken).toBe(327_680 / 4);
  });

  it('is refused with more stages than layers, and with drafts', () => {
    const small = { ...chat, model: 'llama-3.2-1b', device: 'h100' };
    expect(problemsOf({ ...small, 'pipeline-parallel-size': 17 })).toMatchObject([
      { field: 'pipeline-parallel-size', expected: '1..16 (Llama-3.2-1B)' },
    ]);
    expect(problemsOf({ ...chat, 'pipeline-parallel-size': 2, 'speculative-method': 'ngram' })).toMatchObject([
      { field: 'pipeline-parallel-size', expected: '1 (ngram)' },
    ]);
  });

  it('answers fewer tokens a second than one GPU when alone, and more when busy', () => {
    const busy: Knobs = { ...chat, requests: 300, rate: 60, 'max-num-batched-tokens': 512 };
    const rate = (stages: number) => run({ ...busy, 'pipeline-parallel-size': stages }).summary.outputTokensPerS;
    expect(rate(4)).toBeGreaterThan(1.3 * rate(1));
    const alone: Knobs = { ...chat, requests: 5, clients: 1 };
    const gap = (stages: number) => run({ ...alone, 'pipeline-parallel-size': stages }).distributions.tpot.p50Us;
    expect(gap(4)).toBeGreaterThan(gap(1));
    expect(gap(4)).toBeLessThan(1.5 * gap(1));
  });
});

describe('a fleet of pipelines', () => {
  it('has the busy time of all its first stages in the first, and of all its second ones in the second', () => {
    const fleet = run({ ...withStages('vllm', 2), replicas: 2, rate: 24 });
    expect(fleet.stages.busyUs).toHaveLength(2);
    expect(fleet.stages.bubbleShare).toBeGreaterThan(0);
    const all = fleet.stages.busyUs[0] + fleet.stages.busyUs[1];
    expect(fleet.stages.bubbleShare).toBeCloseTo(1 - all / (2 * fleet.summary.busyUs), 9);
  });
});

describe('topology', () => {
  const large: Knobs = { ...chat, model: 'llama-3.1-70b', device: 'h100', 'tensor-parallel-size': 8 };
  const prompt = prefillOf([[1024, 0]]);
  const us = (topology: string, change = {}) => built({ ...large, topology, ...change }).cost.stepUs(prompt);

  it('is read where there are several GPUs', () => {
    expect(isRead(knobEntry('topology'), chat)).toBe(false);
    expect(isRead(knobEntry('topology'), large)).toBe(true);
    // Groups without expert parallelism are none.
    expect(isRead(knobEntry('topology'), { ...chat, 'data-parallel-size': 4 })).toBe(false);
    const groups = { ...chat, 'data-parallel-size': 4, 'enable-expert-parallel': true };
    expect(isRead(knobEntry('topology'), groups)).toBe(true);
  });

  it('makes messages slower the slower the link', () => {
    const times = ['host', 'hosts-400', 'hosts-200', 'hosts-100'].map((topology) => us(topology));
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    expect(us('pcie')).toBeGreaterThan(us('host'));
    // A pipeline over two hosts crosses the network once.
    const pipeline = { 'tensor-parallel-size': 4, 'pipeline-parallel-size': 2 };
    expect(us('hosts-100', pipeline) / us('host', pipeline)).toBeLessThan(us('hosts-100') / us('host'));
  });

  it('needs GPUs that two hosts can have half of', () => {
    const odd = { ...chat, 'pipeline-parallel-size': 3, topology: 'hosts-100' };
    expect(problemsOf(odd)).toMatchObject([{ field: 'topology', expected: 'host|pcie' }]);
    expect(problemsOf({ ...large, topology: 'hosts-100' })).toEqual([]);
  });

  it('needs the ranks of a stage that divide prompts in equal parts too', () => {
    const stages = { ...chat, 'prefill-context-parallel-size': 2, topology: 'hosts-100' };
    // Three GPUs a host: the second of three stages would lie half in each.
    expect(problemsOf({ ...stages, 'pipeline-parallel-size': 3 })).toMatchObject([
      { field: 'topology', found: '6', expected: 'host|pcie' },
    ]);
    for (const pipeline of [1, 2]) expect(problemsOf({ ...stages, 'pipeline-parallel-size': pipeline })).toEqual([]);
    // Three pairs of ranks that share a layer: the second would lie half in each.
    const pairs = { ...chat, 'tensor-parallel-size': 2, 'prefill-context-parallel-size': 3, topology: 'hosts-100' };
    expect(problemsOf(pairs)).toMatchObject([{ field: 'topology' }]);
  });
});

describe('enable-expert-parallel', () => {
  const sparse: Knobs = { ...chat, model: 'qwen3-30b-a3b', device: 'h100', 'enable-expert-parallel': true };
  const groups = { ...sparse, 'data-parallel-size': 4 };

  it('gives each group blocks, seats and tokens of its own', () => {
    const one = built(sparse);
    const four = built(groups);
    expect(four.facts.devices).toBe(4);
    expect(four.config.maxNumSeqs).toBe(4 * one.config.maxNumSeqs);
    expect(four.config.maxNumBatchedTokens).toBe(4 * one.config.maxNumBatchedTokens);
    // A fourth of the experts leaves more room on each GPU.
    expect(four.facts.blocks).toBeGreaterThan(6 * one.facts.blocks);
    expect(four.facts.blocks % 4).toBe(0);
    expect(four.facts.kvPoolBytes).toBeLessThan(80e9);
    expect(four.facts.weightBytes).toBeLessThan(0.4 * one.facts.weightBytes);
    // Keys and values are not divided, as they would be among tensor ranks.
    expect(four.facts.kvBytesPerToken).toBe(one.facts.kvBytesPerToken);
  });

  it('serves all, with all-to-alls, and slower the more uneven the experts are', () => {
    const even = run(groups);
    expect(even.summary.finished).toBe(60);
    expect(even.stages.communicationUs).toBeGreaterThan(0);
    const busy = (skew: number) => run({ ...groups, 'expert-skew': skew }).distributions.tpot.p50Us;
    expect(busy(4)).toBeGreaterThan(busy(1));
  });

  it('changes nothing on one GPU but how its parts are rounded', () => {
    const ratio = run(sparse).summary.busyUs / run({ ...sparse, 'enable-expert-parallel': false }).summary.busyUs;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.005);
  });

  it('needs experts that can be divided, and no drafts', () => {
    expect(problemsOf({ ...groups, model: 'llama-3.1-8b' })).toMatchObject([{ field: 'enable-expert-parallel' }]);
    expect(problemsOf({ ...groups, 'data-parallel-size': 3 })).toMatchObject([{ found: '128 / 3' }]);
    expect(problemsOf({ ...groups, 'speculative-method': 'ngram' })).toMatchObject([{ expected: 'off (ngram)' }]);
    // Groups without it would be replicas, or experts in columns over all groups.
    expect(built({ ...groups, 'enable-expert-parallel': false }).facts.devices).toBe(1);
  });

  it('says which other knob is wrong where experts divide', () => {
    expect(problemsOf({ ...sparse, 'tensor-parallel-size': 64 })).toMatchObject([
      { field: 'tensor-parallel-size', found: '64', expected: '1|2|4|8 (Qwen3-30B-A3B)' },
    ]);
    expect(problemsOf({ ...groups, 'pipeline-parallel-size': 49 })).toMatchObject([
      { field: 'pipeline-parallel-size', found: '49', expected: '1..48 (Qwen3-30B-A3B)' },
    ]);
    expect(problemsOf({ ...groups, device: 'apple-m4' })).toMatchObject([
      { field: 'data-parallel-size', found: '4', expected: '1 (Apple M4 (10-core GPU, 16 GB))' },
    ]);
  });

  it('goes with a pipeline', () => {
    const { facts, cost, config } = built({ ...groups, 'pipeline-parallel-size': 2 });
    expect([facts.devices, cost.stages?.count, config.batchesInFlight]).toEqual([8, 2, 2]);
    expect(run({ ...groups, 'pipeline-parallel-size': 2 }).summary.finished).toBe(60);
  });
});

describe('prefill-context-parallel-size', () => {
  const long: Knobs = {
    ...chat,
    workload: 'lengths',
    lengths: 'fixed',
    'prompt-tokens': 60_000,
    'output-tokens': 20,
    requests: 8,
    rate: 0.2,
  };
  const four = { ...long, 'prefill-context-parallel-size': 4 };

  it('holds four times the tokens, in blocks of four times as many', () => {
    const one = built(long).facts;
    const { facts, config } = built(four);
    expect([facts.devices, config.blockSize, facts.blocks]).toEqual([4, 64, one.blocks]);
    expect(facts.kvPoolBytes).toBe(one.kvPoolBytes);
    expect(built({ ...four, 'kv-tokens': 6400 }).facts.blocks).toBe(100);
  });

  it('brings the first token of a long prompt sooner', () => {
    const first = (knobs: Knobs) => run(knobs).distributions.ttft.p50Us;
    expect(first(long) / first(four)).toBeGreaterThan(2.5);
  });

  it('is refused with drafts and with expert parallelism', () => {
    expect(problemsOf({ ...four, 'speculative-method': 'ngram' })).toMatchObject([{ expected: '1 (ngram)' }]);
    const sparse = { ...four, model: 'qwen3-30b-a3b', 'enable-expert-parallel': true };
    expect(problemsOf(sparse)).toMatchObject([{ field: 'prefill-context-parallel-size' }]);
  });
});

describe('Falcon-180B on eight A100 of two hosts at 100 Gb/s', () => {
  const falcon: Knobs = {
    ...withChoice(chat, 'engine', 'sarathi'),
    model: 'falcon-180b',
    device: 'a100-80',
    workload: 'lengths',
    lengths: 'fixed',
    'prompt-tokens': 1600,
    'output-tokens': 300,
    'gpu-memory-utilization': 0.9,
  };
  const tensor = { ...falcon, 'tensor-parallel-size': 8 };
  const pipeline = { ...falcon, 'tensor-parallel-size': 4, 'pipeline-parallel-size': 2 };
  const slower = (knobs: Knobs, prompt: number): number => {
    const us = (topology: string) => built({ ...knobs, topology }).cost.stepUs(prefillOf([[prompt, 0]]));
    return us('hosts-100') / us('host');
  };

  it('tensor parallelism over the network makes a step of 512 tokens more than twice as long, a pipeline over it does not', () => {
    expect(slower(tensor, 512)).toBeGreaterThan(2);
    expect(slower(pipeline, 512)).toBeLessThan(1.02);
  });

  it('so the pipeline has the shorter queue where both are busy', () => {
    const busy = { rate: 1.2, topology: 'hosts-100' };
    const queue = (knobs: Knobs) => run({ ...knobs, ...busy }).summary.queueingMeanUs;
    expect(queue(tensor)).toBeGreaterThan(20 * queue(pipeline));
  });
});
