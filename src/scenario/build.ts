/** Scenario -> everything a simulation needs. All defaults and effective limits are resolved here, as vLLM does when it starts. */

import { type EngineConfig, plainEngine } from '../sim/engine-config.ts';
import type { CostModel } from '../sim/gpu/cost.ts';
import { type DeviceProfile, devices } from '../sim/gpu/device.ts';
import { kvCapacity } from '../sim/gpu/kv-capacity.ts';
import { kvBytesPerToken, type ModelSpec, models } from '../sim/gpu/model.ts';
import { createCost } from '../sim/gpu/operator-cost.ts';
import type { Source } from '../sim/source.ts';
import type { Trace } from '../workload/trace.ts';
import type { Facts } from './facts.ts';
import type { Knobs } from './knobs.ts';
import type { Problem } from './problem.ts';
import { isRead, knobEntry, thisGpu } from './registry.ts';
import type { Result } from './result.ts';
import { createSource } from './workload.ts';

/** What does not fit into knobs. */
export interface Materials {
  /** The imported file of workload `trace`. */
  readonly trace?: Trace;
  /** The visitor's own GPU as calibrated, for device `this-gpu`. */
  readonly thisGpu?: DeviceProfile;
}

export interface Built {
  readonly config: EngineConfig;
  readonly source: Source;
  readonly cost: CostModel;
  readonly facts: Facts;
  readonly model: ModelSpec;
  readonly device: DeviceProfile;
}

/** Builds a scenario, or says why it cannot run. The knobs are allowed values (`value.ts`); what is checked here is how they go together. */
export function build(knobs: Knobs, materials: Materials = {}): Result<Built> {
  const model = find(models, knobs.model);
  const device = knobs.device === thisGpu ? materials.thisGpu : find(devices, knobs.device);
  if (model === undefined) return failed('invalid-value', 'model', knobs.model, Object.keys(models).join('|'));
  if (device === undefined) {
    return knobs.device === thisGpu
      ? failed('gpu-not-measured', 'device', thisGpu)
      : failed('invalid-value', 'device', knobs.device, Object.keys(devices).join('|'));
  }

  const limits = effectiveLimits(knobs, model, device);
  if (!limits.ok) return limits;
  const source = createSource(knobs, limits.value.maxModelLen, materials.trace);
  if (!source.ok) return source;

  const host = hostMemory(knobs, model, device);
  if (!host.ok) return host;
  const config = engineConfig(knobs, limits.value, host.value);
  const { tokenBudget, seats } = limits.value;
  return {
    ok: true,
    value: {
      config,
      source: source.value,
      cost: createCost(model, device, { maxTokens: tokenBudget, maxSequences: seats }),
      facts: factsOf(knobs, model, device, limits.value, config),
      model,
      device,
    },
  };
}

interface Limits {
  readonly tokenBudget: number;
  readonly seats: number;
  readonly maxModelLen: number;
  /** The null block included. */
  readonly numBlocks: number;
  readonly weightBytes: number;
}

/** The limits as vLLM resolves them (`EngineArgs.create_engine_config`, `get_kv_cache_config`). */
function effectiveLimits(knobs: Knobs, model: ModelSpec, device: DeviceProfile): Result<Limits> {
  const wantedLen = knobs['max-model-len'];
  if (wantedLen > model.maxPosition)
    return failed('out-of-range', 'max-model-len', String(wantedLen), `1..${model.maxPosition} (${model.name})`);
  const declaredLen = wantedLen > 0 ? wantedLen : model.maxPosition;

  // Without chunking a prompt of the longest length must fit into one step.
  const wanted = knobs['max-num-batched-tokens'];
  const raised =
    knobs['enable-chunked-prefill'] && knobs.engine !== 'vllm-2023' ? wanted : Math.max(wanted, declaredLen);
  const seats = Math.min(knobs['max-num-seqs'], raised);

  const blockSize = knobs['block-size'];
  const capacity = kvCapacity(model, device, {
    blockSize,
    gpuMemoryUtilization: knobs['gpu-memory-utilization'],
    maxTokens: raised,
    maxSequences: seats,
  });
  const allowedBytes = Math.floor(device.memoryBytes * knobs['gpu-memory-utilization']);
  if (capacity.weightBytes > allowedBytes)
    return failed('model-does-not-fit', 'model', inBytes(capacity.weightBytes), inBytes(allowedBytes));

  const override = knobs['num-gpu-blocks-override'];
  // One block is the null block; with a single one there is no room for anybody.
  const neededBlocks = Math.max(2, override);
  if (capacity.blocks < neededBlocks) {
    const field = override > 0 ? 'num-gpu-blocks-override' : 'gpu-memory-utilization';
    return failed(
      'no-memory-for-kv',
      field,
      inBytes(Math.max(0, capacity.poolBytes)),
      inBytes(neededBlocks * capacity.blockBytes),
    );
  }
  const numBlocks = override > 0 ? override : capacity.blocks;
  const maxModelLen = wantedLen > 0 ? wantedLen : Math.min(declaredLen, (numBlocks - 1) * blockSize);
  // The pool may have made the longest sequence shorter than what memory was set aside for.
  const needed = raised > wanted ? Math.max(wanted, maxModelLen) : wanted;
  const tokenBudget = Math.min(needed, seats * maxModelLen);
  return { ok: true, value: { tokenBudget, seats, maxModelLen, numBlocks, weightBytes: capacity.weightBytes } };
}

