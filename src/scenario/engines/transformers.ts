import { noAdjustment } from '../../sim/gpu/cost-adjustment.ts';
import type { TransformersSettings } from '../../sim/policy/transformers.ts';
import type { Knobs } from '../knobs.ts';
import type { EngineEntry } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';
import { transformersKnobs } from './transformers-knobs.ts';

const reader = (given: Knobs) => ownKnobReader(transformersKnobs, given);

/** Each scheduler's own margin, where none is given. */
function safetyMargin(given: Knobs): number {
  const read = reader(given);
  const margin = read.choice('safety-margin');
  if (margin !== 'auto') return Number(margin);
  return read.choice('scheduler-type') === 'fifo' ? 0.15 : 0;
}

/** Continuous batching of Hugging Face transformers. */
export const transformers: EngineEntry = {
  id: 'transformers',
  name: { en: 'Transformers (continuous batching)', zh: 'Transformers（连续批处理）' },
  sentence: {
    en: 'Decodes, begun prompts and new ones share a step up to its tokens and rows, with the model as it is written: unfused layers, padded graphs and a host in Python.',
    zh: '解码、已开始的提示和新提示共享一步的 token 与行数，模型按原样运行：未融合的层、填充的计算图和 Python 主机端。',
  },
  about: () => import('./about/transformers.ts').then((m) => m.about),
  memories: ['paged'],
  lengthKnob: 'max-length',
  live: ['maxNumBatchedTokens', 'maxNumScheduledTokens'],
  reads: [],
  knobs: transformersKnobs,
  words: () => import('./words/transformers.ts').then((m) => m.words),
  limits(given, device) {
    const read = reader(given);
    const blocks = read.number('cb-num-blocks');
    return {
      tokenBudget: read.number('max-batch-tokens'),
      seats: read.number('max-requests-per-batch'),
      wholePrompts: false,
      blockSize: read.number('cb-block-size'),
      kvShare: { of: 'free', share: read.number('max-memory-percent') },
      shareKnob: 'max-memory-percent',
      // One more, which is never handed out.
      blocks: { count: blocks > 0 ? blocks + 1 : 0, knob: 'cb-num-blocks' },
      maxModelLen: Math.min(read.number('max-length'), device.maxPosition),
      host: { gib: read.number('cpu-offload-space'), knob: 'cpu-offload-space' },
    };
  },
  cost(given) {
    const read = reader(given);
    const isCaptured = read.isOn('use-cuda-graph');
    return {
      ...noAdjustment,
      unfused: {
        capturesMixed: isCaptured,
        capturesDecode: isCaptured,
        kvPadding: read.number('kv-padding-interval-size'),
        decodePathTokens: read.number('max-blocks-per-request') * read.number('cb-block-size'),
        overlapsHost: read.isOn('use-async-batching'),
      },
    };
  },
  configure(given, limits) {
    const read = reader(given);
    const isAsync = read.isOn('use-async-batching');
    const isSharing = read.isOn('allow-block-sharing');
    const settings: TransformersSettings = {
      scheduler: read.choice('scheduler-type') === 'fifo' ? 'fifo' : 'prefill_first',
      safetyMargin: safetyMargin(given),
      maxBlocksPerRequest: read.number('max-blocks-per-request'),
      padsInputs: read.isOn('use-cuda-graph'),
      qPadding: read.number('q-padding-interval-size'),
    };
    return {
      policy: 'transformers',
      settings,
      batchesInFlight: isAsync ? 2 : 1,
      asyncScheduling: isAsync,
      enablePrefixCaching: isSharing,
      // Without sharing every request has a block at least.
      maxNumSeqs: isSharing ? limits.seats : Math.min(limits.seats, limits.numBlocks - 1),
    };
  },
};
