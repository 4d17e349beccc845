/**
 * G: experts divided one by one among the ranks of a stage, and groups of ranks that attend to different requests (vLLM,
 * `--enable-expert-parallel` and `--data-parallel-size`). All ranks step together: the busiest decides.
 *
 * Requests are taken to be spread evenly over the groups: each has its share of the decodes, and chunks go one by one to
 * the group with the fewest prompt tokens. Of a step the fullest group counts; groups without anything compute nothing.
 */

import { normalQuantile } from '../math.ts';
import { collectiveUs, messageTime } from './collectives.ts';
import { type BatchShape, type CostModel, clearShape, createBatchShape, type OperatorTime } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { distinctExperts, groupedGemm } from './experts.ts';
import { expertLayers, upProjections } from './layer-products.ts';
import { expertRanks, expertRanksPerHost, type ParallelLayout, ranksPerHost } from './layout.ts';
import { bothEnds, type ExpertSpec, type ModelSpec, matrixElementBytes } from './model.ts';
import { type CostLimits, createCost, type StepOptions, tabulated } from './operator-cost.ts';
import { elementwiseUs } from './operators.ts';
import { rankModel } from './tensor-parallel.ts';
import type { Topology } from './topology.ts';

/**
 * Rows that the busiest of `ranks` gets of `rows`, expected. Routing is uniform and independent, as everywhere here: the
 * number of a rank is about normal, and the largest of n such numbers lies where Blom (1958) puts it. `skew`: how much
 * more than the mean one rank gets of many rows, where routers are uneven; 1 = they are even.
 */
export function busiestRows(rows: number, ranks: number, skew: number): number {
  if (ranks === 1) return rows;
  const mean = Math.min(rows, (skew * rows) / ranks);
  const deviation = Math.sqrt(mean * (1 - mean / Math.max(1, rows)));
  return Math.min(rows, mean + normalQuantile((ranks - 0.375) / (ranks + 0.25)) * deviation);
}

/** Puts what the fullest of `groups` has of a step into `into`. */
export function fullestGroup(shape: BatchShape, groups: number, into: BatchShape, loads: Float64Array): void {
  clearShape(into);
  loads.fill(0);
  let chunkTokens = 0;
  let fullest = 0;
  // Twice over the chunks: first to see which group ends up with most, then to write down what it has.
  for (let i = 0; i < shape.chunkCount; i++) {
    const group = leastOf(loads);
    loads[group] += shape.chunkNew[i];
    chunkTokens += shape.chunkNew[i];
  }
  for (let g = 1; g < groups; g++) if (loads[g] > loads[fullest]) fullest = g;
  loads.fill(0);
  if (into.chunkNew.length < shape.chunkCount) {
    into.chunkNew = new Int32Array(2 * shape.chunkCount);
    into.chunkCached = new Int32Array(2 * shape.chunkCount);
  }
  for (let i = 0; i < shape.chunkCount; i++) {
    const group = leastOf(loads);
    loads[group] += shape.chunkNew[i];
    if (group !== fullest) continue;
    into.chunkNew[into.chunkCount] = shape.chunkNew[i];
    into.chunkCached[into.chunkCount] = shape.chunkCached[i];
    into.chunkCount++;
  }
  const own = loads[fullest];
  into.decodes = Math.ceil(shape.decodes / groups);
  into.decodeContextSum = shape.decodes > 0 ? (shape.decodeContextSum * into.decodes) / shape.decodes : 0;
  into.decodeContextMax = shape.decodeContextMax;
  into.tokens = own + Math.ceil((shape.tokens - chunkTokens) / groups);
  // Whoever samples beyond the decodes ends a prompt.
  into.samples = into.decodes + Math.min(into.chunkCount, Math.max(0, shape.samples - shape.decodes));
  into.imageWindows = Math.ceil(shape.imageWindows / groups);
  into.audioWindows = Math.ceil(shape.audioWindows / groups);
  into.copy = shape.copy;
}

function leastOf(loads: Float64Array): number {
  let least = 0;
  for (let i = 1; i < loads.length; i++) if (loads[i] < loads[least]) least = i;
  return least;
}

