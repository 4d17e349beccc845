/** Precision of weights and KV cache as knobs, fixed or changing under load. */

import { transferUs } from '../../sim/gpu/host-link.ts';
import { rankModels } from '../../sim/gpu/layout.ts';
import { weightBytes } from '../../sim/gpu/model.ts';
import { type Precision, precisions, quantised } from '../../sim/gpu/precision.ts';
import type { QuantisationConfig } from '../../sim/phase/quantisation.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { PhaseKnob, Text } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { type Hardware, type Phase, plainPhase } from './phase.ts';

const names: Readonly<Record<Precision, Text>> = {
  bf16: { en: 'bf16, 16 bits', zh: 'bf16，16 位' },
  fp8: { en: 'fp8, 8 bits', zh: 'fp8，8 位' },
  int8: { en: 'int8, 8 bits', zh: 'int8，8 位' },
  int4: { en: 'int4, 4 bits', zh: 'int4，4 位' },
};
const { bf16: _, ...fewerBits } = names;

const isDynamic = (knobs: Knobs): boolean => (knobs['dynamic-quantisation'] ?? 'off') !== 'off';
const common = { readBy: 'all', change: 'start', since: 1 } as const;

export const precisionKnobs: readonly PhaseKnob[] = [
  {
    ...common,
    name: 'weight-precision',
    type: 'choice',
    group: 'hardware',
    unit: 'none',
    default: 'bf16',
    choices: precisions,
    text: {
      label: { en: 'Weights', zh: '权重精度' },
      help: {
        en: 'Bits of the layers’ matrices. 8-bit products run faster where the GPU has them; 4-bit weights save memory and its traffic only. With bf16 a model published in fp8 stays in fp8. What it does to the answers is not modelled.',
        zh: '各层矩阵的位数。支持 8 位乘法的 GPU 上更快；4 位权重只省显存与访存。选 bf16 时，以 fp8 发布的模型仍为 fp8。对回答质量的影响未建模。',
      },
      choices: names,
    },
  },
  {
    ...common,
    name: 'kv-precision',
    flag: '--kv-cache-dtype',
    type: 'choice',
    group: 'memory',
    unit: 'none',
    default: 'bf16',
    choices: precisions,
    text: {
      label: { en: 'Keys and values', zh: 'KV 精度' },
      help: {
        en: 'Bits of a cached key or value: fewer let more tokens into the pool and make decodes read less. What it does to the answers is not modelled.',
        zh: '每个缓存键或值的位数：位数越少，池中放得下的 token 越多，解码读得越少。对回答质量的影响未建模。',
      },
      choices: names,
    },
  },
  {
    ...common,
    name: 'dynamic-quantisation',
    type: 'choice',
    group: 'engine',
    unit: 'none',
    default: 'off',
    choices: ['off', 'resident', 'reload'],
    text: {
      label: { en: 'Dynamic quantisation', zh: '动态量化' },
      help: {
        en: 'While many requests wait, steps read the weights in fewer bits. The second copy takes GPU memory, or is copied from the host at every change. No engine does this by itself yet.',
        zh: '等待的请求多时，各步改读位数较少的权重。第二份权重常驻显存，或每次切换时从主机复制。目前没有引擎自带此功能。',
      },
      choices: {
        off: { en: 'Off', zh: '关' },
        resident: { en: 'Both copies in GPU memory', zh: '两份都在显存中' },
        reload: { en: 'Copied from the host', zh: '从主机复制' },
      },
    },
  },
  {
    ...common,
    name: 'dynamic-precision',
    type: 'choice',
    group: 'engine',
    unit: 'none',
    isUsed: isDynamic,
    default: 'fp8',
    choices: ['fp8', 'int8', 'int4'],
    text: {
      label: { en: 'Weights under load', zh: '高负载时的权重' },
      help: { en: 'Bits of the weights while many wait.', zh: '等待的请求多时权重的位数。' },
      choices: fewerBits,
    },
  },
  {
    ...common,
    name: 'dynamic-waiting-high',
    type: 'integer',
    group: 'engine',
    unit: 'requests',
    isUsed: isDynamic,
    default: 8,
    min: 1,
    max: 10_000,
    step: 1,
    scale: 'log',
    zero: false,
    text: {
      label: { en: 'Fewer bits from', zh: '降低精度的阈值' },
      help: {
        en: 'Requests that a step leaves waiting, from which on the weights are read in fewer bits.',
        zh: '一步之后仍在等待的请求达到此数时，改读位数较少的权重。',
      },
    },
  },
  {
    ...common,
    name: 'dynamic-waiting-low',
    type: 'integer',
    group: 'engine',
    unit: 'requests',
    isUsed: isDynamic,
    default: 0,
    min: 0,
    max: 10_000,
    step: 1,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'All bits again at', zh: '恢复精度的阈值' },
      help: {
        en: 'Requests still waiting at which all bits are read again; below the other threshold, so that the two do not alternate.',
        zh: '等待的请求降到此数时恢复完整精度；低于另一阈值，以免来回切换。',
      },
    },
  },
  {
    ...common,
    name: 'dynamic-hold-ms',
    type: 'integer',
    group: 'engine',
    unit: 'ms',
    isUsed: isDynamic,
    default: 1000,
    min: 0,
    max: 600_000,
    step: 1,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Shortest stay', zh: '最短停留' },
      help: { en: 'Time between two changes at least.', zh: '两次切换之间的最短时间。' },
    },
  },
];

