/** Images and audio as knobs: what requests carry, and what the engine sets aside for encoding it. */

import { encoderPart } from '../../sim/gpu/encoder-cost.ts';
import { audioEncoder, encoderWeightBytes, imageEncoder } from '../../sim/gpu/encoder-model.ts';
import type { EncoderConfig } from '../../sim/phase/encoder.ts';
import { audioTokens, type MultimodalOptions } from '../../workload/multimodal.ts';
import type { EncoderItems } from '../engines/entry.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';
import { type Hardware, type Phase, plainPhase } from './phase.ts';

const ofWorkload = {
  readBy: 'all',
  group: 'workload',
  workloads: ['multimodal'],
  change: 'start',
  since: 1,
} as const;
const ofEncoder = { ...ofWorkload, group: 'engine', phase: 'encoder-cache' } as const;
const whole = { type: 'integer', step: 1, scale: 'log', zero: false } as const;
const share = { type: 'number', unit: 'share', min: 0, max: 1, step: 0.01, scale: 'linear', zero: true } as const;

export const multimodalKnobs: readonly PhaseKnob[] = [
  {
    ...ofWorkload,
    ...whole,
    name: 'image-tokens',
    unit: 'tokens',
    default: 576,
    min: 16,
    max: 16_384,
    text: {
      label: { en: 'Tokens of an image', zh: '每张图像的 token' },
      help: {
        en: 'Placeholders that an image takes in the prompt: 576 for 336 by 336 pixels, and as many again for every further tile.',
        zh: '一张图像在提示中占的占位 token：336×336 像素为 576，每多一个图块再加同样多。',
      },
    },
  },
  {
    ...ofWorkload,
    ...whole,
    name: 'images-per-request',
    unit: 'none',
    scale: 'linear',
    default: 1,
    min: 1,
    max: 16,
    text: {
      label: { en: 'Images of a request', zh: '每个请求的图像' },
      help: { en: 'Images that a request without audio carries.', zh: '不带音频的请求所带的图像数。' },
    },
  },
  {
    ...ofWorkload,
    ...share,
    name: 'image-repeat',
    default: 0.3,
    text: {
      label: { en: 'Repeated images', zh: '重复的图像' },
      help: {
        en: 'Share of the images that are one of twenty popular ones; the others are seen once.',
        zh: '属于二十张热门图像的比例；其余图像只出现一次。',
      },
    },
  },
  {
    ...ofWorkload,
    ...share,
    name: 'audio-share',
    default: 0,
    text: {
      label: { en: 'Requests with audio', zh: '带音频的请求' },
      help: {
        en: 'Share of the requests that carry a recording instead of images.',
        zh: '以一段录音代替图像的请求所占的比例。',
      },
    },
  },
  {
    ...ofWorkload,
    ...whole,
    name: 'audio-seconds',
    unit: 's',
    isUsed: (knobs) => Number(knobs['audio-share'] ?? 0) > 0,
    default: 15,
    min: 1,
    max: 600,
    text: {
      label: { en: 'Length of a recording', zh: '录音长度' },
      help: {
        en: '25 tokens a second in the prompt; the encoder computes whole windows of 30 s.',
        zh: '提示中每秒 25 个 token；编码器按 30 秒的整窗计算。',
      },
    },
  },
  {
    ...ofEncoder,
    ...whole,
    name: 'encoder-budget',
    unit: 'tokens',
    zero: true,
    default: 0,
    min: 16,
    max: 131_072,
    text: {
      label: { en: 'Encoder budget', zh: '编码器预算' },
      help: {
        en: 'Image and audio tokens that a step may encode. vLLM takes the token budget; no less than the largest item.',
        zh: '一步可编码的图像与音频 token。vLLM 取 token 预算；不低于最大的一项。',
      },
      zero: { en: 'as the token budget', zh: '同 token 预算' },
    },
  },
  {
    ...ofEncoder,
    ...whole,
    name: 'encoder-cache-size',
    unit: 'tokens',
    zero: true,
    default: 0,
    min: 16,
    max: 1_048_576,
    text: {
      label: { en: 'Encoder cache', zh: '编码器缓存' },
      help: {
        en: 'Encoded tokens that are kept, so that the same image is not encoded again. vLLM takes the token budget; no less than the largest item.',
        zh: '保留的已编码 token，使同一图像不再编码。vLLM 取 token 预算；不低于最大的一项。',
      },
      zero: { en: 'as the token budget', zh: '同 token 预算' },
    },
  },
  {
    ...ofEncoder,
    name: 'disable-chunked-mm-input',
    type: 'switch',
    unit: 'none',
    default: false,
    text: {
      label: { en: 'Images in one step', zh: '图像不分步' },
      help: {
        en: 'The placeholders of an image are computed in one step, or not begun in it.',
        zh: '一张图像的占位 token 在一步内算完，否则这一步不开始。',
      },
    },
  },
];

/** What the requests of such a workload carry. */
export function multimodalOptions(knobs: Knobs): MultimodalOptions {
  const read = ownKnobReader(multimodalKnobs, knobs);
  return {
    requests: knobs.requests,
    ratePerS: knobs.rate,
    seed: knobs.seed,
    imageTokens: read.number('image-tokens'),
    imagesPerRequest: read.number('images-per-request'),
    repeatShare: read.number('image-repeat'),
    audioShare: read.number('audio-share'),
    audioS: read.number('audio-seconds'),
  };
}

