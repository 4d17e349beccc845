/** The figures of the first minute: how long everybody stands still for the longest prompt, and how long that prompt waits. */

import type { RunResult } from '../../protocol/run.ts';

export interface GuideFigures {
  /** Tokens of the longest prompt. */
  readonly promptTokens: number;
  /** Longest time between two tokens of one answer, microseconds. */
  readonly pauseUs: number;
  /** From the arrival of the longest prompt to its first token, microseconds. */
  readonly firstTokenUs: number;
}

export function guideFigures({ outcomes, distributions }: Pick<RunResult, 'outcomes' | 'distributions'>): GuideFigures {
  let longest = 0;
  for (let i = 1; i < outcomes.count; i++) {
    if (outcomes.promptTokens[i] > outcomes.promptTokens[longest]) longest = i;
  }
  return {
    promptTokens: outcomes.promptTokens[longest],
    pauseUs: distributions.itl.maxUs,
    firstTokenUs: outcomes.firstTokenUs[longest] - outcomes.arrivalUs[longest],
  };
}
