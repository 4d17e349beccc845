/** Speculative decoding as knobs: how drafts are made, how many, how often they are right, and what makes them. */

import {
  type Drafter,
  drafterKvBytesPerToken,
  drafterWeightBytes,
  draftingPart,
  draftModelOf,
  eagleHead,
} from '../../sim/gpu/drafting.ts';
import { type ModelSpec, models } from '../../sim/gpu/model.ts';
import { canSplit } from '../../sim/gpu/tensor-parallel.ts';
import type { SpeculationConfig } from '../../sim/phase/speculation.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { type Hardware, type Phase, plainPhase } from './phase.ts';

const methods = ['off', 'ngram', 'eagle', 'draft_model'] as const;
const drafters = ['llama-3.2-1b', 'llama-3.2-3b', 'qwen2.5-0.5b', 'qwen2.5-1.5b'] as const;

/** How drafts are made; `off` = there are none. */
export const draftMethodOf = (knobs: Knobs): string => String(knobs['speculative-method'] ?? 'off');

const common = {
  group: 'engine',
  readBy: 'all',
  phase: 'speculation',
  // A piece of memory of the true length has no places for drafts.
  memories: ['paged', 'contiguous'],
  change: 'start',
  since: 1,
} as const;
const whenOn = (knobs: Knobs): boolean => draftMethodOf(knobs) !== 'off';

export const speculationKnobs: readonly PhaseKnob[] = [
  {
    ...common,
    name: 'speculative-method',
    type: 'choice',
    unit: 'none',
    default: 'off',
    choices: methods,
    text: {
      label: { en: 'Speculative decoding', zh: '推测解码' },
      help: {
        en: 'Cheap drafts of the next tokens are verified by the model in one step: several tokens for one reading of the weights, if the drafts are right.',
        zh: '用低成本方法起草后续 token，由模型在一步中验证：草稿正确时，读一次权重得到多个 token。',
      },
      choices: {
        off: { en: 'Off', zh: '关' },
        ngram: { en: 'N-gram from the prompt', zh: '提示中的 n-gram' },
        eagle: { en: 'EAGLE-like head', zh: '类 EAGLE 头' },
        draft_model: { en: 'Draft model', zh: '草稿模型' },
      },
    },
  },
  {
    ...common,
    name: 'num-speculative-tokens',
    type: 'integer',
    unit: 'tokens',
    isUsed: whenOn,
    default: 3,
    min: 1,
    max: 16,
    step: 1,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Drafts a step', zh: '每步草稿数' },
      help: {
        en: 'More drafts can save more steps, but each is less likely to be right, and all of them are computed.',
        zh: '草稿越多，可能省下的步越多，但越往后越难猜对，而全部都要计算。',
      },
    },
  },
  {
    ...common,
    name: 'acceptance-rate',
    type: 'number',
    unit: 'share',
    isUsed: whenOn,
    default: 0.7,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Acceptance rate', zh: '接受率' },
      help: {
        en: 'Probability that a draft is what the model would have said, if all before it were. It depends on model and text, so it is yours to set.',
        zh: '在前面的草稿都正确时，一个草稿与模型输出一致的概率。它取决于模型和文本，由你设定。',
      },
    },
  },
  {
    ...common,
    name: 'draft-model',
    type: 'choice',
    unit: 'none',
    isUsed: (knobs) => draftMethodOf(knobs) === 'draft_model',
    default: 'llama-3.2-1b',
    choices: drafters,
    text: {
      label: { en: 'Draft model', zh: '草稿模型' },
      help: {
        en: 'Runs once for each draft, takes memory for its weights and for its own keys and values, and must have the same vocabulary.',
        zh: '每个草稿运行一次，占用自身权重与键值的显存，词表必须与主模型相同。',
      },
      choices: Object.fromEntries(drafters.map((id) => [id, { en: models[id].name, zh: models[id].name }])),
    },
  },
];

/**
 * Drafts as a scenario has them. Acceptance is drawn from the scenario's seed by request and position. N-grams are
 * taken to be found every time and at no cost of the host; where nothing is found, a lower acceptance rate says so.
 * `branches`: drafts that each pass of the drafter makes for a sequence.
 */
export function speculationPhase(knobs: Knobs, { model, device, layout }: Hardware, branches: number): Result<Phase> {
  const read = ownKnobReader(speculationKnobs, knobs);
  const ranks = layout.tensor;
  const method = draftMethodOf(knobs);
  if (method !== 'ngram' && method !== 'eagle' && method !== 'draft_model') return { ok: true, value: plainPhase };
  if (layout.context > 1) {
    const found = String(layout.context);
    return {
      ok: false,
      problems: [{ code: 'invalid-value', field: 'prefill-context-parallel-size', found, expected: `1 (${method})` }],
    };
  }
  if (layout.expertParallel) {
    const expected = `off (${method})`;
    return {
      ok: false,
      problems: [{ code: 'invalid-value', field: 'enable-expert-parallel', found: 'on', expected }],
    };
  }
  if (layout.pipeline > 1) {
    const found = String(layout.pipeline);
    return {
      ok: false,
      problems: [{ code: 'invalid-value', field: 'pipeline-parallel-size', found, expected: `1 (${method})` }],
    };
  }
  const tokens = read.number('num-speculative-tokens');
  const drafter = drafterOf(method, read.choice('draft-model'), model, ranks, tokens);
  if (!drafter.ok) return drafter;
  const speculation: SpeculationConfig = {
    method,
    tokens,
    parallelDrafting: false,
    acceptanceRate: read.number('acceptance-rate'),
    seed: knobs.seed,
  };
  const made = drafter.value === null ? null : { ...drafter.value, branches };
  return {
    ok: true,
    value: {
      ...plainPhase,
      changesTime: true,
      besideBytes: made === null ? 0 : drafterWeightBytes(made, ranks),
      besideKvBytesPerToken: made === null ? 0 : drafterKvBytesPerToken(made, ranks),
      parts: (limits) => (made === null ? [] : [draftingPart(made, device, limits, ranks)]),
      // vLLM schedules ahead only with drafters that run on the device.
      configure: () => ({
        speculation,
        ...(method === 'ngram' ? { asyncScheduling: false, batchesInFlight: 1 } : {}),
      }),
    },
  };
}

function drafterOf(
  method: string,
  id: string,
  model: ModelSpec,
  ranks: number,
  tokens: number,
): Result<Drafter | null> {
  if (method === 'ngram') return { ok: true, value: null };
  if (method === 'eagle') return { ok: true, value: eagleHead(model, tokens) };
  const draft = Object.values(models).find((spec) => spec.id === id);
  if (draft === undefined || draft.vocabulary !== model.vocabulary || !canSplit(draft, ranks)) {
    const fitting = drafters.filter(
      (other) => models[other].vocabulary === model.vocabulary && other !== model.id && canSplit(models[other], ranks),
    );
    const expected = fitting.length > 0 ? fitting.join('|') : `vocabulary = ${model.vocabulary} (${model.name})`;
    return { ok: false, problems: [{ code: 'invalid-value', field: 'draft-model', found: id, expected }] };
  }
  return { ok: true, value: draftModelOf(draft, tokens) };
}
