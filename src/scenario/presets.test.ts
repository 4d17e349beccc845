/** What each preset promises in its sentences, measured in its run. */

import { describe, expect, it } from 'vitest';
import { Batch } from '../sim/batch.ts';
import { Bound, DecisionKind } from '../sim/decision.ts';
import { Status } from '../sim/request.ts';
import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { idleKnobs } from './binding.ts';
import { build } from './build.ts';
import type { Knobs, SharedKnobs } from './knobs.ts';
import { runTrials } from './learned-scheduling.ts';
import { type PresetId, presetOf } from './presets.ts';
import { banditStudy } from './regret.ts';
import { userRows } from './user-rows.ts';

function built(knobs: Knobs) {
  const result = build(knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function run(knobs: Knobs) {
  const { config, source, cost, device } = built(knobs);
  const whole = new Run(config, source, cost, device.peakFlops);
  whole.advance(Number.POSITIVE_INFINITY);
  return whole.account();
}

const runPreset = (id: PresetId, change: Partial<SharedKnobs> = {}) => run({ ...presetOf(id).knobs, ...change });
const shareOf = (steps: readonly number[], bound: number) => steps[bound] / steps.reduce((sum, n) => sum + n, 0);

describe('tiny-paged', () => {
  const { knobs } = presetOf('tiny-paged');

  it('preempts one request, exactly where the pool is full, and keeps its output', () => {
    const { config, source, cost } = built(knobs);
    const simulation = new Simulation(config, source, cost);
    const { decisions, sequences, memory } = simulation.engine;
    const victims: number[] = [];
    let resumed = -1;
    let isFull = false;
    const before = new Int32Array(6);
    while (simulation.next()) {
      for (let i = 0; i < decisions.count; i++) {
        const request = decisions.request[i];
        if (decisions.kind[i] === DecisionKind.preempt) {
          victims.push(request);
          // Needed more than there was, at a moment when next to nothing was free.
          expect(decisions.need[i]).toBeGreaterThan(decisions.have[i]);
          expect(isFull).toBe(true);
          expect(sequences.generated[request]).toBeGreaterThan(0);
          expect(sequences.generated[request]).toBeGreaterThanOrEqual(before[request]);
        }
        if (decisions.kind[i] === DecisionKind.resume) {
          resumed = request;
          expect(sequences.generated[request]).toBeGreaterThanOrEqual(before[request]);
        }
      }
      isFull = memory.freeBlocks === 0;
      before.set(sequences.generated.subarray(0, 6));
    }
    expect(victims).toHaveLength(1);
    expect(resumed).toBe(victims[0]);
    for (let r = 0; r < 6; r++) {
      expect(sequences.status[r]).toBe(Status.finished);
      expect(sequences.generated[r]).toBe(source.requests.outputTokens[r]);
    }
  });

  it('uses all 63 blocks, and fits a screen', () => {
    const { summary } = run(knobs);
    expect(summary.kvUsePeak).toBe(1);
    expect(summary.preemptions).toBe(1);
    expect(summary.recomputedTokens).toBeGreaterThan(100);
    expect(summary.steps).toBeLessThan(400);
  });

  it('keeps what its sentence says to try', () => {
    expect(runPreset('tiny-paged', { 'num-gpu-blocks-override': 90 }).summary.preemptions).toBe(0);
    const cached = runPreset('tiny-paged', { 'enable-prefix-caching': true }).summary;
    expect(cached.preemptions).toBe(1);
    expect(cached.recomputedTokens).toBeLessThan(20);
  });

  it('refuses what is larger than the whole pool, and serves the rest', () => {
    // 15 blocks of 16 tokens. With the longest sequence left to the pool, a prompt of 256 tokens is too long; with a
    // longer one allowed, answers that outgrow the pool are refused too.
    const { outcomes, summary } = runPreset('tiny-paged', { 'num-gpu-blocks-override': 16 });
    expect([...outcomes.status].map((status) => status === Status.rejected)).toEqual(
      [...outcomes.promptTokens].map((tokens) => tokens >= 240),
    );
    expect(summary.rejected).toBe(1);
    expect(summary.finished).toBe(5);
    const longer = runPreset('tiny-paged', { 'num-gpu-blocks-override': 16, 'max-model-len': 1008 });
    const asked = built(presetOf('tiny-paged').knobs).source.requests;
    expect([...longer.outcomes.status].map((status) => status === Status.rejected)).toEqual(
      Array.from({ length: 6 }, (_, r) => asked.promptTokens[r] + asked.outputTokens[r] > 240),
    );
    expect(longer.summary.rejected).toBeGreaterThan(1);
    expect(longer.summary.finished).toBeGreaterThan(0);
  });
});

describe('long-prompt-stall', () => {
  const large = runPreset('long-prompt-stall');
  const small = runPreset('long-prompt-stall', { 'max-num-batched-tokens': 512 });
  const long = large.outcomes.promptTokens.indexOf(8192);
  const ttftUs = ({ outcomes }: typeof large) => outcomes.firstTokenUs[long] - outcomes.arrivalUs[long];

  it('has one step of 236 ms, in which everybody stands still', () => {
    const { config, source, cost } = built(presetOf('long-prompt-stall').knobs);
    const simulation = new Simulation(config, source, cost);
    const durations: number[] = [];
    let longest = new Batch();
    while (simulation.next()) {
      const { lastBatch } = simulation;
      const us = lastBatch.endUs - lastBatch.startUs;
      if (us > Math.max(0, ...durations.slice(-1), longest.endUs - longest.startUs)) {
        longest = new Batch();
        longest.copyFrom(lastBatch);
      }
      durations.push(us);
    }
    durations.sort((a, b) => b - a);
    // An H200 was measured at 236 ms for 8,192 tokens; those that decode beside them take a few of the budget.
    expect(durations[0] / 236_000).toBeGreaterThan(0.93);
    expect(durations[0] / 236_000).toBeLessThan(1.03);
    expect(durations[1]).toBeLessThan(60_000);
    expect(longest.decodeTokens).toBeGreaterThan(3);
    expect(longest.prefillTokens).toBeGreaterThanOrEqual(8100);
  });

  it('trades the pause for the first token of the long prompt', () => {
    expect(large.distributions.itl.maxUs).toBeGreaterThan(220_000);
    expect(small.distributions.itl.maxUs).toBeLessThan(30_000);
    expect(ttftUs(small)).toBeGreaterThan(ttftUs(large));
  });

  it('starts the cursor shortly before the long prompt', () => {
    const ahead = large.outcomes.arrivalUs[long] - presetOf('long-prompt-stall').startUs;
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThan(1_000_000);
  });
});

describe('azure-chat', () => {
  it('hardly reaches a limit and uses about 1 % of the pool', () => {
    const { summary } = runPreset('azure-chat');
    expect(summary.kvUseMean).toBeGreaterThan(0.005);
    expect(summary.kvUseMean).toBeLessThan(0.015);
    expect(summary.kvUsePeak).toBeLessThan(0.1);
    expect(shareOf(summary.stepsByBound, Bound.nothingLeft)).toBeGreaterThan(0.9999);
    expect(idleKnobs(presetOf('azure-chat').knobs, summary.stepsByBound)).toContain('max-num-seqs');
    // The fit allows prompts that this model cannot take.
    expect(summary.rejected / summary.requests).toBeLessThan(0.001);
    expect(summary.finished + summary.rejected).toBe(19_366);
  });
});

describe('azure-chat-x3', () => {
  it('is bound by the token budget in one step of fourteen, and by nothing else', () => {
    const { summary, distributions } = runPreset('azure-chat-x3');
    expect(shareOf(summary.stepsByBound, Bound.tokenBudget)).toBeGreaterThan(0.05);
    expect(shareOf(summary.stepsByBound, Bound.tokenBudget)).toBeLessThan(0.1);
    expect(summary.stepsByBound[Bound.seats] + summary.stepsByBound[Bound.blocks]).toBe(0);
    const larger = runPreset('azure-chat-x3', { 'max-num-batched-tokens': 8192 });
    expect(larger.distributions.ttft.p99Us).toBeLessThan(distributions.ttft.p99Us);
    expect(larger.distributions.itl.maxUs).toBeGreaterThan(distributions.itl.maxUs);
  });
});

describe('azure-code', () => {
  it('is nearly all prefill, and a smaller budget shrinks the gaps at no cost', () => {
    const { summary, distributions } = runPreset('azure-code');
    expect(summary.promptTokens / summary.outputTokens).toBeGreaterThan(50);
    expect(distributions.itl.p99Us).toBeGreaterThan(200_000);
    const smaller = runPreset('azure-code', { 'max-num-batched-tokens': 2048 }).distributions;
    expect(smaller.itl.p99Us * 3).toBeLessThan(distributions.itl.p99Us);
    expect(Math.abs(smaller.ttft.p99Us / distributions.ttft.p99Us - 1)).toBeLessThan(0.15);
  });
});

describe('static-against-continuous', () => {
  it.each([
    [8, 2, 3],
    [64, 3.5, 6],
  ])('takes several times as long with static batches of %i', (batch, low, high) => {
    const change = { 'batch-size': batch, 'max-num-seqs': batch, requests: 256 };
    const fixed = runPreset('static-against-continuous', change).summary;
    const continuous = runPreset('static-against-continuous', { ...change, engine: 'vllm' }).summary;
    expect(fixed.finished).toBe(256);
    expect(continuous.finished).toBe(256);
    expect(fixed.outputTokens).toBe(continuous.outputTokens);
    expect(fixed.durationUs / continuous.durationUs).toBeGreaterThan(low);
    expect(fixed.durationUs / continuous.durationUs).toBeLessThan(high);
    expect(fixed.paddingTokens).toBeGreaterThan(fixed.outputTokens);
    // Up to the size of a captured graph.
    expect(continuous.paddingTokens).toBeLessThan(fixed.paddingTokens / 20);
  });
});

/** Seconds of end-to-end latency: mean, median, 99th percentile. */
const e2eS = ({ distributions: { e2e } }: ReturnType<typeof run>) =>
  [e2e.meanUs, e2e.p50Us, e2e.p99Us].map((us) => us / 1e6);
const withOrder = (id: PresetId, order: string, prediction = 'none') =>
  run({ ...presetOf(id).knobs, 'queue-order': order, 'length-prediction': prediction });

describe('shortest-first', () => {
  it('serves half of the requests five times as fast, and lets the longest starve', () => {
    const [, median, slowest] = e2eS(runPreset('shortest-first'));
    const [, medianFcfs, slowestFcfs] = e2eS(withOrder('shortest-first', 'fcfs'));
    expect(median).toBeCloseTo(2.7, 1);
    expect(medianFcfs).toBeCloseTo(14.5, 0);
    expect(slowest).toBeGreaterThan(120);
    expect(slowestFcfs).toBeLessThan(35);
  });

  it('makes the long answers pay', () => {
    const { outcomes } = runPreset('shortest-first');
    const rows = Array.from({ length: outcomes.count }, (_, r) => r);
    const waits = rows.map((r) => outcomes.firstTokenUs[r] - outcomes.arrivalUs[r]);
    const slowest = rows.toSorted((a, b) => waits[b] - waits[a]).slice(0, 100);
    const median = rows.map((r) => outcomes.outputTokens[r]).sort((a, b) => a - b)[rows.length >> 1];
    for (const r of slowest) expect(outcomes.outputTokens[r]).toBeGreaterThan(2 * median);
  });
});

describe('learned-lengths', () => {
  it('lies between the truth and no prediction, and loses where prompts tell next to nothing', () => {
    const [oracle, learned, none] = [
      withOrder('learned-lengths', 'shortest-job', 'oracle'),
      runPreset('learned-lengths'),
      withOrder('learned-lengths', 'fcfs'),
    ].map((account) => e2eS(account)[0]);
    expect(oracle).toBeCloseTo(10.6, 1);
    expect(learned).toBeCloseTo(11.9, 1);
    expect(none).toBeCloseTo(15.7, 1);
    const code = { ...presetOf('learned-lengths').knobs, workload: 'azure-code' } as const;
    const [learnedCode, plainCode] = [code, { ...code, 'queue-order': 'fcfs' }].map((knobs) => e2eS(run(knobs))[0]);
    expect(learnedCode).toBeGreaterThan(plainCode);
  });
});

describe('fair-share', () => {
  it('keeps the light user’s first tokens at 0.2 s, whom first come, first served makes wait for 12 s', () => {
    const [heavy, light] = userRows(runPreset('fair-share').outcomes);
    expect(heavy.requests / (heavy.requests + light.requests)).toBeCloseTo(0.8, 1);
    expect(light.ttft.meanUs / 1e6).toBeCloseTo(0.2, 1);
    expect(heavy.ttft.meanUs / 1e6).toBeGreaterThan(14);
    for (const { ttft } of userRows(withOrder('fair-share', 'fcfs').outcomes)) {
      expect(ttft.meanUs / 1e6).toBeGreaterThan(11);
      expect(ttft.meanUs / 1e6).toBeLessThan(13);
    }
  });
});

describe('bandit-budget', () => {
  it('finds a budget that keeps the limits for twice as many requests as the engine’s own', () => {
    const study = banditStudy(
      [...runTrials(presetOf('bandit-budget').knobs, 'token-budget', {})].flatMap((t) => (t.ok ? t.value : [])),
    );
    if (study === null) throw new Error('no bandit');
    const ended = study.windows.ended.reduce((sum, n) => sum + n, 0);
    expect(study.arms).toEqual(['8192', '2048', '512']);
    expect(study.reward / ended).toBeCloseTo(0.85, 1);
    expect(study.rewardOfArms[0] / ended).toBeCloseTo(0.39, 1);
    expect(study.regret).toBeGreaterThan(0);
    expect(study.regret / ended).toBeLessThan(0.05);
  });
});
