/** Whole steps that were measured, each with its shape, the model that ran and how it was split (format `llm-sim-steps/1`). */

import * as v from 'valibot';
import { type BatchShape, createBatchShape } from '../../sim/gpu/cost.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import { createCost } from '../../sim/gpu/operator-cost.ts';
import { type Exchange, libraryOnly, type PeerLink } from '../../sim/gpu/peer-link.ts';
import { deviceFor, productPrecision, quantised } from '../../sim/gpu/precision.ts';
import { canSplit, createParallelCost, rankModel } from '../../sim/gpu/tensor-parallel.ts';
import { int, positive } from '../recording-format.ts';

const stepModel = v.looseObject({
  layers: positive,
  hidden: positive,
  heads: positive,
  kv_heads: positive,
  dim: positive,
  inter: positive,
  vocab: positive,
  bias: v.boolean(),
  tp: positive,
  fp8: v.boolean(),
  /** What all-reduces took on the machine of the steps; left out: what they take over the device's link. */
  all_reduce: v.optional(
    v.object({ start_us: v.number(), bytes_per_s: v.number(), ramp_us: v.number(), ramp_bytes: positive }),
  ),
});
type StepModel = v.InferOutput<typeof stepModel>;

const stepRow = v.looseObject({
  model: v.string(),
  kind: v.picklist(['decode', 'prefill', 'mixed']),
  decodes: int,
  decode_ctx_sum: int,
  decode_ctx_max: int,
  prefill: v.array(v.tuple([positive, int])),
  tokens: positive,
  seqs: int,
  us: v.number(),
  eager_us: v.optional(v.nullable(v.number())),
});
type StepRow = v.InferOutput<typeof stepRow>;

/** What makes a file one of measured steps. Rows and models are checked one by one, so that an odd one is named and not the end of it. */
export const stepFile = v.looseObject({
  schema: v.literal('llm-sim-steps/1'),
  device: v.optional(v.looseObject({ name: v.string() })),
  models: v.record(v.string(), v.unknown()),
  points: v.array(v.unknown()),
});
export type StepFile = v.InferOutput<typeof stepFile>;

export interface MeasuredStep {
  readonly model: string;
  readonly kind: StepRow['kind'];
  /** What was computed, in words; also what decides the part of the data that the row belongs to. */
  readonly label: string;
  readonly shape: BatchShape;
  readonly us: number;
  /** Launched operator by operator; null = not measured. */
  readonly eagerUs: number | null;
}

/** A row that cannot be predicted, and why. */
export interface Unpredicted {
  readonly label: string;
  readonly reason: string;
}

export interface StepTable {
  readonly deviceName: string;
  readonly models: Readonly<Record<string, StepModel>>;
  readonly steps: readonly MeasuredStep[];
  readonly unpredicted: readonly Unpredicted[];
}

export function readSteps(file: StepFile): StepTable {
  const models: Record<string, StepModel> = {};
  const oddModels: Record<string, string> = {};
  for (const [name, content] of Object.entries(file.models)) {
    const parsed = v.safeParse(stepModel, content);
    if (parsed.success) models[name] = parsed.output;
    else oddModels[name] = `models.${name}.${v.getDotPath(parsed.issues[0]) ?? ''}: ${parsed.issues[0].message}`;
  }
  const steps: MeasuredStep[] = [];
  const unpredicted: Unpredicted[] = [];
  file.points.forEach((content, i) => {
    const parsed = v.safeParse(stepRow, content);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      unpredicted.push({ label: `row ${i}`, reason: `${v.getDotPath(issue) ?? 'row'}: ${issue.message}` });
      return;
    }
    const row = parsed.output;
    const label = labelOf(row);
    if (Object.hasOwn(models, row.model)) steps.push(stepOf(row, label));
    else unpredicted.push({ label, reason: oddModels[row.model] ?? `no shape of ${row.model} in the file` });
  });
  return { deviceName: file.device?.name ?? '', models, steps, unpredicted };
}

function labelOf(row: StepRow): string {
  const chunks = row.prefill.map(([fresh, cached]) => (cached === 0 ? `${fresh}` : `${fresh}+${cached}`)).join(' ');
  const decodes =
    row.decodes === 0 ? '' : ` ${row.decodes} decodes (sum ${row.decode_ctx_sum}, max ${row.decode_ctx_max})`;
  return `${row.model}${decodes}${chunks === '' ? '' : ` chunks ${chunks}`}`;
}

function stepOf(row: StepRow, label: string): MeasuredStep {
  const shape = createBatchShape(row.prefill.length);
  shape.tokens = row.tokens;
  shape.samples = row.seqs;
  shape.decodes = row.decodes;
  shape.decodeContextSum = row.decode_ctx_sum;
  shape.decodeContextMax = row.decode_ctx_max;
  shape.chunkCount = row.prefill.length;
  row.prefill.forEach(([fresh, cached], i) => {
    shape.chunkNew[i] = fresh;
    shape.chunkCached[i] = cached;
  });
  return { model: row.model, kind: row.kind, label, shape, us: row.us, eagerUs: row.eager_us ?? null };
}

/** The model as the cost model knows it, before it is split. */
export function specOf(name: string, model: StepModel): ModelSpec {
  return {
    id: 'llama-3-8b',
    name,
    layers: model.layers,
    hidden: model.hidden,
    intermediate: model.inter,
    heads: model.heads,
    kvHeads: model.kv_heads,
    headDim: model.dim,
    vocabulary: model.vocab,
    weightElementBytes: 2,
    kvElementBytes: 2,
    maxPosition: Number.MAX_SAFE_INTEGER,
    tiedEmbeddings: false,
    attentionBias: model.bias,
  };
}

/** Time of each step of `model` on `device`, or why there is none. */
export function stepPredictor(
  name: string,
  model: StepModel,
  device: DeviceProfile,
): ((shape: BatchShape) => number) | { readonly reason: string } {
  const { tp, fp8 } = model;
  if ('experts' in model || 'num_experts' in model) return { reason: 'the format says nothing of how experts are met' };
  const weights = fp8 ? 'fp8' : 'bf16';
  if (productPrecision(device, weights) !== weights) return { reason: `${device.name} has no products in ${weights}` };
  const spec = quantised(specOf(name, model), weights, 'bf16');
  const runs = deviceFor(device, weights);
  if (!canSplit(spec, tp)) return { reason: `${tp} devices cannot share ${model.heads} heads` };
  const limits = { maxTokens: 0, maxSequences: 0 };
  // One rank computes without hearing of the others.
  if (name.endsWith('-shard')) return createCost(rankModel(spec, tp), runs, limits).stepUs;
  if (tp === 1) return createParallelCost(spec, runs, tp, limits).stepUs;
  if (device.peerLink === null) return { reason: `${device.name} has no link to its peers` };
  return createParallelCost(spec, { ...runs, peerLink: linkOf(model, device.peerLink) }, tp, limits).stepUs;
}

/** Recorded steps leave all-reduces to NCCL. */
function linkOf({ all_reduce: own }: StepModel, link: PeerLink): PeerLink {
  const library = libraryOnly(link);
  if (own === undefined) return library;
  const exchange: Exchange = {
    startUs: own.start_us,
    stepUs: 0,
    bytesPerS: own.bytes_per_s,
    rampUs: own.ramp_us,
    rampBytes: own.ramp_bytes,
  };
  return { ...library, allReduce: exchange, gather: exchange };
}
