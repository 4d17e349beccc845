/** What must hold between compared runs, whatever the numbers are: if one of these fails, something is wrong with the simulator. */

import type { ComparedRun } from './comparison.ts';
import type { Knobs } from './knobs.ts';

/** One rule and whether it held. */
export interface SanityCheck {
  readonly rule: string;
  readonly holds: boolean;
  /** The numbers it was judged by. */
  readonly found: string;
}

/** Rules for the engines of one traffic. `run` simulates what the table does not have. */
export function sanityOf(runs: readonly ComparedRun[], run: (knobs: Knobs) => ComparedRun): SanityCheck[] {
  return [...eachRun(runs), ...lessReserved(runs, run), ...betterForesight(runs, run), ...continuousBeatsStatic(runs)];
}

/** What holds for every run by itself. */
function eachRun(runs: readonly ComparedRun[]): SanityCheck[] {
  const able = runs.flatMap(({ engine, metrics }) => (metrics === null ? [] : [{ engine, ...metrics }]));
  const all = (rule: string, isGood: (run: (typeof able)[number]) => boolean): SanityCheck => {
    const bad = able.filter((run) => !isGood(run)).map((run) => run.engine);
    return { rule, holds: bad.length === 0, found: bad.length === 0 ? `${able.length} engines` : bad.join(', ') };
  };
  return [
    all('every request ends: finished, refused or given up', ({ summary: s }) => {
      return s.finished + s.rejected + s.aborted === s.requests;
    }),
    all('no share is above 1: KV use, fragmentation, GPU busy, MFU', ({ summary: s }) => {
      return [s.kvUsePeak, s.fragmentation, s.gpuUtilisation, s.mfu].every((share) => share >= 0 && share <= 1);
    }),
    all('every prompt token is computed or found in a cache', ({ summary: s, servedPromptTokens }) => {
      // Refused requests compute nothing; what was preempted is computed again.
      return s.computedTokens + s.hitTokens >= servedPromptTokens;
    }),
    all('engines that reserve whole outputs preempt nobody', ({ engine, summary: s }) => {
      return !reservesOutputs.has(engine) || s.preemptions === 0;
    }),
    all('the median is not above the 99th percentile', ({ ttft, tpot, e2e }) => {
      return [ttft, tpot, e2e].every((d) => d.count === 0 || d.p50Us <= d.p99Us);
    }),
  ];
}

/** Engines that admit a request only with room for all it may generate. */
const reservesOutputs: ReadonlySet<string> = new Set([
  'static',
  'dynamic',
  'tgi',
  'tgi-2023',
  'tensorrt-llm',
  'deepspeed',
]);

/** Less memory reserved for a request never lets fewer of them run at once: longest length, power of two, true length, pages. */
function lessReserved(runs: readonly ComparedRun[], run: (knobs: Knobs) => ComparedRun): SanityCheck[] {
  return ['orca', 'faster-transformer', 'vllm-2023', 'sarathi'].flatMap((engine) => {
    const base = runs.find((each) => each.engine === engine);
    if (base === undefined) return [];
    const memories = ['contiguous', 'contiguous-pow2', 'contiguous-oracle', 'paged'] as const;
    const peaks = memories.map((memory) => run({ ...base.knobs, memory }).metrics?.summary.runningPeak ?? 0);
    const holds = peaks.every((peak, i) => i === 0 || peak >= peaks[i - 1]);
    return [
      { rule: `${engine}: less reserved memory never runs fewer requests at once`, holds, found: peaks.join(' <= ') },
    ];
  });
}

/** With a few requests the shortest first is not always the best order: so much worse does not count. */
const SLACK = 1.02;

/** Shortest job first by latency per output token: the truth is no slower than a prediction that errs, and that than none. */
function betterForesight(runs: readonly ComparedRun[], run: (knobs: Knobs) => ComparedRun): SanityCheck[] {
  const base = runs.find((each) => each.engine === 'vllm');
  if (base === undefined) return [];
  const latency = (prediction: string) => {
    const knobs = { ...base.knobs, 'queue-order': 'shortest-job', 'length-prediction': prediction };
    return run(knobs).metrics?.summary.normalisedUs ?? 0;
  };
  const [truth, erring, learned, none] = ['oracle', 'noisy', 'learned', 'none'].map(latency);
  const inMs = (values: readonly number[]) => values.map((us) => (us / 1000).toFixed(2)).join(' <= ');
  return [
    {
      rule: 'shortest job first: the true length beats a prediction that errs, and that beats none (ms a token)',
      holds: truth <= erring * SLACK && erring <= none * SLACK,
      found: inMs([truth, erring, none]),
    },
    {
      rule: 'shortest job first: the true length beats what the run has learned (ms a token)',
      holds: truth <= learned * SLACK,
      found: inMs([truth, learned]),
    },
  ];
}

/** Who fills a seat as soon as it is free is not slower over all than who waits for the whole batch. */
function continuousBeatsStatic(runs: readonly ComparedRun[]): SanityCheck[] {
  const rate = (engine: string) => runs.find((r) => r.engine === engine)?.metrics?.summary.outputTokensPerS;
  const [fixed, continuous] = [rate('static'), rate('vllm')];
  if (fixed === undefined || continuous === undefined) return [];
  return [
    {
      rule: 'continuous batching gives no fewer tokens a second than static batches',
      holds: continuous >= fixed,
      found: `${Math.round(continuous)} >= ${Math.round(fixed)} tokens/s`,
    },
  ];
}
