import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SILENCE_MS } from '../sandbox/limits.ts';
import type { Job } from '../sandbox/messages.ts';
import type { ComparedRun } from '../scenario/comparison.ts';
import { type FromFrame, type OpenFrame, type PolicyRunOptions, runPolicy } from './policy-client.ts';

const policy = { ok: true, code: 'exports.default = f;', lines: 3 } as const;
const scenario = { scenario: new Uint8Array(), thisGpu: null };
const run = { engine: 'custom' } as ComparedRun;

/** What the n-th frame says: `say` sends, at once or after so many milliseconds. */
type Plot = (say: (message: FromFrame, afterMs?: number) => void, job: Job) => void;

function stage(...plots: readonly Plot[]) {
  const scripts: string[] = [];
  const jobs: Job[] = [];
  let open = 0;
  const openFrame: OpenFrame = (script, job) => {
    const plot = plots[scripts.length];
    scripts.push(script);
    jobs.push(job);
    open++;
    const port: { onmessage: ((event: MessageEvent) => void) | null } = { onmessage: null };
    const say = (data: FromFrame, afterMs = 0) =>
      setTimeout(() => port.onmessage?.({ data } as MessageEvent<FromFrame>), afterMs);
    plot?.(say, job);
    return { port, close: () => open-- };
  };
  const start = async (options: PolicyRunOptions = {}) => {
    const outcome = runPolicy(policy, scenario, { openFrame, script: 'ours();', ...options });
    await vi.advanceTimersByTimeAsync(200_000);
    return outcome;
  };
  return { start, scripts, jobs, open: () => open };
}

/** A frame that lives on, beside a worker that does not. */
const living: Plot = (say) => {
  for (let ms = 200; ms < 60_000; ms += 200) say({ kind: 'alive' }, ms);
};

