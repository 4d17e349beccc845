/**
 * The drafter of speculative decoding: what it is, the memory it takes, and its time. It runs after the model, in the
 * same step: once over all tokens of the step, so that its own KV keeps up, and then once for each further draft, over
 * the sequences that get drafts (vLLM, `EagleProposer.propose` in `v1/spec_decode/eagle.py`, commit 008603a).
 * Verification is the model's own step.
 */

import { type BatchShape, clearShape, createBatchShape, type StepPart } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { matrixElements } from './layer-products.ts';
import { kvBytesPerToken, type ModelSpec, weightBytes } from './model.ts';
import type { CostLimits } from './operator-cost.ts';
import { gemmUs } from './operators.ts';
import { createParallelCost, rankModel } from './tensor-parallel.ts';

/**
 * Something that makes drafts. `null` in its place: drafts come from the host, as n-grams do, at no time of the
 * device.
 */
export interface Drafter {
  /** The model that runs for each draft; of an EAGLE-like head, one layer of the model it belongs to. */
  readonly model: ModelSpec;
  /** A head reads the model's last hidden states beside the token: one more matrix, from two widths to one. */
  readonly isHead: boolean;
  /** Drafts a step. */
  readonly tokens: number;
  /** All drafts come from one pass. */
  readonly isParallel: boolean;
  /** Drafts that each pass goes on from, for every sequence: the branches of a tree. */
  readonly branches: number;
}

/**
 * A head like EAGLE's (arXiv 2401.15077): one decoder layer of the model's shape that shares its embedding and its output
 * projection. EAGLE-3 (arXiv 2503.01840) reads three hidden states instead of one and has a smaller output vocabulary;
 * those differences are left out. Heads for models with experts have one plain feed-forward layer, as those published, and
 * every head has 16 bits.
 */
export function eagleHead(model: ModelSpec, tokens: number): Drafter {
  const head = { ...model, layers: 1, experts: undefined, matrixElementBytes: undefined, publishedIn: undefined };
  return { model: head, isHead: true, tokens, isParallel: false, branches: 1 };
}

/** A smaller model with the same vocabulary. */
export function draftModelOf(model: ModelSpec, tokens: number): Drafter {
  return { model, isHead: false, tokens, isParallel: false, branches: 1 };
}

/** Elements of the matrix with which a head joins a hidden state and an embedding. */
const joinElements = ({ model, isHead }: Drafter): number => (isHead ? 2 * model.hidden * model.hidden : 0);

/** Memory that the drafter's own weights take on each of `ranks` devices; the matrix that joins is on all of them. */
export function drafterWeightBytes(drafter: Drafter, ranks = 1): number {
  const part = rankModel(drafter.model, ranks);
  if (!drafter.isHead) return weightBytes(part);
  return (matrixElements(part) + joinElements(drafter)) * part.weightElementBytes;
}

/**
 * Bytes of the drafter's keys and values of one token on each of `ranks` devices; they live in the same blocks as the
 * model's.
 */
export function drafterKvBytesPerToken(drafter: Drafter, ranks = 1): number {
  return kvBytesPerToken(rankModel(drafter.model, ranks));
}

/**
 * The drafter's share of a step, divided among devices as the model is. Its passes are launched without time for the
 * host in between.
 */
export function draftingPart(drafter: Drafter, device: DeviceProfile, limits: CostLimits, ranks = 1): StepPart {
  const { model, isHead, tokens: drafts, isParallel, branches } = drafter;
  const cost = createParallelCost(model, { ...device, stepOverheadUs: 0 }, ranks, limits);
  const pass = createBatchShape(0);
  const passes = isParallel ? 1 : drafts;

  /** The pass over everything in the step; only the last position of a sequence is drafted from. */
  function first(shape: BatchShape): BatchShape {
    return Object.assign(pass, shape, { samples: shape.drafters, drafters: 0, imageWindows: 0, audioWindows: 0 });
  }

  /** A pass that adds draft number `number`, from 1: one token a sequence and branch. */
  function further(shape: BatchShape, number: number): BatchShape {
    const { drafters, drafterContextSum, drafterContextMax } = shape;
    const rows = drafters * branches;
    clearShape(pass);
    pass.tokens = rows;
    pass.samples = rows;
    pass.decodes = rows;
    pass.decodeContextSum = drafterContextSum * branches + rows * number;
    pass.decodeContextMax = drafterContextMax + number;
    return pass;
  }

  const joinUs = (tokens: number): number =>
    isHead ? gemmUs(device.operators.gemm, tokens, 2 * model.hidden, model.hidden, model.weightElementBytes) : 0;

  /** Sums over all passes. */
  function sum(shape: BatchShape, of: (pass: BatchShape) => number): number {
    if (shape.tokens === 0) return 0;
    let total = of(first(shape));
    if (shape.drafters > 0) for (let i = 1; i < passes; i++) total += of(further(shape, i));
    return total;
  }

  return {
    operator: 'drafting',
    limit: 'bandwidth',
    us: (shape) => sum(shape, (p) => cost.stepUs(p) + joinUs(p.tokens)),
    flops: (shape) => sum(shape, (p) => cost.flops(p) + 2 * joinElements(drafter) * p.tokens),
    bytes: (shape) => sum(shape, (p) => (cost.bytes?.(p) ?? 0) + joinElements(drafter) * model.weightElementBytes),
  };
}

/**
 * Tokens that a step delivers to a sequence, expected: (1 - a^(k+1)) / (1 - a), for k drafts of which each is right with
 * probability a if all before it are (Y. Leviathan and others, arXiv 2211.17192, equation 1).
 */
export function expectedTokens(acceptance: number, drafts: number): number {
  let power = 1;
  let sum = 1;
  for (let i = 0; i < drafts; i++) {
    power *= acceptance;
    sum += power;
  }
  return sum;
}
