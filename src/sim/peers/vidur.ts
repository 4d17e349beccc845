/** Vidur (microsoft/vidur) and this simulation on the same requests, with the same policy and the same cost model. */

import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { sortedQuantile } from '../metrics/histogram.ts';
import { RequestTable } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { createVidurCost, type VidurTimes } from './vidur-cost.ts';

export const vidurStatistics = ['mean', 'p50', 'p90', 'p99'] as const;
type Statistics = Readonly<Record<(typeof vidurStatistics)[number], number>>;

/** What a run amounts to, in seconds. */
export interface VidurResult {
  readonly iterations: number;
  readonly ttft_s: Statistics;
  readonly e2e_s: Statistics;
}

export type VidurPolicy = 'vllm' | 'sarathi';

/** The engine that Vidur simulated: 7,424 blocks of 16 tokens, 1 % of them kept free at admission, 128 seats. */
function vidurConfig(policy: VidurPolicy): EngineConfig {
  const tokens = policy === 'vllm' ? 4096 : 512;
  return {
    // The null block is ours; it is never handed out.
    ...defaultEngineConfig(7424 + 1),
    policy: policy === 'vllm' ? 'vllm-2023' : 'sarathi',
    batchesInFlight: 1,
    asyncScheduling: false,
    maxNumSeqs: 128,
    maxNumBatchedTokens: tokens,
    maxNumScheduledTokens: tokens,
    maxModelLen: 4096,
    enablePrefixCaching: false,
    watermark: 0.01,
    paddedPrefillBudget: true,
  };
}

/**
 * Simulates the requests of a file with columns `u,p,d` (arrival = u / rate seconds, prompt and output tokens).
 * @param ratePerS requests a second
 */
export function runLikeVidur(csv: string, times: VidurTimes, policy: VidurPolicy, ratePerS: number): VidurResult {
  const requests = new RequestTable(2048);
  for (const line of csv.trim().split('\n').slice(1)) {
    const [u, promptTokens, outputTokens] = line.split(',').map(Number);
    requests.push({ arrivalUs: Math.round((u / ratePerS) * 1e6), promptTokens, outputTokens });
  }
  const source = {
    requests,
    classes: ['request'],
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
  const simulation = new Simulation(vidurConfig(policy), source, createVidurCost(times));
  while (simulation.next()) {
    // To the end.
  }
  const { firstTokenUs, finishUs } = simulation.engine.sequences;
  const since = (stamps: Float64Array) => requests.arrivalUs.slice(0, requests.count).map((us, r) => stamps[r] - us);
  return {
    iterations: simulation.steps,
    ttft_s: statisticsOf(since(firstTokenUs)),
    e2e_s: statisticsOf(since(finishUs)),
  };
}

function statisticsOf(us: Float64Array): Statistics {
  const sorted = us.sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return {
    mean: mean / 1e6,
    p50: sortedQuantile(sorted, 0.5) / 1e6,
    p90: sortedQuantile(sorted, 0.9) / 1e6,
    p99: sortedQuantile(sorted, 0.99) / 1e6,
  };
}

/** Reads the times of Llama-2-7B out of a cost file: tables and formulas under the names that the file gives them. */
export function readVidurTimes(json: string): VidurTimes {
  const file = JSON.parse(json) as CostFile;
  const [attention] = Object.values(file.attention);
  return {
    layers: file.rules.num_layers['Llama-2-7b'],
    tokensMs: file.non_attention_ms_per_layer['Llama-2-7b'],
    decode: [attention.decode.c0_ms, attention.decode.c1_ms_per_seq, attention.decode.c2_ms_per_seq_tok],
    prefill: attention.prefill.c,
  };
}

interface CostFile {
  readonly non_attention_ms_per_layer: { readonly 'Llama-2-7b': readonly number[] };
  readonly attention: Readonly<
    Record<
      string,
      {
        readonly decode: {
          readonly c0_ms: number;
          readonly c1_ms_per_seq: number;
          readonly c2_ms_per_seq_tok: number;
        };
        readonly prefill: { readonly c: VidurTimes['prefill'] };
      }
    >
  >;
  readonly rules: { readonly num_layers: { readonly 'Llama-2-7b': number } };
}