/**
 * Time of the busiest rank of a stage and of the messages between ranks. Operations are the mean of a rank's; bytes are
 * those of a rank of the fullest group, which has its share of the experts that are met.
 */
export function createExpertParallelCost(
  model: ModelSpec & { readonly experts: ExpertSpec },
  device: DeviceProfile,
  layout: ParallelLayout,
  skew: number,
  limits: CostLimits,
  options: StepOptions,
  topology: Topology | null,
): CostModel {
  const { tensor, dataParallel } = layout;
  const ranks = expertRanks(layout);
  const others = createCost(
    { ...rankModel(model, tensor), experts: { ...model.experts, held: 0 } },
    device,
    limits,
    device.stepOverheadUs,
    options,
  );
  const routed = (tokens: number): OperatorTime[] => routedTimes(model, device, tokens, ranks, skew);
  const routedUs = tabulated(limits.maxTokens, (tokens) => sumOf(routed(tokens), (time) => time.us));
  const routedBytes = tabulated(limits.maxTokens, (tokens) => routedWeightBytes(model, tokens) / ranks);
  const group = createBatchShape(64);
  const loads = new Float64Array(dataParallel);
  const groupOf = (shape: BatchShape): BatchShape => {
    fullestGroup(shape, dataParallel, group, loads);
    return group;
  };
  const messages = topology === null || ranks === 1 ? null : messagesOf(model, topology, layout, skew);
  const messageUs = (tokens: number, own: BatchShape): number =>
    messages === null || tokens === 0
      ? 0
      : messages.reduceUs(own, 1) + messages.gatherUs(own, 1) + messages.exchangeUs(tokens, 1);
  return {
    stepUs(shape) {
      const own = groupOf(shape);
      const us = others.stepUs(own) + routedUs(shape.tokens) + messageUs(shape.tokens, own);
      return Math.max(1, Math.round(us));
    },
    flops: (shape) => others.flops(shape) / dataParallel + (shape.tokens * routedFlops(model)) / ranks,
    bytes: (shape) => (others.bytes?.(groupOf(shape)) ?? 0) + routedBytes(shape.tokens),
    communicationUs: (shape) => messageUs(shape.tokens, groupOf(shape)),
    explain(shape) {
      const own = groupOf(shape);
      const parts = others.explain(own);
      const behind = parts.findIndex(({ operator }) => operator === 'lm-head' || operator === 'overhead');
      return [
        ...parts.slice(0, behind),
        ...routed(shape.tokens),
        ...parts.slice(behind, -1),
        ...(messages === null || shape.tokens === 0 ? [] : messageTimes(messages, shape.tokens, own)),
        ...parts.slice(-1),
      ];
    },
  };
}

/** Operations of the routed experts of all layers for one token. */
function routedFlops(model: ModelSpec & { readonly experts: ExpertSpec }): number {
  const { perToken, intermediate } = model.experts;
  return 2 * expertLayers(model) * perToken * (upProjections(model) + 1) * model.hidden * intermediate;
}

/** Bytes of the routed experts that so many tokens meet, in all layers. */
function routedWeightBytes(model: ModelSpec & { readonly experts: ExpertSpec }, tokens: number): number {
  const { count, perToken, intermediate } = model.experts;
  const matrices = expertLayers(model) * distinctExperts(count, perToken, tokens) * (upProjections(model) + 1);
  return matrices * model.hidden * intermediate * matrixElementBytes(model);
}

