/** Scenario -> everything a simulation needs. All defaults and effective limits are resolved here, as vLLM does when it starts. */

import { defaultEngineConfig, type EngineConfig, plainEngine } from '../sim/engine-config.ts';
import { capturedDevice, withCapturedSteps } from '../sim/gpu/captured-steps.ts';
import type { CostModel } from '../sim/gpu/cost.ts';
import { adjustedDevice, type CostAdjustment, noAdjustment } from '../sim/gpu/cost-adjustment.ts';
import { type DeviceProfile, devices } from '../sim/gpu/device.ts';
import type { HostSettings } from '../sim/gpu/host-cost.ts';
import { leastCapacity } from '../sim/gpu/kv-capacity.ts';
import { devicesOf, logitsOf, type ParallelLayout } from '../sim/gpu/layout.ts';
import { kvBytesPerToken, type ModelSpec, models } from '../sim/gpu/model.ts';
import type { CostLimits } from '../sim/gpu/operator-cost.ts';
import { pipelineCost, stageSend } from '../sim/gpu/pipeline.ts';
import { type Precision, productPrecision } from '../sim/gpu/precision.ts';
import type { Topology } from '../sim/gpu/topology.ts';
import type { Source } from '../sim/source.ts';
import type { Trace } from '../workload/trace.ts';
import { commonKnob, copiesCache } from './common-knobs.ts';
import { deviceNamed } from './device-named.ts';
import { engineOf, engines } from './engines/engines.ts';
import type { EngineEntry, EngineSettings, Limits, WantedLimits } from './engines/entry.ts';
import type { Facts } from './facts.ts';
import { replicasOf } from './fleet/knobs.ts';
import { modelNamed } from './hardware.ts';
import type { Knobs } from './knobs.ts';
import { type LaidOut, laidOut } from './phases/layout.ts';
import { type Phases, phasesOf } from './phases/phases.ts';
import { precisionOf } from './phases/precision.ts';
import type { Problem } from './problem.ts';
import { withQueue } from './queueing.ts';
import type { Result } from './result.ts';
import { thisGpu } from './shared-knobs.ts';
import { stepCost } from './step-cost.ts';
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
  /** How the GPUs of the engine divide its model, and what joins them; null = there is one. */
  readonly layout: ParallelLayout;
  readonly topology: Topology | null;
  readonly model: ModelSpec;
  readonly device: DeviceProfile;
  /** The device as its profile says, without what the scenario makes of it, and the precision in which its products run. */
  readonly profile: DeviceProfile;
  readonly products: Precision;
}

