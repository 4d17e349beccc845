/** Small frames and results written out by hand, for the tests of this and the neighbouring panels. */

import type { DecisionColumns, Frame, StageColumns, StepWindow } from '../../protocol/frame.ts';
import type { Distribution, RunResult } from '../../protocol/run.ts';
import { BIN_COUNT, binOf } from '../../sim/metrics/histogram.ts';

export interface EntrySample {
  readonly request: number;
  readonly tokens: number;
  readonly computed?: number;
  /** Bits of `EntryFlag`. */
  readonly flags?: number;
}

export interface StepSample {
  readonly us: number;
  readonly entries: readonly EntrySample[];
  readonly padding?: number;
  readonly hit?: number;
  readonly bound?: number;
  readonly preemptions?: number;
  readonly waiting?: number;
  readonly transferUs?: number;
  readonly encodingUs?: number;
}

/** A window of steps that follow each other without a pause. */
export function sampleWindow(firstStep: number, steps: readonly StepSample[]): StepWindow {
  const entries = steps.flatMap((step) => step.entries);
  const starts = steps.map((_, i) => steps.slice(0, i).reduce((sum, step) => sum + step.us, 0));
  const sum = (step: StepSample, prefill: number) =>
    step.entries.reduce((all, e) => all + (((e.flags ?? 0) & 17) === prefill ? e.tokens : 0), 0);
  const entryStart = [0];
  for (const step of steps) entryStart.push(entryStart[entryStart.length - 1] + step.entries.length);
  return {
    count: steps.length,
    firstStep,
    startUs: Float64Array.from(starts),
    endUs: Float64Array.from(steps, (step, i) => starts[i] + step.us),
    prefillTokens: Int32Array.from(steps, (step) => sum(step, 1)),
    decodeTokens: Int32Array.from(steps, (step) => sum(step, 0)),
    paddingTokens: Int32Array.from(steps, (step) => step.padding ?? 0),
    hitTokens: Int32Array.from(steps, (step) => step.hit ?? 0),
    sequences: Int32Array.from(steps, (step) => step.entries.length),
    running: Int32Array.from(steps, (step) => step.entries.length),
    waiting: Int32Array.from(steps, (step) => step.waiting ?? 0),
    usedBlocks: Int32Array.from(steps, () => 0),
    bound: Uint8Array.from(steps, (step) => step.bound ?? 0),
    preemptions: Int32Array.from(steps, (step) => step.preemptions ?? 0),
    transferUs: Float64Array.from(steps, (step) => step.transferUs ?? 0),
    encodingUs: Float64Array.from(steps, (step) => step.encodingUs ?? 0),
    stages: sampleStages(
      starts.map((us) => [us]),
      steps.map((step, i) => [starts[i] + step.us]),
    ),
    entryStart: Int32Array.from(entryStart),
    entryRequest: Int32Array.from(entries, (e) => e.request),
    entryTokens: Int32Array.from(entries, (e) => e.tokens),
    newestComputed: Int32Array.from(steps.at(-1)?.entries ?? [], (e) => e.computed ?? 0),
    entryFlags: Uint8Array.from(entries, (e) => e.flags ?? 0),
  };
}

/** When each step is in each stage, with what it takes to send its output to the next, and what it sends within a stage. */
export function sampleStages(
  starts: readonly (readonly number[])[],
  ends: readonly (readonly number[])[],
  sendUs = 0,
  communicationShare = 0,
): StageColumns {
  const count = starts[0]?.length ?? 1;
  const startUs = Float64Array.from(starts.flat());
  const endUs = Float64Array.from(ends.flat());
  return {
    count,
    startUs,
    endUs,
    communicationUs: endUs.map((us, i) => communicationShare * (us - startUs[i])),
    sendUs: startUs.map((_, i) => (i % count === count - 1 ? 0 : sendUs)),
  };
}

/** [kind, request, because, need, have, other] */
export type DecisionSample = readonly [number, number, number, number, number, number];

export function sampleDecisions(rows: readonly DecisionSample[]): DecisionColumns {
  return {
    count: rows.length,
    kind: Uint8Array.from(rows, (row) => row[0]),
    request: Int32Array.from(rows, (row) => row[1]),
    because: Uint8Array.from(rows, (row) => row[2]),
    need: Int32Array.from(rows, (row) => row[3]),
    have: Int32Array.from(rows, (row) => row[4]),
    other: Int32Array.from(rows, (row) => row[5]),
  };
}

export function sampleFrame(window: StepWindow, more: Partial<Frame> = {}): Frame {
  const none = new Int32Array(0);
  return {
    step: window.firstStep + window.count - 1,
    nowUs: window.count === 0 ? 0 : window.endUs[window.count - 1],
    isLast: false,
    window,
    operators: [],
    work: {
      count: 0,
      firstStep: 0,
      us: new Float64Array(0),
      flops: new Float64Array(0),
      bytes: new Float64Array(0),
    },
    decisions: sampleDecisions([]),
    queue: {
      count: 0,
      request: none,
      promptTokens: none,
      waitedUs: new Float64Array(0),
      preempted: new Uint8Array(0),
      generated: none,
    },
    running: {
      count: 0,
      request: none,
      promptTokens: none,
      computed: none,
      generated: none,
      prefilling: new Uint8Array(0),
      blockStart: new Int32Array(1),
      blocks: none,
      tables: false,
    },
    pool: {
      count: 0,
      blockSize: 16,
      state: new Uint8Array(0),
      owner: none,
      fill: new Uint16Array(0),
      references: new Uint8Array(0),
      turn: new Uint8Array(0),
      hits: none,
    },
    memory: { useful: 0, internal: 0, reserved: 0, external: 0, cached: 0, free: 0 },
    arrived: 0,
    finished: 0,
    rejected: 0,
    preemptions: 0,
    tokensOut: 0,
    tunedBudget: null,
    ...more,
  };
}

