/**
 * Fits the H200: operators to measured operators, then what single operators cannot show to whole steps: the clock
 * under sustained load (operators ran in bursts), and how far unequal contexts hold a step up.
 */

import * as v from 'valibot';
import type { DeviceProfile, OperatorCoefficients } from '../../sim/gpu/device.ts';
import { qkvWidth } from '../../sim/gpu/layer-products.ts';
import { causalPairs, type ModelSpec } from '../../sim/gpu/model.ts';
import {
  type DecodeAttentionCoefficients,
  decodeAttentionUs,
  type ElementwiseCoefficients,
  elementwiseUs,
  type GemmCoefficients,
  gemmUs,
  type PrefillAttentionCoefficients,
  prefillAttentionUs,
  samplingUs,
} from '../../sim/gpu/operators.ts';
import { foldOf } from '../measured/held-out.ts';
import { type MeasuredStep, type StepTable, specOf, stepPredictor } from '../measured/steps.ts';
import { int, positive } from '../recording-format.ts';
import { rounded, search } from './search.ts';

const us = v.number();
export const operatorFile = v.looseObject({
  schema: v.literal('llm-sim-operator-profile/1'),
  gemm: v.array(v.looseObject({ dtype: v.string(), model: v.string(), m: positive, k: positive, n: positive, us })),
  attention_prefill: v.array(
    v.looseObject({ kind: v.string(), heads: positive, dim: positive, seqs: positive, q: positive, kv: positive, us }),
  ),
  attention_decode: v.array(
    v.looseObject({
      kind: v.string(),
      kv_heads: positive,
      dim: positive,
      block: int,
      batch: positive,
      ctx: positive,
      us,
    }),
  ),
  elementwise: v.array(v.looseObject({ op: v.string(), model: v.string(), tokens: positive, us })),
});
export type OperatorFile = v.InferOutput<typeof operatorFile>;

/** Datasheet rates: where a search starts. */
const FLOPS_PER_S = 989e12;
const BYTES_PER_S = 4.8e12;
const PROCESSORS = 132;

export interface FittedH200 {
  readonly operators: OperatorCoefficients;
  /** Products of fp8 by fp8 with bfloat16 results. */
  readonly fp8: GemmCoefficients;
}

/** The measured sizes are nearly all whole tiles, so rounding to tiles is left to the steps. */
const gemmFree = ['fixedUs', 'bytesPerS', 'rampUs', 'rampBytes', 'flopsPerS', 'wastedRows'] as const;

/** Shapes of 7B and 8B models count three times: they are what the profile is used for most. */
function weightOf(model: string): number {
  return model.startsWith('llama3-8b') || model.startsWith('llama2') ? 3 : 1;
}

function fitGemm(file: OperatorFile, dtype: 'bf16' | 'fp8'): GemmCoefficients {
  const rows = file.gemm
    .filter((row) => row.dtype === dtype)
    .map(({ m, k, n, us: measured, model }) => ({ m, k, n, us: measured, weight: weightOf(model) }));
  const start: GemmCoefficients = {
    fixedUs: 3,
    bytesPerS: 0.9 * BYTES_PER_S,
    rampUs: 3,
    rampBytes: 15e6,
    flopsPerS: dtype === 'bf16' ? 0.75 * FLOPS_PER_S : 1.3 * FLOPS_PER_S,
    wastedRows: 15,
    tileRows: 128,
    tileShare: 0.25,
  };
  const weightBytes = dtype === 'bf16' ? 2 : 1;
  const predict = (c: GemmCoefficients, { m, k, n }: (typeof rows)[number]) => gemmUs(c, m, k, n, weightBytes, 2);
  return search(rows, predict, start, gemmFree);
}

/** All elementwise operators of a layer together: two norms with their residual sums, rotation and KV write, activation. */
function fitElementwise(file: OperatorFile, models: Readonly<Record<string, ModelSpec>>): ElementwiseCoefficients {
  const rows = file.elementwise
    .filter((row) => row.op === 'add_rmsnorm' && row.model in models)
    .map((row) => {
      const other = (op: string) =>
        file.elementwise.find((r) => r.op === op && r.model === row.model && r.tokens === row.tokens)?.us ?? Number.NaN;
      const sum = 2 * row.us + other('rope_kv_write') + other('silu_mul');
      return { model: models[row.model], tokens: row.tokens, us: sum, weight: weightOf(row.model) };
    });
  const predict = (c: ElementwiseCoefficients, { model, tokens }: (typeof rows)[number]) =>
    2 * elementwiseUs(c, 8 * model.hidden * tokens) +
    elementwiseUs(c, 4 * qkvWidth(model) * tokens) +
    elementwiseUs(c, 6 * model.intermediate * tokens);
  const start = { fixedUs: 1.8, cacheBytesPerS: 2 * BYTES_PER_S, memoryBytesPerS: 0.85 * BYTES_PER_S };
  return search(rows, predict, start, ['fixedUs', 'cacheBytesPerS', 'memoryBytesPerS']);
}

