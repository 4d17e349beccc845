/** The workload of a person at a device: knobs, and what they mean for the source. */

import type { ConversationOptions } from '../../workload/conversation.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const ofWorkload = {
  readBy: 'all',
  group: 'workload',
  workloads: ['one-user'],
  type: 'integer',
  change: 'start',
  since: 1,
  step: 1,
} as const;

export const oneUserKnobs: readonly PhaseKnob[] = [
  {
    ...ofWorkload,
    name: 'think-time-s',
    unit: 's',
    default: 20,
    min: 0,
    max: 3600,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Think time', zh: '思考时间' },
      help: {
        en: 'Mean time from an answer to the next question of the same person.',
        zh: '同一个人从收到回答到提出下一个问题的平均时间。',
      },
    },
  },
  {
    ...ofWorkload,
    name: 'conversation-turns',
    unit: 'none',
    default: 12,
    min: 1,
    max: 200,
    scale: 'log',
    zero: false,
    text: {
      label: { en: 'Turns of a conversation', zh: '对话轮数' },
      help: {
        en: 'Questions until a conversation begins anew. Each prompt holds everything said before, so it grows from turn to turn.',
        zh: '多少个问题之后重新开始对话。每个提示包含之前的全部内容，因此逐轮变长。',
      },
    },
  },
];

/**
 * What such a workload does.
 * @param maxTokens longest sequence of the engine: a conversation that would outgrow it begins anew
 */
export function conversationOptions(knobs: Knobs, maxTokens: number): ConversationOptions {
  const read = ownKnobReader(oneUserKnobs, knobs);
  return {
    users: Math.max(1, knobs.clients),
    requests: knobs.requests,
    thinkS: read.number('think-time-s'),
    turns: read.number('conversation-turns'),
    maxTokens,
    seed: knobs.seed,
  };
}
