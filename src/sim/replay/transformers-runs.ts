import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { type ModelSpec, models } from '../gpu/model.ts';
import type { UnfusedLayers } from '../gpu/unfused-layers.ts';
import type { TransformersSettings } from '../policy/transformers.ts';

/** Recorded runs of transformers' continuous batching on a GPU: `llm-sim-engine-runs/1`. */
export interface EngineRuns {
  readonly schema: typeof engineRunsSchema;
  readonly device: { readonly name: string };
  readonly cases: Readonly<Record<string, EngineRun>>;
}

export const engineRunsSchema = 'llm-sim-engine-runs/1';

export interface EngineRun {
  readonly note: string;
  readonly engine: EngineRunSettings;
  /** In order of arrival: id, prompt, output, arrival, first token, end (seconds), tokens made. */
  readonly requests: readonly RecordedRequest[];
  readonly iterations: readonly RecordedIteration[];
}

export interface EngineRunSettings {
  readonly block_size: number;
  readonly num_blocks: number;
  readonly max_batch_tokens: number;
  readonly max_requests_per_batch: number;
  readonly max_blocks_per_request: number;
  readonly use_async_batching: boolean;
  /** Of steps with prompts, and of decode steps. */
  readonly use_cuda_graph: readonly [boolean, boolean];
  readonly q_padding_interval_size: number;
  readonly kv_padding_interval_size: number;
  readonly scheduler_type: 'fifo' | 'prefill_first';
}

export type RecordedRequest = readonly [
  id: number,
  prompt: number,
  output: number,
  arrivalS: number,
  firstS: number,
  finishS: number,
  made: number,
];

/** Prefills: new tokens, tokens cached before, request. `isGraph`: 1 = a decode step in a graph, 0 = a mixed one. */
export type RecordedIteration = readonly [
  startS: number,
  prepareUs: number,
  forwardUs: number,
  updateUs: number,
  decodes: number,
  decodeContextSum: number,
  prefills: readonly (readonly [fresh: number, cached: number, request: number])[],
  paddedQueries: number,
  paddedKv: number,
  isDecodePath: number,
  waiting: number,
  freeBlocks: number,
];

/** What the policy is told of a run's settings. */
export function settingsOf(engine: EngineRunSettings): TransformersSettings {
  const [mixed, decode] = engine.use_cuda_graph;
  return {
    scheduler: engine.scheduler_type,
    safetyMargin: engine.scheduler_type === 'fifo' ? 0.15 : 0,
    maxBlocksPerRequest: engine.max_blocks_per_request,
    padsInputs: mixed || decode,
    qPadding: engine.q_padding_interval_size,
  };
}

/** The configuration of a run; nobody reads a model's longest sequence. */
export function configOf(engine: EngineRunSettings): EngineConfig {
  return {
    ...defaultEngineConfig(engine.num_blocks + 1),
    policy: 'transformers',
    settings: settingsOf(engine),
    batchesInFlight: engine.use_async_batching ? 2 : 1,
    asyncScheduling: engine.use_async_batching,
    maxNumSeqs: engine.max_requests_per_batch,
    maxNumBatchedTokens: engine.max_batch_tokens,
    maxNumScheduledTokens: engine.max_batch_tokens,
    maxModelLen: engine.num_blocks * engine.block_size,
    blockSize: engine.block_size,
    enablePrefixCaching: false,
  };
}

/** How the engine of a run runs its model. */
export function unfusedOf({ engine, requests }: Pick<EngineRun, 'engine' | 'requests'>): UnfusedLayers {
  const [capturesMixed, capturesDecode] = engine.use_cuda_graph;
  return {
    capturesMixed,
    capturesDecode,
    kvPadding: engine.kv_padding_interval_size,
    decodePathTokens: engine.max_blocks_per_request * engine.block_size,
    kvTokens: engine.num_blocks * engine.block_size,
    overlapsHost: engine.use_async_batching,
    besideClient: !areTogether(requests),
  };
}

/**
 * Requests that one thread submits without a pause reach the engine's thread together: it gets the interpreter's lock when
 * the other one has nothing more to do, or after its switch interval of 5 ms. Runs that begin with all requests took up to 4 ms.
 */
const TOGETHER_S = 0.01;

export function areTogether(requests: readonly RecordedRequest[]): boolean {
  return (requests.at(-1)?.[3] ?? 0) - (requests[0]?.[3] ?? 0) < TOGETHER_S;
}

/** The shape that a run's name tells: `small_` is Qwen2.5-1.5B without biases, all others Llama-3-8B. */
export function modelOfRun(name: string): ModelSpec {
  return name.startsWith('small_') ? { ...models['qwen2.5-1.5b'], attentionBias: false } : models['llama-3-8b'];
}

/**
 * How requests get to the engine. `open`: each when it arrives. `barrier`: `size` at a time, the next ones when all of the
 * batch have ended, and all run to the longest output of their batch; by the engine, or by `model.generate` with padded prompts.
 */
export type Submission =
  | { readonly kind: 'open' }
  | { readonly kind: 'barrier'; readonly size: number; readonly by: 'engine' | 'generate' };

/** As a run's name says: `static_engine_bs8`, `static_generate_bs32`, all others open. */
export function submissionOf(name: string): Submission {
  const match = /static_(engine|generate)_bs(\d+)/.exec(name);
  if (match === null) return { kind: 'open' };
  return { kind: 'barrier', size: Number(match[2]), by: match[1] === 'engine' ? 'engine' : 'generate' };
}

/** Output tokens of the request that asks for most. */
export function longestOutput(requests: readonly RecordedRequest[]): number {
  return Math.max(...requests.map(([, , output]) => output));
}