/** Builds a scenario's engine (each one of a fleet) and its traffic, or says why it cannot run. The knobs are allowed values (`value.ts`); what is checked here is how they go together. */
export function build(knobs: Knobs, materials: Materials = {}): Result<Built> {
  const model = modelNamed(knobs.model);
  const profile = knobs.device === thisGpu ? materials.thisGpu : deviceNamed(knobs.device);
  if (model === undefined) return failed('invalid-value', 'model', knobs.model, Object.keys(models).join('|'));
  if (profile === undefined) {
    return knobs.device === thisGpu
      ? failed('gpu-not-measured', 'device', thisGpu)
      : failed('invalid-value', 'device', knobs.device, Object.keys(devices).join('|'));
  }

  const entry = engineOf(knobs.engine);
  if (entry === undefined)
    return failed(
      'invalid-value',
      'engine',
      knobs.engine,
      engines()
        .map((e) => e.id)
        .join('|'),
    );
  if (entry.memories.length > 0 && !entry.memories.includes(knobs.memory))
    return failed('invalid-value', 'memory', knobs.memory, `${entry.memories.join('|')} (${entry.name.en})`);

  const adjustment = entry.cost?.(knobs) ?? noAdjustment;
  const device = adjustedDevice(profile, adjustment);
  const layout = laidOut(knobs, model, device, entry);
  if (!layout.ok) return layout;

  const served = phasesOf(knobs, { model, device, ...layout.value }, entry);
  if (!served.ok) return served;
  const phases = served.value;
  const { memoryBytes, name } = device;
  const limitsDevice = { name, memoryBytes, maxPosition: model.maxPosition };
  const { context, dataParallel } = layout.value.layout;
  const wanted = entry.limits(knobs, limitsDevice);
  const limits = effectiveLimits(withTokens(wanted, context, knobs['kv-tokens']), context, entry, phases, device);
  if (!limits.ok) return limits;
  const source = createSource(knobs, limits.value.maxModelLen, materials.trace);
  if (!source.ok) return source;

  const host = hostMemory(wanted, limits.value.rank, phases.besideKvBytesPerToken, device);
  if (!host.ok) return host;
  const memory = entry.memories.length === 0 ? 'own' : knobs.memory;
  const own = engineConfig(memory, limits.value, host.value, entry.configure(knobs, limits.value, limitsDevice));
  const plain = ofGroups(own, dataParallel);
  const queued = withQueue(phases.configure(plain), knobs, entry);
  if (!queued.ok) return queued;
  const config = queued.value;
  const cost = costOf(phases, device, layout.value, limits.value, config, softwareStack(knobs), adjustment);
  return {
    ok: true,
    value: {
      config,
      source: source.value,
      cost,
      facts: factsOf(
        entry.id,
        wanted.staticBatch ?? 0,
        // An engine's own way of running a model was compared with nothing.
        { ...phases, changesTime: phases.changesTime || adjustment !== noAdjustment },
        layout.value.layout,
        limits.value,
        config,
      ),
      ...layout.value,
      model: phases.model,
      device: phases.device,
      profile,
      products: productPrecision(profile, precisionOf(knobs).weights),
    },
  };
}

/** Builds what looks into one engine or changes it while it runs; a fleet is none. */
export function buildOne(knobs: Knobs, materials: Materials = {}): Result<Built> {
  const replicas = replicasOf(knobs);
  if (replicas > 1) return failed('one-engine-only', 'replicas', String(replicas), '1');
  return build(knobs, materials);
}

/** Several groups as one: each has so many blocks, seats and tokens, and pads its own part of a step. */
function ofGroups(config: EngineConfig, groups: number): EngineConfig {
  if (groups === 1) return config;
  return {
    ...config,
    numBlocks: groups * (config.numBlocks - 1) + 1,
    hostBlocks: groups * config.hostBlocks,
    maxNumSeqs: groups * config.maxNumSeqs,
    maxNumBatchedTokens: groups * config.maxNumBatchedTokens,
    maxNumScheduledTokens: groups * config.maxNumScheduledTokens,
    graphSizes: config.graphSizes.map((size) => groups * size),
  };
}

/** What a step costs, stage by stage. The host's time comes once, where the step begins. */
function costOf(
  phases: Phases,
  device: DeviceProfile,
  { layout, topology }: LaidOut,
  { tokenBudget, seats }: Limits,
  config: EngineConfig,
  stack: HostSettings,
  adjustment: CostAdjustment,
): CostModel {
  const kvTokens = (config.numBlocks - 1) * config.blockSize;
  const maxTokens = layout.dataParallel * tokenBudget;
  const maxSequences = layout.dataParallel * seats;
  const stages = phases.stages.map((rank, stage) =>
    stepCost(
      withGraphs(phases, stage, device, { maxTokens, maxSequences }, config),
      rank,
      device,
      stage === 0 ? stack : { ...stack, stepUs: 0 },
      adjustment,
      kvTokens,
    ),
  );
  return topology === null ? stages[0] : pipelineCost(stages, stageSend(phases.model, topology, layout));
}

/** The device's time, of steps in captured graphs and of others. */
function withGraphs(
  phases: Phases,
  stage: number,
  device: DeviceProfile,
  limits: CostLimits,
  { graphSizes }: EngineConfig,
): CostModel {
  const launched = phases.cost(stage, limits);
  const largest = graphSizes.at(-1) ?? 0;
  if (largest === 0 || device.captured === undefined) return launched;
  return withCapturedSteps(launched, phases.cost(stage, limits, capturedDevice(device)), largest);
}

