import { poolKnobs, vllmLimits } from '../scenario/engines/common.ts';
import type { EngineEntry } from '../scenario/engines/entry.ts';
import { customPolicyId } from '../sim/policy/custom/kind.ts';

/**
 * The engine around a visitor's own policy: the limits, the paged memory and the prefix cache of vLLM, without steps that
 * overlap. Registered only where such a policy runs; it is not in the menu.
 */
export const ownPolicyEngine: EngineEntry = {
  id: customPolicyId,
  name: { en: 'Your policy', zh: '你的策略' },
  sentence: {
    en: 'A function of your own decides at every step who computes how many tokens.',
    zh: '由你自己写的函数在每一步决定谁计算多少个 token。',
  },
  about: async () => ({
    version: '1',
    source: 'docs/your-own-policy.md',
    notModelled: [
      {
        en: 'Steps that overlap, swapping, sliding windows, drafts, images and KV from elsewhere.',
        zh: '步的重叠、换出、滑动窗口、草稿、图像以及来自别处的 KV。',
      },
    ],
  }),
  memories: ['paged'],
  reads: [...poolKnobs, 'max-num-batched-tokens', 'max-num-seqs', 'enable-prefix-caching'],
  knobs: [],
  limits: (knobs) => ({ ...vllmLimits(knobs), wholePrompts: false }),
  configure: (knobs) => ({
    policy: customPolicyId,
    enablePrefixCaching: knobs['enable-prefix-caching'],
    reserveFullPrompt: false,
  }),
};
