/** An engine to copy: the shortest that serves anybody. It is registered by its test only. */

import type { Batch } from '../../sim/batch.ts';
import { IterationPolicy } from '../../sim/policy/iteration.ts';
import type { PolicyKind } from '../../sim/policy/kind.ts';
import { anyMemory, poolKnobs, vllmLimits } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** One request at a time: its whole prompt in a step, then a token a step; the next one is admitted when it has ended. */
class OneAtATimePolicy extends IterationPolicy {
  protected override fill(nowUs: number, batch: Batch): void {
    this.running.push(...this.addDecodes(batch));
    if (this.running.length > 0 || this.queue.size === 0) return;
    const request = this.queue.head();
    if (this.admitHead(nowUs, batch)) this.addPrefill(batch, request, this.restOfPrompt(request));
  }
}

export const oneAtATimePolicy: PolicyKind = {
  id: 'one-at-a-time',
  defaults: {},
  createPolicy: (context) => new OneAtATimePolicy(context),
};

export const oneAtATime: EngineEntry = {
  id: 'one-at-a-time',
  name: { en: 'One at a time', zh: '逐个处理' },
  sentence: { en: 'Serves one request to its end, then the next one.', zh: '把一个请求处理到完成，再处理下一个。' },
  about: async () => ({
    version: 'an example',
    source: 'nobody: it is what a script around a model does',
    notModelled: [{ en: 'Nothing is left out.', zh: '没有省略。' }],
  }),
  memories: anyMemory,
  reads: poolKnobs,
  knobs: [],
  limits: (knobs) => ({ ...vllmLimits(knobs), tokenBudget: 2048, wholePrompts: true }),
  configure: () => ({ policy: 'one-at-a-time' }),
};