/** The pool as a number of tokens, where the engine's own number of blocks is not set. */
function withTokens(wanted: WantedLimits, context: number, tokens: number): WantedLimits {
  if (tokens === 0 || wanted.blocks.count > 0) return wanted;
  // Block 0 is never handed out.
  const blocks = Math.floor(tokens / (context * wanted.blockSize));
  return { ...wanted, blocks: { count: Math.max(2, 1 + blocks), knob: 'kv-tokens' } };
}

/** The limits as vLLM resolves them (`EngineArgs.create_engine_config`, `get_kv_cache_config`); others ask for less. */
function effectiveLimits(
  wanted: WantedLimits,
  context: number,
  engine: EngineEntry,
  phases: Phases,
  device: DeviceProfile,
): Result<StageLimits> {
  // What fits is a matter of one GPU and its part of the model.
  const { model, stages, besideKvBytesPerToken } = phases;
  const { blockSize, kvShare, shareKnob, blocks, wholePrompts } = wanted;
  const wantedLen = wanted.maxModelLen;
  // A block of as many tokens on each of the ranks that divide a sequence (vLLM, `block_size * cp_world_size`).
  const blockTokens = context * blockSize;
  if (wantedLen > model.maxPosition) {
    const knob = engine.lengthKnob ?? 'max-model-len';
    return failed('out-of-range', knob, String(wantedLen), `1..${model.maxPosition} (${model.name})`);
  }
  /** What fits if the longest sequence is `longest`. */
  const sizesFor = (longest: number) => {
    // Without chunking a prompt of the longest length must fit into one step.
    const raised = wholePrompts ? Math.max(wanted.tokenBudget, longest) : wanted.tokenBudget;
    const seats = Math.min(wanted.seats, raised);
    const scoreBytes = phases.scoreBytes(Math.min(raised, longest), longest);
    const capacity = leastCapacity(stages, device, (rank) => ({
      blockSize,
      kvShare,
      maxTokens: raised,
      maxSequences: seats,
      logits: logitsOf(rank, model),
      besideBytes: phases.besideBytes + scoreBytes,
      besideKvBytesPerToken,
    }));
    return { longest, raised, seats, scoreBytes, capacity };
  };
  let sizes = sizesFor(wantedLen > 0 ? wantedLen : model.maxPosition);
  // Where attention keeps its scores and nobody says how long a sequence may be: so long that the pool gets as much as they.
  while (wantedLen === 0 && sizes.scoreBytes > Math.max(0, sizes.capacity.poolBytes) && sizes.longest > 1024) {
    sizes = sizesFor(Math.floor(sizes.longest / 2));
  }
  const { longest: declaredLen, raised, seats, capacity } = sizes;
  if (capacity.weightBytes > capacity.allowedBytes)
    return failed('model-does-not-fit', 'model', inBytes(capacity.weightBytes), inBytes(capacity.allowedBytes));

  // One block is the null block; with a single one there is no room for anybody.
  const neededBlocks = Math.max(2, blocks.count);
  if (capacity.blocks < neededBlocks) {
    return failed(
      'no-memory-for-kv',
      blocks.count > 0 ? blocks.knob : shareKnob,
      inBytes(Math.max(0, capacity.poolBytes)),
      inBytes(neededBlocks * capacity.blockBytes),
    );
  }
  const most = wanted.mostKvTokens ?? 0;
  const fitting = most > 0 ? Math.min(capacity.blocks, 1 + Math.ceil(most / blockTokens)) : capacity.blocks;
  const numBlocks = blocks.count > 0 ? blocks.count : fitting;
  const maxModelLen = wantedLen > 0 ? wantedLen : Math.min(declaredLen, (numBlocks - 1) * blockTokens);
  // The pool may have made the longest sequence shorter than what memory was set aside for.
  const needed = raised > wanted.tokenBudget ? Math.max(wanted.tokenBudget, maxModelLen) : wanted.tokenBudget;
  const tokenBudget = Math.min(needed, seats * maxModelLen);
  const { weightBytes, stage: rank } = capacity;
  const value = { tokenBudget, seats, maxModelLen, numBlocks, blockSize: blockTokens, weightBytes, rank };
  return { ok: true, value };
}

