/**
 * G: tensor parallelism. Each of n devices holds 1 / n of every layer (heads, feed-forward columns, vocabulary) and all
 * of them compute every step together, so a step is what one rank computes plus what the ranks send each other.
 */

import { collectiveUs, messageTime } from './collectives.ts';
import type { BatchShape, CostModel } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { expertLayers } from './layer-products.ts';
import { bothEnds, type ModelSpec } from './model.ts';
import { type CostLimits, createCost, type StepOptions } from './operator-cost.ts';
import { singleHost, type Topology } from './topology.ts';

/**
 * Whether `ranks` devices can share the model: heads and columns must divide, and key-value heads must either divide or
 * be copied a whole number of times (`verify_with_parallel_config` and `get_num_kv_heads` in vLLM's `config/model.py`).
 */
export function canSplit(model: ModelSpec, ranks: number): boolean {
  const { layers, heads, kvHeads, intermediate, experts, latent } = model;
  const sparse = expertLayers(model);
  if (heads % ranks !== 0) return false;
  if (sparse < layers && intermediate % ranks !== 0) return false;
  if (experts !== undefined && sparse > 0 && experts.intermediate % ranks !== 0) return false;
  // The one latent is copied to every rank.
  return latent !== undefined || kvHeads % ranks === 0 || ranks % kvHeads === 0;
}

/**
 * The part of a model that one of `ranks` devices holds, which is a model itself: as deep and as wide, with fewer heads,
 * columns and output rows. With more ranks than key-value heads every rank still has one; of every expert it has its
 * columns; a latent, and what makes it, it has whole. One rank is the model itself.
 */
export function rankModel(model: ModelSpec, ranks: number): ModelSpec {
  if (ranks === 1) return model;
  const { experts } = model;
  return {
    ...model,
    heads: model.heads / ranks,
    kvHeads: Math.max(1, model.kvHeads / ranks),
    intermediate: model.intermediate / ranks,
    vocabulary: Math.ceil(model.vocabulary / ranks),
    ...(experts === undefined ? {} : { experts: { ...experts, intermediate: experts.intermediate / ranks } }),
  };
}

/**
 * Time of one rank and of the messages between ranks. Operations and bytes are those of one rank, as its peaks are.
 * @param topology left out: all ranks share a host
 */
export function createParallelCost(
  model: ModelSpec,
  device: DeviceProfile,
  ranks: number,
  limits: CostLimits,
  options: StepOptions = {},
  topology: Topology | null = device.peerLink === null ? null : singleHost(device.peerLink),
): CostModel {
  const rank = createCost(rankModel(model, ranks), device, limits, device.stepOverheadUs, options);
  if (ranks === 1) return rank;
  if (topology === null) throw new Error(`${device.name} has no link to its peers`);
  const { weightElementBytes } = model;
  const messageUs = ({ tokens, samples }: BatchShape, elementBytes: number): number =>
    tokens === 0 ? 0 : messagesUs(model, topology, ranks, tokens, samples, elementBytes);
  return {
    ...rank,
    stepUs: (shape) => Math.max(1, Math.round(rank.stepUs(shape) + messageUs(shape, weightElementBytes))),
    communicationUs: (shape) => messageUs(shape, weightElementBytes),
    explain(shape) {
      const parts = [...rank.explain(shape)];
      // Before the host's time, which comes last.
      parts.splice(
        parts.length - 1,
        0,
        messageTime('all-reduce', messageUs(shape, weightElementBytes), messageUs(shape, 0)),
      );
      return parts;
    },
  };
}

/**
 * What the ranks send each other in a step: the sum of their partial results after attention and after the feed-forward
 * layer of every layer, the embedding's (its rows are divided too), and the logits to the rank that samples.
 * @param elementBytes of one element; 0 = when the first byte of each is there
 */
function messagesUs(
  model: ModelSpec,
  topology: Topology,
  ranks: number,
  tokens: number,
  samples: number,
  elementBytes: number,
): number {
  const { isFirst, isLast } = model.ends ?? bothEnds;
  const perHost = Math.min(ranks, topology.devicesPerHost);
  const activations = tokens * model.hidden * elementBytes;
  const sums =
    (2 * model.layers + (isFirst ? 1 : 0)) * collectiveUs(topology, 'all-reduce', ranks, perHost, activations);
  if (samples === 0 || !isLast) return sums;
  const logits = samples * model.vocabulary * elementBytes;
  return sums + collectiveUs(topology, 'all-gather', ranks, perHost, logits);
}
