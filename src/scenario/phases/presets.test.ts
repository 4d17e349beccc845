/** What the presets of phases promise in their sentences, measured in their runs. */

import { describe, expect, it } from 'vitest';
import { Because } from '../../sim/decision.ts';
import { EventKind } from '../../sim/metrics/result.ts';
import { Run } from '../../sim/run.ts';
import { Simulation } from '../../sim/simulation.ts';
import { build } from '../build.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { type PresetId, presetOf } from '../presets.ts';

/** Knobs set otherwise; those of phases are not named in every scenario. */
type Change = Readonly<Record<string, KnobValue>>;

function built(knobs: Knobs) {
  const result = build(knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function runPreset(id: PresetId, change: Change = {}) {
  const { config, source, cost, device } = built({ ...presetOf(id).knobs, ...change });
  const whole = new Run(config, source, cost, device.peakFlops);
  whole.advance(Number.POSITIVE_INFINITY);
  return whole.account();
}

describe('speculation', () => {
  const perToken = (change: Change) => runPreset('speculation', change).distributions.tpot.meanUs;
  const tokensPerS = (change: Change) => runPreset('speculation', change).summary.outputTokensPerS;

  it('pays with one client, and not with 64', () => {
    expect(perToken({ 'speculative-method': 'off' }) / perToken({})).toBeCloseTo(1.4, 1);
    const many = { clients: 64, requests: 600 };
    const drafts = tokensPerS(many);
    const plain = tokensPerS({ ...many, 'speculative-method': 'off' });
    expect(drafts / plain).toBeLessThan(1.03);
    expect(drafts / plain).toBeGreaterThan(0.9);
    const eagle = tokensPerS({ ...many, 'speculative-method': 'eagle' });
    expect(eagle).toBeGreaterThan(drafts);
  });

  it('delivers as many tokens a step as theory expects: (1 - a^4) / (1 - a) for three drafts', () => {
    const { summary, distributions } = runPreset('speculation', { requests: 200 });
    // First tokens come with the prompt; requests end in the middle of their last drafts.
    const decodeSteps = summary.steps - summary.finished;
    const tokensAStep = distributions.itl.count / decodeSteps;
    expect(tokensAStep).toBeLessThan(2.533);
    expect(tokensAStep).toBeGreaterThan(2.45);
  });
});

describe('flash-attention', () => {
  const longestUs = (change: Change) => runPreset('flash-attention', change).distributions.itl.maxUs;

  it('makes the long step 0.41 s instead of 0.24, and takes 16 GiB from the pool', () => {
    expect(longestUs({}) / 1e6).toBeCloseTo(0.41, 1);
    expect(longestUs({ 'flash-attention': true }) / 1e6).toBeCloseTo(0.24, 1);
    const pool = (change: Change) => built({ ...presetOf('flash-attention').knobs, ...change }).facts.kvPoolBytes;
    const missing = pool({ 'flash-attention': true }) - pool({});
    expect(missing / 2 ** 30).toBeCloseTo(16, 1);
  });

  it('hurts less with a small budget, whose scores are fewer', () => {
    expect(longestUs({ 'max-num-batched-tokens': 512 })).toBeLessThan(longestUs({}) / 5);
    expect(built({ ...presetOf('flash-attention').knobs, 'max-num-batched-tokens': 512 }).facts.blocks).toBeGreaterThan(
      built(presetOf('flash-attention').knobs).facts.blocks,
    );
  });
});

describe('dynamic-quantisation', () => {
  const dynamic = runPreset('dynamic-quantisation');
  const plain = runPreset('dynamic-quantisation', { 'dynamic-quantisation': 'off' });

  it('brings the slowest first tokens nearly three times as soon, changing back and forth', () => {
    const changes = [...dynamic.events.kind].filter((kind) => kind === EventKind.precision).length;
    expect(changes).toBeGreaterThan(20);
    expect(plain.distributions.ttft.p99Us / dynamic.distributions.ttft.p99Us).toBeGreaterThan(2.6);
    expect(dynamic.summary.finished).toBe(6000);
  });

  it('gains nothing with int4, whose products are still computed in 16 bits', () => {
    const int4 = runPreset('dynamic-quantisation', { 'dynamic-precision': 'int4' });
    expect(plain.distributions.ttft.p99Us / int4.distributions.ttft.p99Us).toBeLessThan(1.1);
  });

  it('pays for copies from the host with time, and for resident ones with blocks', () => {
    const reload = runPreset('dynamic-quantisation', { 'dynamic-quantisation': 'reload' });
    expect(reload.distributions.ttft.p99Us).toBeGreaterThan(dynamic.distributions.ttft.p99Us);
    const blocks = (value: string) =>
      built({ ...presetOf('dynamic-quantisation').knobs, 'dynamic-quantisation': value }).facts.blocks;
    expect(blocks('resident')).toBeLessThan(blocks('reload'));
    expect(blocks('reload')).toBe(blocks('off'));
  });

  it('starts the cursor where the weights change', () => {
    const { startUs } = presetOf('dynamic-quantisation');
    const times = [...dynamic.events.timeUs].filter((_, i) => dynamic.events.kind[i] === EventKind.precision);
    expect(times.filter((us) => us > startUs && us < startUs + 30_000_000).length).toBeGreaterThan(1);
  });
});

describe('images', () => {
  const bound = runPreset('images');

  it('is bound by the encoder: prompts wait for their next image', () => {
    const { config, source, cost } = built(presetOf('images').knobs);
    const simulation = new Simulation(config, source, cost);
    let waits = 0;
    let windows = 0;
    let most = 0;
    while (simulation.next()) {
      const { decisions } = simulation.engine;
      const { because, count } = decisions;
      if (because.subarray(0, count).some((code) => code === Because.encoder)) waits++;
      windows += simulation.lastBatch.shape.imageWindows;
      most = Math.max(most, simulation.lastBatch.shape.imageWindows);
    }
    expect(waits / simulation.steps).toBeGreaterThan(0.1);
    expect(most).toBe(1);
    // Repeated images are not encoded again while they are in the cache.
    expect(windows).toBeLessThan(4 * 399);
    expect(windows).toBeGreaterThan(0.7 * 4 * 399);
  });

  it('keeps what its sentence says to try', () => {
    const free = runPreset('images', { 'encoder-budget': 0 });
    expect(free.distributions.ttft.meanUs).toBeLessThan(bound.distributions.ttft.meanUs / 1.4);
    expect(free.distributions.itl.p99Us / bound.distributions.itl.p99Us).toBeGreaterThan(2.5);
    const repeated = runPreset('images', { 'image-repeat': 0.9 });
    expect(repeated.distributions.ttft.meanUs).toBeLessThan(bound.distributions.ttft.meanUs / 1.3);
  });
});

describe('phone', () => {
  const cached = runPreset('phone');

  it('answers with 23 tokens a second in 4 GiB, and begins after 0.06 s', () => {
    expect(1e6 / cached.distributions.tpot.meanUs).toBeCloseTo(23, -1);
    expect(cached.distributions.ttft.meanUs / 1e6).toBeCloseTo(0.06, 2);
    expect(cached.summary.finished).toBe(24);
    expect(cached.summary.hitRate).toBeGreaterThan(0.9);
  });

  it('keeps what its sentence says to try', () => {
    const cold = runPreset('phone', { 'enable-prefix-caching': false });
    expect(cold.distributions.ttft.meanUs / 1e6).toBeCloseTo(0.83, 1);
    const early = cold.outcomes.firstTokenUs[1] - cold.outcomes.arrivalUs[1];
    const late = cold.outcomes.firstTokenUs[10] - cold.outcomes.arrivalUs[10];
    expect(late).toBeGreaterThan(2 * early);
    const full = build({ ...presetOf('phone').knobs, 'weight-precision': 'bf16' });
    expect(full.ok ? '' : full.problems[0].code).toBe('model-does-not-fit');
  });
});