/** Counts of whole microseconds, with exact percentiles. */
export function sampleDistribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const bins = new Float64Array(BIN_COUNT);
  for (const value of sorted) bins[binOf(value)] += 1;
  const at = (share: number) =>
    sorted.length === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return {
    bins,
    count: sorted.length,
    meanUs: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    minUs: at(0),
    maxUs: at(1),
    p50Us: at(0.5),
    p90Us: at(0.9),
    p99Us: at(0.99),
    exact: true,
  };
}

/** [arrival, prompt tokens, output tokens, first scheduled, first token, finish, status], times in microseconds. */
export type OutcomeSample = readonly [number, number, number, number, number, number, number];

export function sampleResult(rows: readonly OutcomeSample[], more: Partial<RunResult> = {}): RunResult {
  const column = (i: number) => Float64Array.from(rows, (row) => row[i]);
  const ttft = rows.map((row) => row[4] - row[0]).filter((us) => us >= 0);
  const e2e = rows.map((row) => row[5] - row[0]).filter((us) => us >= 0);
  const tpot = rows
    .map((row) => (row[2] > 1 ? Math.round((row[5] - row[4]) / (row[2] - 1)) : Number.NaN))
    .filter((us) => us >= 0);
  return {
    branching: null,
    fleet: null,
    replica: 0,
    fingerprint: 'sample',
    facts: {
      engine: 'vllm',
      model: 'llama-3.1-8b',
      device: 'h100-sxm',
      devices: 1,
      evidence: 'estimated',
      stepErrorMedian: null,
      weightBytes: 0,
      kvBytesPerToken: 131072,
      kvPoolBytes: 0,
      blocks: 1000,
      blockSize: 16,
      tokenBudget: 2048,
      seats: 64,
      maxModelLen: 8192,
      staticBatch: 0,
    },
    roofs: {
      name: 'NVIDIA H100',
      bytesPerS: 3.35e12,
      compute: [
        { precision: 'bf16', flopsPerS: 989e12 },
        { precision: 'fp8', flopsPerS: 1978e12 },
      ],
      reached: { bytesPerS: 3e12, flopsPerS: 650e12 },
    },
    products: 'bf16',
    summary: {
      requests: rows.length,
      finished: e2e.length,
      rejected: 0,
      aborted: 0,
      steps: 500,
      durationUs: 10_000_000,
      busyUs: 7_500_000,
      promptTokens: 12_000,
      outputTokens: 3400,
      computedTokens: 15_000,
      recomputedTokens: 120,
      paddingTokens: 0,
      hitTokens: 64,
      preemptions: 2,
      outputTokensPerS: 340,
      requestsPerS: 1.25,
      gpuUtilisation: 0.75,
      mfu: 0.21,
      runningMean: 0,
      runningPeak: 0,
      kvUseMean: 0.41,
      kvUsePeak: 0.97,
      mbu: 0.4,
      hitRate: 0,
      queueingMeanUs: 8000,
      normalisedUs: 9000,
      fragmentation: 0.012,
      stepsByBound: [400, 80, 0, 20, 0],
    },
    outcomes: {
      count: rows.length,
      arrivalUs: column(0),
      promptTokens: Int32Array.from(column(1)),
      outputTokens: Int32Array.from(column(2)),
      firstScheduledUs: column(3),
      firstTokenUs: column(4),
      finishUs: column(5),
      preemptions: new Int32Array(rows.length),
      status: Uint8Array.from(column(6)),
      klass: new Uint8Array(rows.length),
      user: new Int32Array(rows.length),
    },
    distributions: {
      ttft: sampleDistribution(ttft),
      itl: sampleDistribution([]),
      tpot: sampleDistribution(tpot),
      e2e: sampleDistribution(e2e),
    },
    series: {
      count: 0,
      binUs: 1,
      firstStep: new Float64Array(0),
      busyUs: new Float64Array(0),
      prefillTokens: new Float64Array(0),
      decodeTokens: new Float64Array(0),
      paddingTokens: new Float64Array(0),
      waitingUs: new Float64Array(0),
      runningUs: new Float64Array(0),
      usedBlocksUs: new Float64Array(0),
      wastedTokensUs: new Float64Array(0),
      reservedTokensUs: new Float64Array(0),
      externalBlocksUs: new Float64Array(0),
      cachedBlocksUs: new Float64Array(0),
      preemptions: new Float64Array(0),
      prefillUs: new Float64Array(0),
      mixedUs: new Float64Array(0),
    },
    stages: { busyUs: Float64Array.of(7_500_000), bubbleShare: 0, communicationUs: 0 },
    stageSeries: { busyUs: new Float64Array(0), prefillUs: new Float64Array(0), mixedUs: new Float64Array(0) },
    events: {
      count: 0,
      step: new Float64Array(0),
      timeUs: new Float64Array(0),
      kind: new Uint8Array(0),
      request: new Int32Array(0),
      dropped: 0,
    },
    classes: ['all'],
    wallMs: 1,
    ...more,
  };
}