function fitPrefill(file: OperatorFile): PrefillAttentionCoefficients {
  const rows = file.attention_prefill.filter((row) => row.kind.startsWith('flash2'));
  const start: PrefillAttentionCoefficients = {
    fixedUs: 5,
    flopsPerS: 0.5 * FLOPS_PER_S,
    // Heads of 64 and of 128 elements tell the arithmetic of a pair from what does not grow with the head.
    extraDims: 20,
    extraKeysPerQuery: 150,
    serialUsPerKey: 0.025,
    blocksWanted: PROCESSORS,
    unhidden: 0.3,
  };
  const predict = (c: PrefillAttentionCoefficients, { seqs, q, kv, heads, dim }: (typeof rows)[number]) =>
    prefillAttentionUs(c, { pairs: seqs * causalPairs(q, kv - q), queries: seqs * q, longest: kv }, heads, dim);
  const free = ['fixedUs', 'flopsPerS', 'extraKeysPerQuery', 'serialUsPerKey', 'unhidden', 'extraDims'] as const;
  return search(rows, predict, start, free);
}

function fitDecode(file: OperatorFile): DecodeAttentionCoefficients {
  const rows = file.attention_decode.filter((row) => row.kind === 'paged' && row.block === 16);
  const start: DecodeAttentionCoefficients = {
    fixedUs: 5,
    bytesPerS: 0.9 * BYTES_PER_S,
    rampUs: 8,
    rampBytes: 3e7,
    perSequenceUs: 0.01,
    blockBytesPerS: 19e9,
    blocksWanted: 512,
    unhidden: 0.5,
  };
  const predict = (c: DecodeAttentionCoefficients, { batch, ctx, kv_heads, dim }: (typeof rows)[number]) =>
    decodeAttentionUs(c, batch, batch * ctx, ctx, kv_heads, 4 * dim);
  return search(rows, predict, start, ['fixedUs', 'bytesPerS', 'rampUs', 'rampBytes']);
}

/** What is fitted to whole steps. The first two are shares of what the operators reach. */
interface InSteps {
  readonly gemmRate: number;
  readonly gemmBandwidth: number;
  readonly tileShare: number;
  readonly blockBytesPerS: number;
  readonly unhidden: number;
}

/**
 * @param left the part of the steps that no constant is fitted to
 */
export function fitH200(file: OperatorFile, steps: StepTable, device: DeviceProfile, left: number): FittedH200 {
  const models = Object.fromEntries(Object.entries(steps.models).map(([name, model]) => [name, specOf(name, model)]));
  const sampled = file.elementwise.filter((row) => row.op === 'argmax');
  const sampling = search(sampled, (c, row) => samplingUs(c, row.tokens), { fixedUs: 26, perRowUs: 0.02 }, [
    'fixedUs',
    'perRowUs',
  ]);
  const gemm = fitGemm(file, 'bf16');
  const fp8 = fitGemm(file, 'fp8');
  const elementwise = fitElementwise(file, models);
  const prefillAttention = fitPrefill(file);
  const decodeAttention = fitDecode(file);
  const inGemm = (alone: GemmCoefficients, c: InSteps): GemmCoefficients => ({
    ...alone,
    flopsPerS: alone.flopsPerS * c.gemmRate,
    bytesPerS: alone.bytesPerS * c.gemmBandwidth,
    tileShare: c.tileShare,
  });
  const operatorsAt = (c: InSteps): OperatorCoefficients => ({
    gemm: inGemm(gemm, c),
    elementwise,
    prefillAttention,
    decodeAttention: { ...decodeAttention, blockBytesPerS: c.blockBytesPerS, unhidden: c.unhidden },
    joinedAttention: null,
    sampling,
  });

  // Every row of a search asks for the same coefficients, so the cost models are made once for them.
  const training = steps.steps
    .filter((step) => foldOf(step.label) !== left && !steps.models[step.model].fp8)
    .map((step) => ({ ...step, weight: weightOf(step.model) }));
  let last: InSteps | undefined;
  let predictors: ReturnType<typeof predictorsOf> = {};
  const predict = (c: InSteps, step: MeasuredStep) => {
    if (last !== c) predictors = predictorsOf(steps, { ...device, operators: operatorsAt(c) });
    last = c;
    return predictors[step.model](step.shape);
  };
  const { blockBytesPerS, unhidden } = decodeAttention;
  const from: InSteps = { gemmRate: 1, gemmBandwidth: 1, tileShare: 0.25, blockBytesPerS, unhidden };
  const tuned = search(training, predict, from, [
    'gemmRate',
    'gemmBandwidth',
    'tileShare',
    'blockBytesPerS',
    'unhidden',
  ]);
  return { operators: rounded(operatorsAt(tuned)), fp8: rounded(inGemm(fp8, tuned)) };
}

function predictorsOf(
  steps: StepTable,
  device: DeviceProfile,
): Record<string, (shape: MeasuredStep['shape']) => number> {
  return Object.fromEntries(
    Object.entries(steps.models)
      .filter(([, model]) => !model.fp8)
      .map(([name, model]) => {
        const predictor = stepPredictor(name, model, device);
        if (typeof predictor !== 'function') throw new Error(`${name}: ${predictor.reason}`);
        return [name, predictor];
      }),
  );
}
