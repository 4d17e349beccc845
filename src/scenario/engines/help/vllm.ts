/** What vLLM's own knobs do, a sentence each. */

import type { Text } from '../../knob-entry.ts';

export const help: Readonly<Record<string, Text>> = {
  'enforce-eager': {
    en: 'Steps are not padded to the size of a captured graph, and each kernel is launched by itself; where launches take longer than kernels, that is not counted.',
    zh: '各步不再填充到已捕获图的大小，每个内核单独启动；启动比内核更久的部分不计。',
  },
  'max-cudagraph-capture-size': {
    en: 'Steps of up to so many tokens are padded to the next captured size; larger ones run as they are.',
    zh: '不超过此 token 数的步填充到下一个已捕获的大小；更大的按原样运行。',
  },
};