/** With what one device of the stage holds that decides how many blocks there are. */
type StageLimits = Limits & { readonly rank: ModelSpec };

type HostMemory = Pick<EngineConfig, 'hostBlocks' | 'hostLinkBytesPerS' | 'kvBytesPerBlock'>;

/** Host memory set aside for blocks, for whichever use the engine has for it. */
function hostMemory(
  { blockSize, host }: WantedLimits,
  rank: ModelSpec,
  besideKvBytesPerToken: number,
  device: DeviceProfile,
): Result<HostMemory> {
  const { hostBlocks, hostLinkBytesPerS } = plainEngine;
  const kvBytesPerBlock = blockSize * (kvBytesPerToken(rank) + besideKvBytesPerToken);
  if (host === undefined || host.gib === 0)
    return { ok: true, value: { hostBlocks, hostLinkBytesPerS, kvBytesPerBlock } };
  if (device.hostLink === null && host.isUntimedAllowed !== true)
    return failed('host-link-unknown', host.knob, device.name);
  const blocks = Math.floor((host.gib * 2 ** 30) / kvBytesPerBlock);
  const bytesPerS = device.hostLink?.bytesPerS ?? Number.POSITIVE_INFINITY;
  return { ok: true, value: { hostBlocks: blocks, hostLinkBytesPerS: bytesPerS, kvBytesPerBlock } };
}

function engineConfig(
  memory: EngineConfig['memory'],
  limits: Limits,
  host: HostMemory,
  own: EngineSettings,
): EngineConfig {
  const config: EngineConfig = {
    ...defaultEngineConfig(limits.numBlocks),
    memory,
    batchesInFlight: 1,
    asyncScheduling: false,
    maxNumSeqs: limits.seats,
    maxNumBatchedTokens: limits.tokenBudget,
    maxNumScheduledTokens: limits.tokenBudget,
    maxModelLen: limits.maxModelLen,
    blockSize: limits.blockSize,
    enablePrefixCaching: false,
    ...host,
    ...own,
  };
  return config;
}

function softwareStack(knobs: Knobs): HostSettings {
  return {
    launchUsPerLayer: Number(commonKnob(knobs, 'launch-us-per-layer')),
    stepUs: Number(commonKnob(knobs, 'host-us-per-step')),
    copiesKv: copiesCache(knobs),
  };
}

function factsOf(
  engine: string,
  staticBatch: number,
  { device, changesTime, besideKvBytesPerToken }: Phases,
  layout: ParallelLayout,
  { rank, ...limits }: StageLimits,
  config: EngineConfig,
): Facts {
  const perToken = (kvBytesPerToken(rank) + besideKvBytesPerToken) / layout.context;
  const blocks = config.numBlocks - 1;
  return {
    engine,
    model: rank.name,
    device: device.name,
    devices: devicesOf(layout),
    // What was compared with measured steps is the profile without any of the phases that change their time.
    evidence: changesTime ? 'estimated' : device.evidence,
    // An error over no measured steps is none.
    stepErrorMedian: device.error.count > 0 && !changesTime ? device.error.median : null,
    weightBytes: limits.weightBytes,
    kvBytesPerToken: perToken,
    kvPoolBytes: (blocks * config.blockSize * perToken) / layout.dataParallel,
    blocks,
    blockSize: config.blockSize,
    tokenBudget: layout.dataParallel * limits.tokenBudget,
    seats: config.maxNumSeqs,
    maxModelLen: limits.maxModelLen,
    staticBatch,
  };
}

function inBytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

function failed(code: Problem['code'], field: string, found: string, expected?: string): Result<never> {
  return { ok: false, problems: [{ code, field, found, expected }] };
}
