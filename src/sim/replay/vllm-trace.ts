import type { SpeculationMethod } from '../phase/speculation.ts';

/** Format 1 of a recorded vLLM scheduler run: arrivals and decisions by step number, without a clock. */

export interface VllmTrace {
  readonly engine: 'vllm';
  readonly format: 1;
  readonly name: string;
  readonly tier: string;
  readonly scenario: {
    readonly config: VllmTraceConfig;
    readonly loop: { readonly mode: 'sync' | 'batch_queue'; readonly queue_size: number };
    readonly events: readonly VllmTraceEvent[];
    readonly requests: readonly VllmTraceRequest[];
  };
  readonly steps: readonly VllmTraceStep[];
  readonly snaps: readonly VllmTraceSnapshot[];
}

export interface VllmTraceConfig {
  readonly max_num_seqs: number;
  readonly max_num_batched_tokens: number;
  readonly max_num_scheduled_tokens: number | null;
  readonly max_model_len: number;
  readonly enable_chunked_prefill: boolean;
  readonly long_prefill_token_threshold: number;
  readonly policy: 'fcfs' | 'priority';
  readonly block_size: number;
  readonly num_blocks: number;
  readonly enable_prefix_caching: boolean;
  readonly scheduler_reserve_full_isl: boolean;
  readonly watermark: number;
  readonly async_scheduling: boolean;
  readonly pipeline_parallel_size: number;
  readonly prefill_schedule_interval: number;
  readonly sliding_window: number | null;
  readonly use_v2_model_runner: boolean;
  readonly kv_connector: { readonly role: 'consumer' | 'producer'; readonly xfer_steps: number } | null;
  readonly spec: VllmTraceSpeculation | null;
  readonly mm?: {
    readonly disable_chunked_mm_input: boolean;
    readonly encoder_compute_budget: number;
    readonly encoder_cache_size: number;
  } | null;
}

export interface VllmTraceSpeculation {
  readonly method: SpeculationMethod;
  readonly num_speculative_tokens: number;
  readonly parallel_drafting?: boolean;
  /** Accepted drafts, and drafts offered: entry `(id * 7 + k) % length` for a request with k output tokens. */
  readonly accept_pattern: readonly number[];
  readonly draft_pattern: readonly number[];
}

export interface VllmTraceRequest {
  readonly id: number;
  readonly at: number;
  /** Pieces `[stream, offset, length]`. */
  readonly prompt: readonly (readonly [number, number, number])[];
  readonly max_tokens: number;
  /** Stream of the generated tokens. */
  readonly out: number;
  /** The m-th output token (from 1) is the end token. */
  readonly eos_after?: number;
  readonly prio?: number;
  readonly salt?: number | string;
  /** Images `[offset, length, hash]`. */
  readonly mm?: readonly (readonly [number, number, string])[];
  /** 1 = the prompt's KV exists elsewhere. */
  readonly remote?: number;
  /** Steps that its transfer takes. */
  readonly xfer?: number;
}

export interface VllmTraceEvent {
  readonly t: number;
  readonly phase: 'pre' | 'mid';
  readonly type: 'abort' | 'reset_prefix_cache';
  readonly id?: number;
  readonly preempt?: boolean;
}

/** An entry of a batch: a bare id for a plain decode, else `[id, kind, tokens, computed before, blocks, drafts, samples]`. */
export type VllmTraceEntry = number | readonly [number, 'N' | 'P' | 'R', number, number, string, number, number];

/** One step; a field that is empty or unchanged is left out. */
export interface VllmTraceStep {
  readonly t: number;
  readonly S?: readonly VllmTraceEntry[];
  readonly n?: number;
  readonly U?: number;
  readonly O?: readonly unknown[];
  readonly fin?: readonly (readonly [number, string])[];
  readonly abt?: readonly number[];
  readonly rst?: number;
  readonly pre?: readonly number[];
  readonly W?: readonly number[];
  readonly K?: readonly number[];
  readonly R?: readonly number[];
  readonly f?: readonly number[];
  readonly q?: readonly number[];
  readonly nh?: number;
  readonly ref?: readonly (readonly [number, number])[];
  readonly E?: readonly (readonly [number, readonly number[]])[];
  readonly ef?: readonly string[];
  readonly ec?: readonly number[];
  readonly ld?: readonly number[];
  readonly rv?: readonly number[];
  readonly sd?: readonly number[];
}

/** Full state at the end of a step. */
export interface VllmTraceSnapshot {
  readonly t: number;
  readonly fq: string;
  readonly bt: Readonly<Record<string, string>>;
  readonly nc: Readonly<Record<string, number>>;
  readonly ref: string;
}

/** Block lists as text: runs up or down, `5-7,3-2,9` = 5 6 7 3 2 9. A run is as long as it can be. */
export function writeBlocks(blocks: ArrayLike<number>): string {
  const parts: string[] = [];
  for (let i = 0; i < blocks.length; ) {
    let end = i;
    const direction = blocks[i + 1] - blocks[i];
    if (direction === 1 || direction === -1) {
      while (end + 1 < blocks.length && blocks[end + 1] - blocks[end] === direction) end++;
    }
    parts.push(end > i ? `${blocks[i]}-${blocks[end]}` : `${blocks[i]}`);
    i = end + 1;
  }
  return parts.join(',');
}

const methods: Readonly<Record<SpeculationMethod, true>> = {
  ngram: true,
  suffix: true,
  medusa: true,
  eagle: true,
  eagle3: true,
  mtp: true,
  draft_model: true,
  dflash: true,
  dspark: true,
};

/** Features of a recorded run that are not modelled, in the words of the recording; empty if all are. */
export function unsupported(trace: VllmTrace): string[] {
  const { config, events } = trace.scenario;
  const features: [boolean, string][] = [
    [config.spec !== null && !Object.hasOwn(methods, config.spec.method), `speculation by ${config.spec?.method}`],
    [events.some((e) => e.type !== 'abort' && e.type !== 'reset_prefix_cache'), 'unknown event type'],
  ];
  return features.filter(([isUsed]) => isUsed).map(([, name]) => name);
}
