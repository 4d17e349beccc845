import { createStore } from 'zustand/vanilla';
import type { RunOf } from '../protocol/messages.ts';
import type { RunResult } from '../protocol/run.ts';
import type { Band } from '../scenario/band.ts';
import type { Problem } from '../scenario/problem.ts';

/** The last whole run. While a newer one is simulated the old result stays, marked stale, so that the picture never goes blank. */
export interface RunState {
  readonly result: RunResult | null;
  /** How much the result's figures may be off, and its load; null until that is known. Comes some time after the result. */
  readonly band: Band | null;
  readonly status: 'empty' | 'running' | 'done' | 'failed';
  /** 0 to 1 while running. */
  readonly progress: number;
  /** Why the run could not be done, if it failed. */
  readonly problems: readonly Problem[];
}

export const runStore = createStore<RunState>()(() => ({
  result: null,
  band: null,
  status: 'empty',
  progress: 0,
  problems: [],
}));

/** What results are of; forgotten with them. */
const made = new WeakMap<RunResult, RunOf>();

export function rememberRun(result: RunResult, run: RunOf): void {
  made.set(result, run);
}

/** What a result is of, so that its run can be looked at again. */
export function runOf(result: RunResult): RunOf | undefined {
  return made.get(result);
}
