/** A model of one's own: its fields with their limits, and the specification that follows from them. */

import { type ModelSpec, parameters } from '../../sim/gpu/model.ts';
import { type Precision, quantised } from '../../sim/gpu/precision.ts';
import type { Problem } from '../problem.ts';
import type { Result } from '../result.ts';
import { checkFields, type Own, type OwnField, type OwnFields, readOwn, writeOwn } from './text.ts';

const count = (min: number, max: number, fallback?: number): OwnField => ({
  min,
  max,
  isWhole: true,
  default: fallback,
});
const yesOrNo = count(0, 1, 0);

/** In the order in which texts and the form have them. 0 in a field that has it as its default: none, or as it follows from others. */
export const modelFields = {
  layers: count(1, 1000),
  hidden: count(8, 131_072),
  intermediate: count(8, 1_048_576),
  heads: count(1, 1024),
  /** 0 = as many as heads. */
  'kv-heads': count(1, 1024, 0),
  /** 0 = hidden / heads. */
  'head-size': count(4, 1024, 0),
  vocabulary: count(16, 4_194_304),
  'max-position': count(16, 100_000_000),
  tied: yesOrNo,
  bias: yesOrNo,
  'qk-norm': yesOrNo,
  plain: yesOrNo,
  positions: count(1, 100_000_000, 0),
  bits: count(4, 16, 16),
  experts: count(1, 4096, 0),
  'experts-per-token': count(1, 4096, 0),
  'expert-intermediate': count(8, 1_048_576, 0),
  'shared-experts': count(1, 64, 0),
  'dense-layers': count(1, 1000, 0),
  'kv-rank': count(8, 65_536, 0),
  'query-rank': count(8, 65_536, 0),
  'rope-dim': count(2, 1024, 0),
  'nope-dim': count(2, 1024, 0),
  'value-dim': count(2, 1024, 0),
} as const satisfies OwnFields<string>;

export type ModelField = keyof typeof modelFields;
export type OwnModel = Own<ModelField>;

/** More than any model has; beyond it numbers would lose their last digits. */
const mostParameters = 1e14;

const precisionOfBits: Readonly<Record<number, Precision>> = { 16: 'bf16', 8: 'fp8', 4: 'int4' };

/** Reads the value of the knob. */
export function readOwnModel(text: string): Result<OwnModel> {
  const own = readOwn(modelFields, text);
  if (!own.ok) return own;
  const problems = modelMistakes(own.value);
  return problems.length > 0 ? { ok: false, problems } : own;
}

export function writeOwnModel(own: OwnModel): string {
  return writeOwn(modelFields, own);
}

/** A model of one's own from numbers of whatever origin: each is checked, and how they go together. */
export function checkOwnModel(name: string, given: Readonly<Partial<Record<string, number>>>): Result<OwnModel> {
  const values = checkFields(modelFields, given);
  if (!values.ok) return values;
  const own: OwnModel = { name, values: values.value };
  const problems = modelMistakes(own);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: own };
}

/** What does not go together, of numbers each of which is allowed. */
function modelMistakes(own: OwnModel): readonly Problem[] {
  const { values: v } = own;
  const problems: Problem[] = [];
  const expect = (isRight: boolean, field: ModelField, expected: string): void => {
    if (!isRight) problems.push({ code: 'invalid-value', field, found: String(v[field]), expected });
  };
  const hasLatent = v['kv-rank'] > 0;
  const hasExperts = v.experts > 0;
  expect(
    v['head-size'] > 0 || hasLatent || v.hidden % v.heads === 0,
    'head-size',
    `${modelFields['head-size'].min}..${modelFields['head-size'].max}`,
  );
  expect(
    hasLatent || v['kv-heads'] === 0 || v.heads % v['kv-heads'] === 0,
    'kv-heads',
    `1..${v.heads}, ${v.heads} / kv-heads`,
  );
  expect(Object.hasOwn(precisionOfBits, v.bits), 'bits', '16|8|4');
  for (const field of ['experts-per-token', 'expert-intermediate'] as const)
    expect(hasExperts === v[field] > 0, field, hasExperts ? '1.. (experts > 0)' : '0 (experts = 0)');
  expect(v['experts-per-token'] <= Math.max(v.experts, 0) || !hasExperts, 'experts-per-token', `1..${v.experts}`);
  expect(v['shared-experts'] === 0 || hasExperts, 'shared-experts', '0 (experts = 0)');
  expect(
    v['dense-layers'] === 0 || (hasExperts && v['dense-layers'] <= v.layers),
    'dense-layers',
    hasExperts ? `0..${v.layers}` : '0 (experts = 0)',
  );
  for (const field of ['rope-dim', 'nope-dim', 'value-dim'] as const)
    expect(hasLatent === v[field] > 0, field, hasLatent ? '2.. (kv-rank > 0)' : '0 (kv-rank = 0)');
  expect(v['query-rank'] === 0 || hasLatent, 'query-rank', '0 (kv-rank = 0)');
  if (problems.length > 0) return problems;
  const size = parameters(modelOfOwn(own));
  if (size > mostParameters)
    problems.push({
      code: 'out-of-range',
      field: 'layers',
      found: `${size}`,
      expected: `..${mostParameters} parameters`,
    });
  return problems;
}

/** The specification. Its numbers are right, and right together. */
export function modelOfOwn({ name, values: v }: OwnModel): ModelSpec {
  const hasLatent = v['kv-rank'] > 0;
  const headSize = v['head-size'] > 0 ? v['head-size'] : v.hidden / v.heads;
  const spec: ModelSpec = {
    id: 'own',
    name,
    layers: v.layers,
    hidden: v.hidden,
    intermediate: v.intermediate,
    heads: v.heads,
    kvHeads: v['kv-heads'] > 0 && !hasLatent ? v['kv-heads'] : v.heads,
    headDim: hasLatent ? v['rope-dim'] + v['nope-dim'] : headSize,
    vocabulary: v.vocabulary,
    weightElementBytes: 2,
    kvElementBytes: 2,
    maxPosition: v['max-position'],
    tiedEmbeddings: v.tied === 1,
    attentionBias: v.bias === 1,
    ...(v['qk-norm'] === 1 ? { queryKeyNorm: true } : {}),
    ...(v.plain === 1 ? { feedForward: 'plain' } : {}),
    ...(v.positions > 0 ? { learnedPositions: v.positions } : {}),
    ...(v.experts > 0
      ? {
          experts: {
            count: v.experts,
            perToken: v['experts-per-token'],
            shared: v['shared-experts'],
            intermediate: v['expert-intermediate'],
            denseLayers: v['dense-layers'],
          },
        }
      : {}),
    ...(hasLatent
      ? {
          latent: {
            kvRank: v['kv-rank'],
            queryRank: v['query-rank'],
            ropeDim: v['rope-dim'],
            nopeDim: v['nope-dim'],
            valueDim: v['value-dim'],
          },
        }
      : {}),
  };
  const published = precisionOfBits[v.bits];
  return published === 'bf16' ? spec : { ...quantised(spec, published, 'bf16'), publishedIn: published };
}
