/** The only place that knows what crosses the border between page and simulation worker. */

import type { Aim, Tried } from '../scenario/advice.ts';
import type { Band } from '../scenario/band.ts';
import type { SeedCapacity } from '../scenario/capacity.ts';
import type { ComparedRun } from '../scenario/comparison.ts';
import type { Fork } from '../scenario/fork.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { LayoutCase, LayoutRow } from '../scenario/layouts/layouts.ts';
import type { Trial, TrialResult } from '../scenario/learned-trials.ts';
import type { Lecture } from '../scenario/lecture-link.ts';
import type { Problem } from '../scenario/problem.ts';
import type { Result } from '../scenario/result.ts';
import type { ShareRecord } from '../sim/cluster/share.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import type { CachedPieces } from '../sim/memory/cached-pieces.ts';
import type { HashChain } from '../sim/memory/hash-chain.ts';
import type { Slo } from '../sim/metrics/summarise.ts';
import type { StepAnswer } from '../sim/why/at-step.ts';
import type { CausalChain, ChainTarget } from '../sim/why/causal-chain.ts';
import type { Choice } from '../sim/why/choice.ts';
import type { WhatIfResult } from '../sim/why/what-if.ts';
import type { Frame } from './frame.ts';
import type { RunResult } from './run.ts';

/** Which step to show. By time: the step that runs then, or the next one if nothing runs. */
export type Seek =
  | { readonly to: 'step'; readonly step: number }
  | { readonly to: 'time'; readonly us: number }
  | { readonly to: 'by'; readonly steps: number };

/** Which moment of the pinned run goes with the shown step: the same time, the same step, or where the selected request is as far in its life. */
export type CursorLink = 'time' | 'step' | 'request';

/** A step of the last run, and what goes with it of the pinned one: null where none is pinned, `later` where it is far away: `beside` brings it. */
export interface Shown {
  readonly frame: Frame;
  readonly pinned: Frame | null | 'later';
}

/** The last run, or the pinned one. */
export type Side = 'shown' | 'pinned';

/** A run by what it is made of. */
export interface RunOf {
  readonly knobs: Knobs;
  /** Set where its knobs changed at a step of another run. */
  readonly fork: Fork | null;
}

/** What an import understood. */
export interface ImportReport {
  readonly format: string;
  readonly rows: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly spanUs: number;
  /** Lines left out; the first hundred are in `problems`, with line number and reason. */
  readonly dropped: number;
  readonly problems: readonly Problem[];
}

/** A file that was read: a recorded workload, a saved scenario, or both. */
export interface ImportedFile {
  /** null if the file holds no workload. The worker keeps the workload itself. */
  readonly report: ImportReport | null;
  /** null if the file holds no scenario. */
  readonly knobs: Knobs | null;
  /** Plain data of a lecture that came with the scenario, not checked yet; undefined where there is none. */
  readonly lecture: unknown;
  readonly problems: readonly Problem[];
}

