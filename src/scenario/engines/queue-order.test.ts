import { describe, expect, it } from 'vitest';
import { Status } from '../../sim/request.ts';
import { Run } from '../../sim/run.ts';
import { build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { withChoice } from '../value.ts';
import { engines } from './engines.ts';

/**
 * Chat that comes much faster than anybody can serve it, with memory for a dozen requests: with every engine a queue forms.
 * No more than TGI lets in at a time.
 */
const crowd: Knobs = {
  ...presetOf('azure-chat').knobs,
  requests: 120,
  rate: 100,
  users: 3,
  'urgent-share': 0.2,
};

/** What an engine needs so that everybody can be served. */
const seats: Readonly<Record<string, Partial<Knobs>>> = {
  // A row of its workspace holds half of this chat by default.
  deepspeed: { 'max-out-tokens': 4096 },
};

function run(engine: string, order: string, prediction = 'none') {
  const knobs = {
    ...withChoice(crowd, 'engine', engine),
    'max-model-len': 2048,
    'kv-tokens': 16_000,
    'queue-order': order,
    'length-prediction': prediction,
    ...seats[engine],
  } as Knobs;
  const built = build(knobs);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost, device } = built.value;
  const whole = new Run(config, source, cost, device.peakFlops);
  whole.advance(Number.POSITIVE_INFINITY);
  return { account: whole.account(), requests: source.requests };
}

/** Mean time to the first token over the requests chosen. */
function ttftUs({ account, requests }: ReturnType<typeof run>, isMeant: (request: number) => boolean): number {
  const { outcomes } = account;
  const rows = Array.from({ length: outcomes.count }, (_, r) => r).filter(
    (r) => outcomes.status[r] === Status.finished && isMeant(r),
  );
  return rows.reduce((sum, r) => sum + outcomes.firstTokenUs[r] - requests.arrivalUs[r], 0) / rows.length;
}

describe.each(engines().map((entry) => entry.id))('the queue of %s', (engine) => {
  const fcfs = run(engine, 'fcfs');

  it('forms, and serves everybody that can be served', () => {
    const { summary } = fcfs.account;
    expect(summary.finished).toBeGreaterThan(90);
    expect(summary.queueingMeanUs).toBeGreaterThan(1e6);
  });

  it('may have the shortest answers first', () => {
    const shortest = run(engine, 'shortest-job', 'oracle');
    expect(shortest.account.summary.finished).toBe(fcfs.account.summary.finished);
    expect(shortest.account.summary.normalisedUs).toBeLessThan(fcfs.account.summary.normalisedUs);
  });

  it('may have the urgent ones first', () => {
    const urgent = run(engine, 'priority');
    const isUrgent = (r: number) => urgent.requests.priority[r] < 0;
    expect(ttftUs(urgent, isUrgent)).toBeLessThan(0.8 * ttftUs(fcfs, isUrgent));
    expect(ttftUs(urgent, isUrgent)).toBeLessThan(0.8 * ttftUs(urgent, (r) => !isUrgent(r)));
  });

  it('may be shared fairly between users', () => {
    const fair = run(engine, 'fair-share');
    const isLight = (r: number) => fair.requests.user[r] === 2;
    expect(ttftUs(fair, isLight)).toBeLessThan(0.8 * ttftUs(fcfs, isLight));
  });
});