export interface PrecisionChoice {
  readonly weights: Precision;
  readonly kv: Precision;
  /** Precision under load; null where it does not change. */
  readonly small: Precision | null;
}

/** The precisions that a scenario names; a name that is none counts as 16 bits, which no checked knob has. */
export function precisionOf(knobs: Knobs): PrecisionChoice {
  const read = ownKnobReader(precisionKnobs, knobs);
  const named = (knob: string): Precision => precisions.find((p) => p === read.choice(knob)) ?? 'bf16';
  return {
    weights: named('weight-precision'),
    kv: named('kv-precision'),
    small: isDynamic(knobs) ? named('dynamic-precision') : null,
  };
}

/**
 * Dynamic quantisation as a scenario has it. With `resident` both copies take device memory and a change costs
 * nothing; with `reload` one of them does, the pool is made for the larger, and each change copies the other one from
 * pinned host memory while no step runs.
 */
export function quantisationPhase(knobs: Knobs, { model, device, layout }: Hardware): Result<Phase> {
  const { weights, kv, small } = precisionOf(knobs);
  if (small === null) return { ok: true, value: { ...plainPhase, changesTime: weights !== 'bf16' || kv !== 'bf16' } };
  const read = ownKnobReader(precisionKnobs, knobs);
  // Of the stage that has most; the others change theirs at the same time.
  const bytesIn = (precision: Precision): number =>
    Math.max(...rankModels(model, layout).map((rank) => weightBytes(quantised(rank, precision, kv))));
  const usualBytes = bytesIn(weights);
  const smallBytes = bytesIn(small);
  if (smallBytes >= usualBytes) {
    return failed('dynamic-precision', small, `< ${weights}`);
  }
  const isReloading = read.choice('dynamic-quantisation') === 'reload';
  if (isReloading && device.hostLink === null) {
    return {
      ok: false,
      problems: [{ code: 'host-link-unknown', field: 'dynamic-quantisation', found: device.name }],
    };
  }
  const waitingHigh = read.number('dynamic-waiting-high');
  const waitingLow = read.number('dynamic-waiting-low');
  if (waitingLow >= waitingHigh) return failed('dynamic-waiting-low', String(waitingLow), `0..${waitingHigh - 1}`);
  const copyUs = (bytes: number): number =>
    isReloading && device.hostLink !== null ? transferUs(device.hostLink, bytes) : 0;
  const quantisation: QuantisationConfig = {
    waitingHigh,
    waitingLow,
    holdUs: read.number('dynamic-hold-ms') * 1000,
    toSmallUs: copyUs(smallBytes),
    toUsualUs: copyUs(usualBytes),
    usual: precisions.indexOf(weights),
    small: precisions.indexOf(small),
  };
  return {
    ok: true,
    value: {
      ...plainPhase,
      changesTime: true,
      besideBytes: isReloading ? 0 : smallBytes,
      configure: () => ({ quantisation }),
    },
  };
}

function failed(field: string, found: string, expected: string): Result<never> {
  return { ok: false, problems: [{ code: 'invalid-value', field, found, expected }] };
}