export interface Requests {
  /**
   * Simulates the whole scenario. The newest call wins; older ones reject with AbortError. `thisGpu` serves device `this-gpu`.
   * With `fork` the knobs change at a step of another scenario's run, as far as they can. With `shares` its fleet has been simulated: all of them.
   */
  run: {
    in: {
      readonly knobs: Knobs;
      readonly thisGpu: DeviceProfile | null;
      readonly fork?: Fork | null;
      readonly shares?: readonly ShareRecord[];
    };
    out: Result<RunResult>;
  };
  /** Among how many workers, `most` at most, the run of a scenario is worth sharing out; 1 = it is not. */
  shares: {
    in: { readonly knobs: Knobs; readonly thisGpu: DeviceProfile | null; readonly most: number };
    out: number;
  };
  /** Simulates a share of a scenario's replicas, the `which`-th `of` so many, from 0; the last run and its cursor stay. */
  share: {
    in: {
      readonly knobs: Knobs;
      readonly thisGpu: DeviceProfile | null;
      readonly which: number;
      readonly of: number;
    };
    out: ShareRecord;
  };
  /** Keeps the last run beside those that come, to be compared with them; or lets it go. */
  pin: { in: { readonly isPinned: boolean }; out: null };
  /** How much the figures of a scenario may be off, and its load; runs of its own, the last run and its cursor stay. */
  band: { in: { readonly knobs: Knobs; readonly thisGpu: DeviceProfile | null }; out: Result<Band> };
  /** Moves the cursor of the last run and returns the frame there, or null if there is no run. `select` is a request whose block table is wanted, or -1; steps after `lastStep` are not shown. */
  seek: {
    in: {
      readonly seek: Seek;
      readonly select: number;
      readonly windowSteps: number;
      readonly lastStep?: number;
      readonly link?: CursorLink;
    };
    out: Shown | null;
  };
  /** What goes with the last seek of the pinned run, once it has got there; null where the next seek came first. */
  beside: { in: Record<string, never>; out: Frame | null };
  /** The frame of any step of the last run; null if there is none. The cursor stays where it is. */
  look: { in: { readonly step: number; readonly windowSteps: number }; out: Frame | null };
  /** What the prefix cache holds after the shown step, or the one beside it; null where there is none, or no run. */
  cached: { in: { readonly of: Side }; out: CachedPieces | null };
  /** A request's blocks as the hashes of the prefix cache see them; null where nothing is hashed, or it neither runs nor waits. */
  hashes: { in: { readonly request: number; readonly of: Side }; out: HashChain | null };
  /** Why a request did what it did in the shown step; null where there is no step, or no such request. */
  explain: { in: { readonly request: number }; out: StepAnswer | null };
  /** Where a request's time went, microseconds by part; null for one that did not finish. */
  account: { in: { readonly request: number; readonly of: Side }; out: Float64Array | null };
  /** What if it had been decided otherwise in the shown step? Null where there is no step. */
  whatIf: { in: { readonly request: number; readonly choice: Choice }; out: WhatIfResult | null };
  /** Another setting for what it would do to what one aims at; null where it cannot run. The last run stays. */
  tryOut: {
    in: { readonly knobs: Knobs; readonly thisGpu: DeviceProfile | null; readonly aim: Aim };
    out: Tried | null;
  };
  /** From the first decision that differs between two runs to the request that changed most; null where they are the same. `from`: up to where they are known to be. */
  chain: {
    in: {
      readonly a: RunOf;
      readonly b: RunOf;
      readonly thisGpu: DeviceProfile | null;
      readonly target: ChainTarget;
      readonly from: number;
    };
    out: CausalChain | null;
  };
  /** One run of the table that compares engines; the last run and its cursor stay. */
  compare: { in: { readonly knobs: Knobs; readonly thisGpu: DeviceProfile | null }; out: ComparedRun };
  /** One row of the table that compares layouts of a number of GPUs; the last run and its cursor stay. */
  layout: {
    in: { readonly of: LayoutCase; readonly thisGpu: DeviceProfile | null; readonly slo: Slo };
    out: LayoutRow;
  };
  /** The highest rate with the scenario's own seed at which a share `attain` of the requests keeps `slo`; progress counts the runs. */
  capacity: {
    in: { readonly knobs: Knobs; readonly thisGpu: DeviceProfile | null; readonly slo: Slo; readonly attain: number };
    out: Result<SeedCapacity>;
  };
  /** One run that judges learned scheduling; the last run and its cursor stay. */
  learn: { in: { readonly trial: Trial; readonly thisGpu: DeviceProfile | null }; out: Result<TrialResult> };
  /** Reads a trace or scenario file as a stream; the worker keeps a trace as workload `trace`. */
  importFile: { in: { readonly file: Blob; readonly name: string }; out: Result<ImportedFile> };
  /** The scenario as a file, with the imported trace if it uses one, and a lecture. */
  exportFile: { in: { readonly knobs: Knobs; readonly lecture?: Lecture }; out: Uint8Array };
}

/** Progress of a long call, 0 to 1, with a count where one is known. */
export interface Progress {
  readonly fraction: number;
  readonly count: number;
}

export interface CallOptions {
  /** Buffers of the input that are given away. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Calls the worker. Aborting the signal cancels the work there too, and rejects with AbortError. */
export type Call = <K extends keyof Requests>(
  kind: K,
  input: Requests[K]['in'],
  options?: CallOptions,
) => Promise<Requests[K]['out']>;

/** What the worker does for each request. */
export type Handlers = {
  readonly [K in keyof Requests]: (
    input: Requests[K]['in'],
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ) => Promise<Requests[K]['out']>;
};
