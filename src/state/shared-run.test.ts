import { describe, expect, it } from 'vitest';
import type { Call, CallOptions } from '../protocol/messages.ts';
import { presetOf } from '../scenario/presets.ts';
import { WorkerGone } from './pool.ts';
import { sharedRun } from './shared-run.ts';

interface Asked {
  readonly of: 'shown' | 'beside';
  readonly kind: string;
  readonly input: { readonly which?: number; readonly shares?: readonly unknown[] };
  readonly options: CallOptions;
  answer(output: unknown): void;
  fail(error: Error): void;
}

const input = { knobs: presetOf('four-replicas').knobs, thisGpu: null, fork: null };
const settle = () => new Promise((resolve) => setTimeout(resolve));
const shareOf = (which: number) => ({ lives: [], fewest: Float64Array.of(which) });

/** A shared run of workers that answer when told to. */
async function started(shares: number, options: CallOptions = {}) {
  const asked: Asked[] = [];
  const worker = (of: Asked['of']) =>
    ((kind: string, given: Asked['input'], with_: CallOptions = {}) =>
      new Promise((answer, fail) => {
        with_.signal?.addEventListener('abort', () => fail(new Error('cancelled')));
        asked.push({ of, kind, input: given, options: with_, answer, fail });
      })) as unknown as Call;
  const run = sharedRun({ call: worker('shown'), callBeside: worker('beside'), workersBeside: 2 }, input, options);
  await settle();
  expect(asked.map(({ kind, input: { ...rest } }) => [kind, rest])).toMatchObject([['shares', { most: 3 }]]);
  asked.shift()?.answer(shares);
  await settle();
  return { asked, run };
}

describe('a run that may be shared out', () => {
  it('is made by the shown worker alone where that is not worth it', async () => {
    const { asked, run } = await started(1);
    expect(asked.map(({ of, kind, input: given }) => [of, kind, given])).toEqual([['shown', 'run', input]]);
    asked[0].answer('result');
    expect(await run).toBe('result');
  });

  it('has a share in every worker, and is put together when the last one is there; its columns are given away', async () => {
    const fractions: number[] = [];
    const { asked, run } = await started(3, { onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(asked.map(({ of, kind, input: { which } }) => [of, kind, which])).toEqual([
      ['shown', 'share', 0],
      ['beside', 'share', 1],
      ['beside', 'share', 2],
    ]);
    asked[1].options.onProgress?.({ fraction: 0.6, count: 0 });
    asked[0].options.onProgress?.({ fraction: 0.3, count: 0 });
    expect(fractions.map((fraction) => Math.round(fraction * 100))).toEqual([20, 30]);
    const shares = [0, 1, 2].map(shareOf);
    asked[2].answer(shares[2]);
    asked[0].answer(shares[0]);
    await settle();
    expect(asked).toHaveLength(3);
    asked[1].answer(shares[1]);
    await settle();
    const [last] = asked.slice(3);
    expect([last.of, last.kind, last.input]).toEqual(['shown', 'run', { ...input, shares }]);
    expect(last.options.transfer).toEqual(shares.map(({ fewest }) => fewest.buffer));
    last.answer('result');
    expect(await run).toBe('result');
  });

  it('is made by one worker where another is gone; the other shares are given up', async () => {
    const { asked, run } = await started(3);
    asked[1].fail(new WorkerGone('out of memory'));
    await settle();
    expect(asked.slice(0, 3).map(({ options }) => options.signal?.aborted)).toEqual([true, true, true]);
    const [last] = asked.slice(3);
    expect([last.of, last.kind, last.input]).toEqual(['shown', 'run', input]);
    last.answer('result');
    expect(await run).toBe('result');
  });

  it('is told what went wrong where a share fails in a worker that is there; the other shares are given up', async () => {
    const { asked, run } = await started(3);
    asked[2].fail(new Error('a block was freed twice'));
    await expect(run).rejects.toThrow('a block was freed twice');
    expect(asked.map(({ kind, options }) => [kind, options.signal?.aborted])).toEqual(
      [0, 1, 2].map(() => ['share', true]),
    );
  });

  it('is given up with all its shares', async () => {
    const controller = new AbortController();
    const { asked, run } = await started(3, { signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toThrow('cancelled');
    expect(asked.map(({ kind, options }) => [kind, options.signal?.aborted])).toEqual(
      [0, 1, 2].map(() => ['share', true]),
    );
  });
});