/** The routed experts of the busiest rank, in all layers, in a step of so many tokens of all groups together. */
function routedTimes(
  model: ModelSpec & { readonly experts: ExpertSpec },
  device: DeviceProfile,
  tokens: number,
  ranks: number,
  skew: number,
): OperatorTime[] {
  const layers = expertLayers(model);
  if (layers === 0 || tokens === 0) return [];
  const { hidden, weightElementBytes: rowBytes } = model;
  const { count, perToken, intermediate } = model.experts;
  const { gemm: plain, layerGemm: gemm = plain, elementwise } = device.operators;
  const bytes = matrixElementBytes(model);
  const ups = upProjections(model) * intermediate;
  const rows = busiestRows(tokens * perToken, ranks, skew);
  const met = distinctExperts(count, perToken, tokens) / ranks;
  const product = (operator: OperatorTime['operator'], inputs: number, outputs: number): OperatorTime => {
    const { us, computeUs, memoryUs } = groupedGemm(gemm, met, rows, inputs, outputs, bytes, rowBytes);
    return {
      operator,
      us: layers * us,
      limit: computeUs > memoryUs ? 'compute' : 'bandwidth',
      flops: layers * 2 * rows * inputs * outputs,
      bytes: layers * (bytes * met * inputs * outputs + rowBytes * rows * (inputs + outputs)),
    };
  };
  const between = (operator: OperatorTime['operator'], of: number, elements: number): OperatorTime => {
    const moved = rowBytes * of * elements;
    const us = layers * elementwiseUs(elementwise, moved, undefined, 'activation', of);
    return { operator, us, limit: 'bandwidth', flops: 0, bytes: layers * moved };
  };
  return [
    product('expert-gate-up', hidden, ups),
    between('expert-activation', rows, ups + intermediate),
    product('expert-down', intermediate, hidden),
    // The sum is made where a token comes from.
    between('expert-sum', tokens / ranks, (perToken + 1) * hidden),
  ];
}

/** Messages of a step. `share` of their bytes: 1, or 0 = when the first byte of each is there. */
interface Messages {
  reduceUs(group: BatchShape, share: number): number;
  gatherUs(group: BatchShape, share: number): number;
  /** Of all groups together. */
  exchangeUs(tokens: number, share: number): number;
}

/**
 * The ranks of a group add up their results after attention and after dense feed-forward layers. With several groups the
 * rows of each token go to the ranks of its experts and come back (all-to-all, twice a layer), each rank of a group seeing
 * to its part of the group's tokens, which are then put together; with one group everybody has all tokens, and the results
 * of experts are added up as well.
 */
function messagesOf(
  model: ModelSpec & { readonly experts: ExpertSpec },
  topology: Topology,
  layout: ParallelLayout,
  skew: number,
): Messages {
  const { tensor, dataParallel } = layout;
  const { isFirst, isLast } = model.ends ?? bothEnds;
  const { hidden, weightElementBytes: bytes, experts } = model;
  const ranks = expertRanks(layout);
  const sparse = dataParallel > 1 ? expertLayers(model) : 0;
  const perHost = ranksPerHost(topology, tensor);
  const perHostOfAll = expertRanksPerHost(topology, layout);
  const sums = 2 * model.layers - sparse + (isFirst ? 1 : 0);
  return {
    reduceUs: ({ tokens }, share) =>
      sums * collectiveUs(topology, 'all-reduce', tensor, perHost, share * tokens * hidden * bytes),
    gatherUs({ tokens, samples }, share) {
      const rowsUs = sparse * collectiveUs(topology, 'all-gather', tensor, perHost, share * tokens * hidden * bytes);
      if (!isLast || samples === 0) return rowsUs;
      const logits = share * samples * model.vocabulary * bytes;
      return rowsUs + collectiveUs(topology, 'all-gather', tensor, perHost, logits);
    },
    exchangeUs(tokens, share) {
      if (sparse === 0) return 0;
      const rows = tokens * experts.perToken;
      const uneven = (busiestRows(rows, ranks, skew) * ranks) / rows;
      const put = (share * uneven * rows * hidden * bytes) / ranks;
      return 2 * sparse * collectiveUs(topology, 'all-to-all', ranks, perHostOfAll, put);
    },
  };
}

/** The messages that there are. */
function messageTimes(
  { reduceUs, gatherUs, exchangeUs }: Messages,
  tokens: number,
  group: BatchShape,
): readonly OperatorTime[] {
  return [
    messageTime('all-reduce', reduceUs(group, 1), reduceUs(group, 0)),
    messageTime('all-gather', gatherUs(group, 1), gatherUs(group, 0)),
    messageTime('all-to-all', exchangeUs(tokens, 1), exchangeUs(tokens, 0)),
  ].filter(({ us }) => us > 0);
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += value(item);
  return sum;
}
