/** Sentences about phases that an engine never had. */

import type { Text } from '../../knob-entry.ts';

export const draftsAndImages: Text = {
  en: 'It had neither speculative decoding nor images: both are what-ifs here, by common rules.',
  zh: '它既没有推测解码也没有图像处理：此处两者都是按通用规则的假设。',
};
