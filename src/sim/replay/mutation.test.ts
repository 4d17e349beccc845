import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle } from './mutation-testing.ts';
import { mutations } from './mutations.ts';
import { sglangMutations } from './mutations-sglang.ts';
import type { SglangSuite } from './sglang-recording.ts';
import type { ReplayReport } from './vllm-replay.ts';
import type { VllmTrace } from './vllm-trace.ts';

describe('a broken rule of vLLM is noticed', () => {
  const entry = 'replay/vllm-replay.ts';

  it('(and nothing is when none is broken)', async () => {
    const replay = await bundle<VllmReplay>(entry, null);
    for (const run of new Set(mutations.map((mutation) => mutation.run))) expect(ofVllm(replay, run)).toBe('identical');
  });

  for (const mutation of mutations) {
    it(mutation.rule, async () => {
      expect(ofVllm(await bundle<VllmReplay>(entry, mutation), mutation.run)).not.toBe('identical');
    });
  }
});

describe('a broken rule of SGLang is noticed', () => {
  const entry = 'replay/sglang.ts';

  it('(and nothing is when none is broken)', async () => {
    const replays = await bundle<SglangReplays>(entry, null);
    for (const run of new Set(sglangMutations.map((mutation) => mutation.run)))
      expect(ofSglang(replays, run)).toBe('identical');
  });

  for (const mutation of sglangMutations) {
    it(mutation.rule, async () => {
      expect(ofSglang(await bundle<SglangReplays>(entry, mutation), mutation.run)).not.toBe('identical');
    });
  }
});

interface VllmReplay {
  replayVllm(trace: VllmTrace): ReplayReport;
}

type SglangReplays = typeof import('./sglang.ts');

function ofVllm({ replayVllm }: VllmReplay, run: string): string {
  return verdict(() => replayVllm(read(`vllm/${run}`) as VllmTrace));
}

/** A run is named by suite and seed. */
function ofSglang({ sglangReplays }: SglangReplays, run: string): string {
  const [suite, seed] = run.split(' ');
  const recording = read(`sglang/${suite}`) as SglangSuite<{ readonly seed: number; readonly kind: string }>;
  const cases = recording.cases.filter((one) => one.seed === Number(seed));
  expect(cases.length, `cases of ${run}`).toBe(1);
  return verdict(() => sglangReplays[suite as keyof typeof sglangReplays]({ ...recording, cases } as never)[0]);
}

/** A rule that is broken so much that the replay throws is noticed too. */
function verdict(replay: () => ReplayReport): string {
  try {
    return replay().verdict;
  } catch (error) {
    return String(error);
  }
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/recorded/${path}.json`, import.meta.url), 'utf8'));
}
