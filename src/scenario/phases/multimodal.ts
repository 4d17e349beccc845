/** Images and audio as knobs: what requests carry, and what the engine sets aside for encoding it. */

import { encoderPart } from '../../sim/gpu/encoder-cost.ts';
import { audioEncoder, encoderWeightBytes, imageEncoder } from '../../sim/gpu/encoder-model.ts';
import type { EncoderConfig } from '../../sim/phase/encoder.ts';
import { audioTokens, type MultimodalOptions } from '../../workload/multimodal.ts';
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

/**
 * The encoders of a scenario with images or audio, for an engine that has them. Each is loaded only where it is
 * needed, and every device has all of it. `isKept`: the engine has an encoder budget, and keeps what was encoded.
 */
export function multimodalPhase(knobs: Knobs, { model, device }: Hardware, isKept: boolean): Result<Phase> {
  if (knobs.workload !== 'multimodal') return { ok: true, value: plainPhase };
  const read = ownKnobReader(multimodalKnobs, knobs);
  const { imageTokens, audioShare, audioS } = multimodalOptions(knobs);
  const hasImages = audioShare < 1;
  const hasAudio = audioShare > 0;
  const largest = Math.max(hasImages ? imageTokens : 0, hasAudio ? audioTokens(audioS) : 0);
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
  const { hidden } = model;
  return {
    ok: true,
    value: {
      ...plainPhase,
      changesTime: true,
      besideBytes:
        (hasImages ? encoderWeightBytes(imageEncoder, hidden) : 0) +
        (hasAudio ? encoderWeightBytes(audioEncoder, hidden) : 0) +
        size('encoder-cache-size', budget) * embeddingBytes,
      parts: () => [
        ...(hasImages ? [encoderPart(imageEncoder, 'image-encoder', (s) => s.imageWindows, device, hidden)] : []),
        ...(hasAudio ? [encoderPart(audioEncoder, 'audio-encoder', (s) => s.audioWindows, device, hidden)] : []),
      ],
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