/** Encoders that a scenario needs, and the tokens of the largest item of each. */
interface Items {
  readonly image: number;
  readonly audio: number;
}

function itemsOf(knobs: Knobs): Items {
  const { imageTokens, audioShare, audioS } = multimodalOptions(knobs);
  return { image: audioShare < 1 ? imageTokens : 0, audio: audioShare > 0 ? audioTokens(audioS) : 0 };
}

/**
 * The encoders of a scenario with images or audio, for an engine that has them. Each is loaded only where it is
 * needed, and every device has all of it. `own`: the limits of an engine that encodes whole items. `isKept`: the engine has
 * an encoder budget, and keeps what was encoded.
 */
export function multimodalPhase(
  knobs: Knobs,
  hardware: Hardware,
  { own, isKept }: { readonly own: EncoderItems | undefined; readonly isKept: boolean },
): Result<Phase> {
  if (knobs.workload !== 'multimodal') return { ok: true, value: plainPhase };
  return own === undefined
    ? budgetPhase(knobs, hardware, isKept)
    : { ok: true, value: itemPhase(knobs, hardware, own) };
}

/** Weights of the encoders, and their shares of a step. */
function encodersOf({ image, audio }: Items, { model, device }: Hardware) {
  const { hidden } = model;
  return {
    weightBytes:
      (image > 0 ? encoderWeightBytes(imageEncoder, hidden) : 0) +
      (audio > 0 ? encoderWeightBytes(audioEncoder, hidden) : 0),
    parts: () => [
      ...(image > 0 ? [encoderPart(imageEncoder, 'image-encoder', (s) => s.imageWindows, device, hidden)] : []),
      ...(audio > 0 ? [encoderPart(audioEncoder, 'audio-encoder', (s) => s.audioWindows, device, hidden)] : []),
    ],
  };
}

/** Rows of the encoder in a step, and room for what they become until it is computed, as TensorRT-LLM has them. */
function itemPhase(knobs: Knobs, hardware: Hardware, { maxItems, maxRows, cacheBytes }: EncoderItems): Phase {
  const { hidden, weightElementBytes } = hardware.model;
  const items = itemsOf(knobs);
  const { weightBytes, parts } = encodersOf(items, hardware);
  const both = [
    { spec: imageEncoder, largest: items.image },
    { spec: audioEncoder, largest: items.audio },
  ].filter(({ largest }) => largest > 0);
  const rows = both.map(({ spec, largest }) => Math.ceil(largest / spec.windowTokens) * spec.windowRows);
  const budget = Math.max(maxRows, ...rows);
  const outputs = both.map(({ spec }) => Math.floor(budget / spec.windowRows) * spec.windowTokens);
  const outputTokens = Math.max(...outputs);
  const embeddingBytes = hidden * weightElementBytes;
  const encoder: EncoderConfig = {
    budget,
    cacheSize: Math.floor(cacheBytes / embeddingBytes),
    disableChunkedInput: false,
    imageWindow: imageEncoder.windowTokens,
    audioWindow: audioEncoder.windowTokens,
    items: {
      maxItems,
      outputTokens,
      windowRows: { image: imageEncoder.windowRows, audio: audioEncoder.windowRows },
    },
  };
  return {
    ...plainPhase,
    changesTime: true,
    besideBytes: weightBytes + outputTokens * embeddingBytes + cacheBytes,
    parts,
    configure: () => ({ encoder }),
  };
}

/** Budget and cache in embeddings, as vLLM has them. */
function budgetPhase(knobs: Knobs, hardware: Hardware, isKept: boolean): Result<Phase> {
  const { model } = hardware;
  const read = ownKnobReader(multimodalKnobs, knobs);
  const items = itemsOf(knobs);
  const { weightBytes, parts } = encodersOf(items, hardware);
  const largest = Math.max(items.image, items.audio);
  const disableChunkedInput = isKept && read.isOn('disable-chunked-mm-input');
  const budget = knobs['max-num-batched-tokens'];
  if (disableChunkedInput && largest > budget) {
    return {
      ok: false,
      problems: [
        {
          code: 'invalid-value',
          field: 'disable-chunked-mm-input',
          found: 'on',
          // In signs, which need no language.
          expected: `off | max-num-batched-tokens >= ${largest}`,
        },
      ],
    };
  }
  const size = (knob: string, tokenBudget: number): number =>
    !isKept ? 0 : Math.max(read.number(knob) > 0 ? read.number(knob) : tokenBudget, largest);
  const embeddingBytes = model.hidden * model.weightElementBytes;
  return {
    ok: true,
    value: {
      ...plainPhase,
      changesTime: true,
      besideBytes: weightBytes + size('encoder-cache-size', budget) * embeddingBytes,
      parts,
      configure: ({ maxNumBatchedTokens }) => {
        const encoder: EncoderConfig = {
          budget: size('encoder-budget', maxNumBatchedTokens),
          cacheSize: size('encoder-cache-size', maxNumBatchedTokens),
          disableChunkedInput,
          imageWindow: imageEncoder.windowTokens,
          audioWindow: audioEncoder.windowTokens,
        };
        return { encoder };
      },
    },
  };
}
