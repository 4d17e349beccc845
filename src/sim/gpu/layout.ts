/**
 * G: how one instance of an engine is laid out over several devices: what each of them holds of the model.
 *
 * Ranks are numbered as vLLM numbers them (`initialize_model_parallel` in `distributed/parallel_state.py`): those that
 * share a layer are neighbours, then come the stages of the pipeline, then the groups that attend to different requests.
 */

import { bothEnds, type ModelSpec } from './model.ts';
import { canSplit, rankModel } from './tensor-parallel.ts';
import type { Topology } from './topology.ts';

export interface ParallelLayout {
  /** Devices that share every layer of a stage: heads, columns, vocabulary. */
  readonly tensor: number;
  /** Stages of layers, one behind the other. */
  readonly pipeline: number;
}

export function devicesOf({ tensor, pipeline }: ParallelLayout): number {
  return tensor * pipeline;
}

/** Whether the model can be laid out so. */
export function canLayOut(model: ModelSpec, { tensor, pipeline }: ParallelLayout): boolean {
  return canSplit(model, tensor) && pipeline <= model.layers;
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
export function rankModels(model: ModelSpec, { tensor, pipeline }: ParallelLayout): readonly ModelSpec[] {
  return Array.from({ length: pipeline }, (_, stage) => rankModel(stageModel(model, pipeline, stage), tensor));
}

/** Rows of logits that a device sees whole when it samples: 0 where it does not. */
export function logitsOf(rank: ModelSpec, model: ModelSpec): number {
  return (rank.ends ?? bothEnds).isLast ? model.vocabulary : 0;
}

/** Neighbours among the ranks of a layer that share a host. */
export function ranksPerHost({ devicesPerHost }: Topology, ranks: number): number {
  return Math.min(ranks, devicesPerHost);
}

/** Whether the stage behind this one is, in part at least, in another host. */
export function leavesHost({ devicesPerHost }: Topology, { tensor }: ParallelLayout, stage: number): boolean {
  const first = stage * tensor;
  return Math.floor(first / devicesPerHost) !== Math.floor((first + tensor) / devicesPerHost);
}