type HostMemory = Pick<EngineConfig, 'hostBlocks' | 'hostLinkBytesPerS' | 'kvBytesPerBlock'>;

/** Host memory set aside for blocks, for whichever use the engine has for it. */
function hostMemory(knobs: Knobs, model: ModelSpec, device: DeviceProfile): Result<HostMemory> {
  const { hostBlocks, hostLinkBytesPerS } = plainEngine;
  const kvBytesPerBlock = knobs['block-size'] * kvBytesPerToken(model);
  const field = knobs.engine === 'vllm' ? 'kv-offloading-size' : 'swap-space';
  const isUsed = isRead(knobEntry(field), knobs) && knobs[field] > 0;
  if (!isUsed) return { ok: true, value: { hostBlocks, hostLinkBytesPerS, kvBytesPerBlock } };
  if (device.hostLink === null) return failed('host-link-unknown', field, device.name);
  const blocks = Math.floor((knobs[field] * 2 ** 30) / kvBytesPerBlock);
  return { ok: true, value: { hostBlocks: blocks, hostLinkBytesPerS: device.hostLink.bytesPerS, kvBytesPerBlock } };
}

function engineConfig(knobs: Knobs, limits: Limits, host: HostMemory): EngineConfig {
  const isVllm = knobs.engine === 'vllm';
  const asyncScheduling = knobs['async-scheduling'] && isVllm;
  return {
    policy: knobs.engine,
    settings: {},
    memory: knobs.memory,
    batchesInFlight: asyncScheduling ? 2 : 1,
    asyncScheduling,
    maxNumSeqs: limits.seats,
    maxNumBatchedTokens: limits.tokenBudget,
    maxNumScheduledTokens: limits.tokenBudget,
    maxModelLen: limits.maxModelLen,
    enableChunkedPrefill: knobs['enable-chunked-prefill'],
    longPrefillTokenThreshold: knobs['long-prefill-token-threshold'],
    queue: 'fcfs',
    blockSize: knobs['block-size'],
    numBlocks: limits.numBlocks,
    enablePrefixCaching: knobs['enable-prefix-caching'] && isVllm && knobs.memory === 'paged',
    watermark: knobs.watermark,
    reserveFullPrompt: knobs['scheduler-reserve-full-isl'],
    staticBatchSize: knobs['batch-size'],
    staticTimeoutUs: knobs['batch-timeout-ms'] * 1000,
    tokenAtPrefillEnd: true,
    paddedPrefillBudget: false,
    chunkSchedule: null,
    preemption: knobs.engine === 'vllm-2023' ? knobs['preemption-mode'] : plainEngine.preemption,
    hostBlocks: host.hostBlocks,
    hostLinkBytesPerS: host.hostLinkBytesPerS,
    kvBytesPerBlock: host.kvBytesPerBlock,
    // Spelled out: a spread object has another shape, and the simulation reads it in its inner loops.
    speculation: plainEngine.speculation,
    encoder: plainEngine.encoder,
    quantisation: plainEngine.quantisation,
    connector: plainEngine.connector,
    slidingWindow: plainEngine.slidingWindow,
    decodeCadence: plainEngine.decodeCadence,
    prefillScheduleInterval: plainEngine.prefillScheduleInterval,
  };
}

function factsOf(knobs: Knobs, model: ModelSpec, device: DeviceProfile, limits: Limits, config: EngineConfig): Facts {
  const perToken = kvBytesPerToken(model);
  const blocks = limits.numBlocks - 1;
  return {
    engine: knobs.engine,
    model: model.name,
    device: device.name,
    evidence: device.evidence,
    // An error over no measured steps is none.
    stepErrorMedian: device.error.count > 0 ? device.error.median : null,
    weightBytes: limits.weightBytes,
    kvBytesPerToken: perToken,
    kvPoolBytes: blocks * config.blockSize * perToken,
    blocks,
    blockSize: config.blockSize,
    tokenBudget: limits.tokenBudget,
    seats: limits.seats,
    maxModelLen: limits.maxModelLen,
    staticBatch: knobs.engine === 'static' ? config.staticBatchSize : 0,
  };
}

/** A table's entry under a name that comes from outside. */
function find<T>(table: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(table, id) ? table[id] : undefined;
}

function inBytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

function failed(code: Problem['code'], field: string, found: string, expected?: string): Result<never> {
  return { ok: false, problems: [{ code, field, found, expected }] };
}
