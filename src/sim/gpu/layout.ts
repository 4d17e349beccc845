/**
 * G: how one instance of an engine is laid out over several devices: what each of them holds of the model.
 *
 * Ranks are numbered as vLLM numbers them (`initialize_model_parallel` in `distributed/parallel_state.py`): those that
 * share a layer are neighbours, then come those that divide prompts, the stages of the pipeline, and the groups that attend
 * to different requests.
 */

import { bothEnds, type ModelSpec } from './model.ts';
import { canSplit, rankModel } from './tensor-parallel.ts';
import type { Topology } from './topology.ts';

export interface ParallelLayout {
  /** Devices that share every layer of a stage: heads, columns, vocabulary. */
  readonly tensor: number;
  /** Stages of layers, one behind the other. */
  readonly pipeline: number;
  /** Groups of tensor ranks that attend to different requests, each with keys and values of its own. */
  readonly dataParallel: number;
  /** Whether each rank of a stage has whole experts, rather than columns of all. */
  readonly expertParallel: boolean;
  /** Ranks that divide the tokens of a prompt, and keys and values, among them. */
  readonly context: number;
}

export function devicesOf({ tensor, pipeline, dataParallel, context }: ParallelLayout): number {
  return tensor * pipeline * dataParallel * context;
}

/** Ranks of a stage among which experts are divided. */
export function expertRanks({ tensor, dataParallel }: ParallelLayout): number {
  return tensor * dataParallel;
}

/** Whether the model can be laid out so. */
export function canLayOut(model: ModelSpec, layout: ParallelLayout): boolean {
  const { tensor, pipeline, dataParallel, expertParallel, context } = layout;
  if (pipeline > model.layers || (expertParallel && context > 1)) return false;
  if (!expertParallel) return dataParallel === 1 && canSplit(model, tensor);
  const { experts, ...others } = model;
  return experts !== undefined && experts.count % expertRanks(layout) === 0 && canSplit(others, tensor);
}

/**
 * Layers of each stage: as many each, and what is left one by one to the stages before the last, from the back. The last
 * one is left out since it has the output projection, and the first one comes last since it has the embedding
 * (`get_pp_indices` in vLLM's `distributed/utils.py`).
 */
export function stageLayers(layers: number, stages: number): readonly number[] {
  const rest = layers % stages;
  return Array.from({ length: stages }, (_, stage) => {
    const fromLast = stages - 1 - stage;
    return Math.floor(layers / stages) + (fromLast >= 1 && fromLast <= rest ? 1 : 0);
  });
}

/** The part of a model that a stage of the pipeline computes, a model itself. A single stage is the model. */
export function stageModel(model: ModelSpec, stages: number, stage: number): ModelSpec {
  if (stages === 1) return model;
  const counts = stageLayers(model.layers, stages);
  const from = counts.slice(0, stage).reduce((sum, count) => sum + count, 0);
  const { experts } = model;
  return {
    ...model,
    layers: counts[stage],
    ends: { isFirst: stage === 0, isLast: stage === stages - 1 },
    ...(experts === undefined
      ? {}
      : {
          experts: { ...experts, denseLayers: Math.max(0, Math.min(counts[stage], experts.denseLayers - from)) },
        }),
  };
}

/** What one device of each stage holds. */
export function rankModels(model: ModelSpec, layout: ParallelLayout): readonly ModelSpec[] {
  const { tensor, pipeline, expertParallel } = layout;
  return Array.from({ length: pipeline }, (_, stage) => {
    const part = stageModel(model, pipeline, stage);
    const { experts } = part;
    if (!expertParallel || experts === undefined) return rankModel(part, tensor);
    // Of other matrices a column each, of experts whole ones; shared experts are on every rank.
    return { ...rankModel(part, tensor), experts: { ...experts, held: experts.count / expertRanks(layout) } };
  });
}

/** Rows of logits that a device sees whole when it samples: 0 where it does not. */
export function logitsOf(rank: ModelSpec, model: ModelSpec): number {
  return (rank.ends ?? bothEnds).isLast ? model.vocabulary : 0;
}

/** Neighbours among the ranks of a layer that share a host. */
export function ranksPerHost({ devicesPerHost }: Topology, ranks: number): number {
  return Math.min(ranks, devicesPerHost);
}

/** Ranks among which prompts are divided that share a host. */
export function contextRanksPerHost({ devicesPerHost }: Topology, { tensor, context }: ParallelLayout): number {
  return Math.max(1, Math.min(context, Math.floor(devicesPerHost / tensor)));
}

/** Ranks of a stage, of all groups, that share a host. Groups lie one behind the other. */
export function expertRanksPerHost({ devicesPerHost }: Topology, layout: ParallelLayout): number {
  const ranks = expertRanks(layout);
  return Math.max(1, Math.min(ranks, Math.floor((ranks * devicesPerHost) / devicesOf(layout))));
}

/** Whether the stage behind this one is, in part at least and of any group, in another host. */
export function leavesHost({ devicesPerHost }: Topology, layout: ParallelLayout, stage: number): boolean {
  const { pipeline, dataParallel } = layout;
  const width = layout.tensor * layout.context;
  for (let group = 0; group < dataParallel; group++) {
    const first = (group * pipeline + stage) * width;
    if (Math.floor(first / devicesPerHost) !== Math.floor((first + width) / devicesPerHost)) return true;
  }
  return false;
}
