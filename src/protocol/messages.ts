/** The only place that knows what crosses the border between page and simulation worker. */

import type { Knobs } from '../scenario/knobs.ts';
import type { Problem } from '../scenario/problem.ts';
import type { Frame } from './frame.ts';
import type { RunResult } from './run.ts';

/** Which step to show. `event` jumps to the next (+1) or previous (-1) interesting one. */
export type Seek =
  | { readonly to: 'step'; readonly step: number }
  | { readonly to: 'time'; readonly us: number }
  | { readonly to: 'by'; readonly steps: number };

/** What an import understood. */
export interface ImportReport {
  readonly format: string;
  readonly rows: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly spanUs: number;
  /** Lines left out, the first hundred with line number and reason. */
  readonly dropped: number;
  readonly problems: readonly Problem[];
}

/** A run or an import that could not be done, in the words of a `Problem`. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface Requests {
  /** Simulates the whole scenario. The newest call wins; older ones are rejected with AbortError. */
  run: { in: { readonly knobs: Knobs }; out: Result<RunResult> };
  /** Moves the cursor of the last run and returns the frame there. `select` is a request whose block table is wanted, or -1. */
  seek: { in: { readonly seek: Seek; readonly select: number; readonly windowSteps: number }; out: Frame };
  /** Reads a trace file as a stream; the worker keeps it as workload `trace`. */
  importTrace: { in: { readonly file: Blob; readonly name: string }; out: Result<ImportReport> };
  /** The kept trace as a compressed scenario file, for saving. */
  exportTrace: { in: Record<string, never>; out: Result<Uint8Array> };
}

/** Progress of a long call, 0 to 1, with a count where one is known. */
export interface Progress {
  readonly fraction: number;
  readonly count: number;
}

/** Calls the worker. Aborting the signal cancels the work there too. */
export type Call = <K extends keyof Requests>(
  kind: K,
  input: Requests[K]['in'],
  options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: Progress) => void },
) => Promise<Requests[K]['out']>;
