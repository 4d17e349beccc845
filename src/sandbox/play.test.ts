import { describe, expect, it } from 'vitest';
import { encodeFile } from '../scenario/file.ts';
import { presetOf } from '../scenario/presets.ts';
import type { View } from '../sim/policy/custom/contract.ts';
import fcfs from './examples/fcfs.ts';
import { BEAT_MS, MOST_LOG_LINES, TOTAL_MS } from './limits.ts';
import type { FromPolicy } from './messages.ts';
import { type PlayHost, type PolicyModule, play } from './play.ts';
import { prepare } from './prepare.ts';

const { knobs } = presetOf('tiny-paged');

/** Plays a module on the six requests, under a clock that goes on by `msPerLook` whenever it is looked at. */
function playTiny(module: PolicyModule, msPerLook: number, more: Partial<PlayHost> = {}) {
  const built = prepare({ scenario: encodeFile(knobs), thisGpu: null });
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const posted: FromPolicy[] = [];
  let nowMs = 0;
  const played = play(module, built.value, {
    nowMs: () => {
      nowMs += msPerLook;
      return nowMs;
    },
    post: (message) => posted.push(message),
    text: { script: 'policy', first: 1, count: 100 },
    ...more,
  });
  return { played, posted };
}

const moduleOf =
  (schedule: (view: View) => unknown): PolicyModule =>
  (exports) => {
    Object.assign(exports, { default: schedule });
  };

describe('playing a policy', () => {
  it('beats once a while, with the step and the share that is done, and begins and ends with a word', () => {
    const { played, posted } = playTiny(moduleOf(fcfs), 10);
    expect(played.ok && played.account.summary.finished).toBe(6);
    expect([posted[0], posted.at(-1)]).toEqual([{ kind: 'begins' }, { kind: 'sums-up' }]);
    expect(posted[1]).toEqual({ kind: 'beat', step: 0, nowUs: 0, fraction: 0 });
    const beats = posted.filter((message) => message.kind === 'beat');
    const steps = played.ok ? played.account.summary.steps : 0;
    // Some calls lead to no step, since they only preempt.
    const inTime = (steps * 10) / BEAT_MS;
    expect(beats.length).toBeGreaterThanOrEqual(Math.floor(inTime));
    expect(beats.length).toBeLessThan(inTime + 5);
    expect(beats.every((beat, at) => at === 0 || (beat.step ?? 0) > (beats[at - 1].step ?? 0))).toBe(true);
    expect(beats.map((beat) => beat.fraction).at(-1)).toBeGreaterThan(0.5);
  });

  it('announces the first call before it is made, so that one without end is not taken for a slow start', () => {
    let before: FromPolicy[] = [];
    const seen: FromPolicy[] = [];
    const once = moduleOf((view) => {
      if (view.step === 0 && before.length === 0) before = [...seen];
      return fcfs(view);
    });
    playTiny(once, 0, { post: (message) => seen.push(message) });
    expect(before).toEqual([{ kind: 'begins' }, { kind: 'beat', step: 0, nowUs: 0, fraction: 0 }]);
  });

  it('ends one whose time is used up, even if it only waits', () => {
    const calls: number[] = [];
    const waiting = moduleOf((view) => {
      calls.push(view.nowUs);
      return { wakeUs: view.nowUs + 1 };
    });
    for (const module of [waiting, moduleOf(fcfs)]) {
      const { played } = playTiny(module, 400);
      const failure = played.ok ? null : played.failure;
      expect(failure).toMatchObject({ kind: 'spent' });
      expect(failure?.kind === 'spent' && failure.afterMs).toBeGreaterThan(TOTAL_MS);
    }
    expect(calls.length).toBeLessThan(200);
  });

  it('ends one that has filled its memory', () => {
    const { played } = playTiny(moduleOf(fcfs), 10, { isHeapFull: () => true });
    expect(played.ok ? null : played.failure).toMatchObject({ kind: 'died', step: expect.any(Number) });
  });

  it('keeps the first lines that are written, each with its step', () => {
    const module: PolicyModule = (exports, _module, _require, console) => {
      const { log } = console as Console;
      log('loaded');
      const decide = (view: View) => {
        log('n', view.running.length, { a: [1] }, undefined, 5n, 'x'.repeat(1000));
        return fcfs(view);
      };
      Object.assign(exports, { default: decide });
    };
    const { posted } = playTiny(module, 1);
    const lines = posted.filter((message) => message.kind === 'log');
    expect(lines).toHaveLength(MOST_LOG_LINES);
    expect(lines[0]).toEqual({ kind: 'log', step: null, text: 'loaded' });
    expect(lines[1]).toMatchObject({
      step: 0,
      text: expect.stringMatching(/^n 0 \{"a":\[1\]\} undefined a bigint x+$/),
    });
  });

  it('takes a function, an object with schedule, and what a CommonJS module gives', () => {
    const all: readonly PolicyModule[] = [
      moduleOf(fcfs),
      (exports) =>
        Object.assign(exports, {
          default: {
            decide: fcfs,
            schedule(view: View) {
              return this.decide(view);
            },
          },
        }),
      (_exports, module) => Object.assign(module, { exports: fcfs }),
    ];
    const found = all.map((module) => playTiny(module, 1).played);
    expect(new Set(found.map((played) => (played.ok ? played.account.fingerprint : played.failure))).size).toBe(1);
    expect(found[0].ok).toBe(true);
  });

  it('says what the default export is where it is nothing of that', () => {
    const { played } = playTiny((exports) => Object.assign(exports, { default: { schedule: 3 } }), 1);
    expect(played).toEqual({ ok: false, failure: { kind: 'no-function', found: '3' } });
  });

  it('does not take for granted what is thrown', () => {
    const odd = [
      null,
      undefined,
      7,
      'text',
      {},
      {
        get stack() {
          throw new Error('no');
        },
      },
      Object.create(null),
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ];
    for (const thrown of odd) {
      const { played } = playTiny(
        moduleOf(() => {
          throw thrown;
        }),
        1,
      );
      expect(played.ok ? null : played.failure).toMatchObject({ kind: 'threw', line: null, step: 0 });
    }
  });
});

describe('preparing a job', () => {
  it('keeps the traffic whatever the engine was, and gives paged memory', () => {
    for (const preset of ['tiny-paged', 'static-against-continuous'] as const) {
      const built = prepare({ scenario: encodeFile(presetOf(preset).knobs), thisGpu: null });
      if (!built.ok) throw new Error(JSON.stringify(built.problems));
      const { config, source, knobs: around } = built.value;
      expect([config.policy, config.memory, config.asyncScheduling, around.engine]).toEqual([
        'custom',
        'paged',
        false,
        'custom',
      ]);
      expect(source.requests.count).toBeGreaterThan(0);
    }
  });

  it('says why a scenario cannot be simulated', () => {
    const scenario = encodeFile({ ...knobs, 'gpu-memory-utilization': 0.01 });
    expect(prepare({ scenario, thisGpu: null })).toMatchObject({
      ok: false,
      problems: [{ code: 'model-does-not-fit' }],
    });
  });
});