const beat = (step: number, fraction = 0.5): FromFrame => ({ kind: 'beat', step, nowUs: step * 1000, fraction });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('running a policy', () => {
  it('passes on progress, lines and the result, and throws the frame away', async () => {
    const { start, open } = stage((say) => {
      say({ kind: 'alive' });
      say({ kind: 'begins' });
      say(beat(3, 0.25), 50);
      say({ kind: 'log', step: 4, text: 'hi' }, 60);
      say({ kind: 'sums-up' }, 100);
      // Summing up a long run may take longer than a policy may be silent.
      say({ kind: 'done', run }, 5000);
    });
    const seen: unknown[] = [];
    const outcome = await start({
      onProgress: (moment, fraction) => seen.push([moment.step, fraction]),
      onLog: (step, text) => seen.push([step, text]),
    });
    expect(outcome).toEqual({ ok: true, run });
    expect(seen).toEqual([
      [3, 0.25],
      [4, 'hi'],
    ]);
    expect(open()).toBe(0);
  });

  it('puts the policy behind our own script, and knows its lines', async () => {
    const { start, scripts, jobs } = stage((say) => say({ kind: 'done', run }));
    await start();
    const lines = scripts[0].split('\n');
    expect(lines.slice(0, 3)).toEqual(['(() => {', 'ours();', '})();']);
    expect(lines[jobs[0].text.first - 1]).toBe(policy.code);
    expect(jobs[0]).toMatchObject({ tellFrom: null, text: { script: 'blob:', count: 3 } });
  });

  it('runs a silent one again, to name the step', async () => {
    const silentAfter =
      (step: number): Plot =>
      (say, job) => {
        living(say, job);
        say({ kind: 'begins' });
        say(beat(step), 30);
      };
    const { start, jobs, open } = stage(silentAfter(40), silentAfter(47));
    const progress: number[] = [];
    const outcome = await start({ onProgress: ({ step }) => progress.push(step ?? -1) });
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'silent', step: 47, nowUs: 47_000 } });
    expect(!outcome.ok && outcome.failure.kind === 'silent' && outcome.failure.afterMs).toBeGreaterThanOrEqual(
      SILENCE_MS,
    );
    expect(jobs.map((job) => job.tellFrom)).toEqual([null, 40]);
    // The second run is for the step only.
    expect([progress, open()]).toEqual([[40], 0]);
  });

  it('keeps the first step that it knows where the second run was held up before it', async () => {
    const silentAfter =
      (...steps: readonly number[]): Plot =>
      (say, job) => {
        living(say, job);
        say({ kind: 'begins' });
        for (const step of steps) say(beat(step), 30);
      };
    for (const held of [[], [12]]) {
      const { start } = stage(silentAfter(40), silentAfter(...held));
      expect(await start()).toMatchObject({ ok: false, failure: { kind: 'silent', step: 40 } });
    }
  });

  it('believes the second run where the first was only held up', async () => {
    const { start } = stage(
      (say, job) => {
        living(say, job);
        say({ kind: 'begins' });
        say(beat(1), 10);
      },
      (say) => {
        say({ kind: 'begins' });
        say({ kind: 'done', run }, 20);
      },
    );
    expect(await start()).toEqual({ ok: true, run });
  });

  it('does not run again what is silent before its first step', async () => {
    const { start, jobs } = stage((say, job) => {
      living(say, job);
      say({ kind: 'begins' });
    });
    expect(await start()).toMatchObject({ failure: { kind: 'silent', step: null } });
    expect(jobs).toHaveLength(1);
  });

  it('tells a dead frame from a silent worker', async () => {
    const { start, jobs } = stage((say) => {
      say({ kind: 'alive' });
      say({ kind: 'begins' });
      say(beat(9), 100);
    });
    expect(await start()).toMatchObject({ failure: { kind: 'died', step: 9 } });
    expect(jobs).toHaveLength(1);
  });

  it('takes a late sign of life of the frame for what it is', async () => {
    const { start } = stage((say) => {
      say({ kind: 'begins' });
      say(beat(9), 100);
      say({ kind: 'alive' }, 1700);
    });
    expect(await start()).toMatchObject({ failure: { kind: 'silent', step: 9 } });
  });

  it.each<[string, FromFrame, object]>([
    [
      'a text that the browser does not take',
      { kind: 'broke', message: 'Uncaught SyntaxError: Identifier a', line: 6, column: 7 },
      { kind: 'syntax', message: 'Identifier a', line: 2, column: 7 },
    ],
    [
      'an error of ours',
      { kind: 'broke', message: 'Uncaught Error: ours', line: 2, column: 1 },
      { kind: 'cannot-start', detail: 'Uncaught Error: ours' },
    ],
    [
      'a failure',
      { kind: 'failed', failure: { kind: 'no-function', found: '3' } },
      { kind: 'no-function', found: '3' },
    ],
  ])('reports %s', async (_, message, failure) => {
    const { start } = stage((say) => say(message));
    expect(await start()).toEqual({ ok: false, failure });
  });

  it('gives up a frame that does not start', async () => {
    expect(await stage(() => {}).start()).toMatchObject({ failure: { kind: 'cannot-start' } });
  });

  it('can be cancelled before and while it runs', async () => {
    expect(await stage().start({ signal: AbortSignal.abort() })).toEqual({ ok: false, failure: { kind: 'cancelled' } });
    const controller = new AbortController();
    const { start, open } = stage((say) => {
      say({ kind: 'begins' });
      setTimeout(() => controller.abort(), 300);
    });
    expect(await start({ signal: controller.signal })).toEqual({ ok: false, failure: { kind: 'cancelled' } });
    expect(open()).toBe(0);
  });
});

describe('the frame of a policy', () => {
  const html = readFileSync('public/policy-frame.html', 'utf8');

  it('admits its own script by what it says, and nothing else', () => {
    const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(html).toContain(`content="default-src 'none'; script-src 'sha256-${hash}'; worker-src blob:"`);
  });
});
