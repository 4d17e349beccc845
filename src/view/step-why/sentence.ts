/** What a step did, in one sentence put together from typed messages. */

import type { Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import { EntryFlag, type Frame, type StepWindow } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { Bound } from '../../sim/decision.ts';
import type { Format } from '../../ui/use-format.ts';
import { promptTokensOf } from '../batch/model.ts';

/**
 * From so many prompt tokens on a step lasts visibly longer than its decodes alone would: fewer ride along while the
 * weights are read. The knee of an H100 in 16 bits is near 300 tokens (989 Tflop/s over 3.35 TB/s).
 */
const noticeableTokens = 256;

interface Chunk {
  readonly request: number;
  readonly tokens: number;
  readonly computed: number;
  readonly isAgain: boolean;
}

/** "Step 412 took 236 ms: one 8,192-token prompt filled the budget; 11 others waited for it and got one token each." */
export function sentenceOf(frame: Frame, result: RunResult | null, t: Translate, format: Format): string {
  const { window } = frame;
  const i = window.count - 1;
  if (i < 0) return t('step.none');
  const clauses = clausesOf(frame, i, result, t, format);
  return t('step.lead', {
    step: format.count(frame.step),
    duration: format.duration(window.endUs[i] - window.startUs[i]),
    what: clauses.join(t('step.join')),
  });
}

function clausesOf(frame: Frame, i: number, result: RunResult | null, t: Translate, format: Format): readonly string[] {
  const { window } = frame;
  const { chunks, decodes } = partsOf(window);
  const prefillTokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
  const clauses: string[] = [];
  const fills = window.bound[i] === Bound.tokenBudget;
  if (chunks.length === 1) clauses.push(oneChunk(chunks[0], fills, result, t, format));
  if (chunks.length > 1) {
    clauses.push(
      t(fills ? 'step.prompt.manyFills' : 'step.prompt.many', {
        count: format.count(chunks.length),
        tokens: format.count(prefillTokens),
      }),
    );
  }
  if (decodes > 0) {
    const waited = prefillTokens >= noticeableTokens;
    const key = !waited ? 'step.decode' : chunks.length === 1 ? 'step.decodeBeside' : 'step.decodeBesideMany';
    clauses.push(plural(t, format.language, key, decodes, { count: format.count(decodes) }));
  }
  if (clauses.length === 0) clauses.push(t('step.idle'));
  const counts = [
    ['step.padding', window.paddingTokens[i]],
    ['step.hit', window.hitTokens[i]],
    ['step.preempted', window.preemptions[i]],
    ['step.waiting', frame.queue.count],
  ] as const;
  for (const [key, count] of counts) {
    if (count > 0) clauses.push(plural(t, format.language, key, count, { count: format.count(count) }));
  }
  return clauses;
}

/** Of the newest step. */
function partsOf(window: StepWindow): { readonly chunks: readonly Chunk[]; readonly decodes: number } {
  const chunks: Chunk[] = [];
  let decodes = 0;
  const first = window.entryStart[window.count - 1];
  for (let entry = first; entry < window.entryStart[window.count]; entry++) {
    const flags = window.entryFlags[entry];
    const tokens = window.entryTokens[entry];
    if ((flags & EntryFlag.idle) !== 0 || tokens === 0) continue;
    if ((flags & EntryFlag.prefill) === 0) decodes++;
    else {
      chunks.push({
        request: window.entryRequest[entry],
        tokens,
        computed: window.newestComputed[entry - first],
        isAgain: (flags & EntryFlag.recompute) !== 0,
      });
    }
  }
  return { chunks, decodes };
}

function oneChunk(chunk: Chunk, fills: boolean, result: RunResult | null, t: Translate, format: Format): string {
  const tokens = format.count(chunk.tokens);
  const prompt = promptTokensOf(result, chunk.request);
  const whole = Math.max(prompt, chunk.computed + chunk.tokens);
  if (chunk.isAgain) {
    return plural(t, format.language, fills ? 'step.prompt.againFills' : 'step.prompt.again', chunk.tokens, { tokens });
  }
  if (chunk.tokens === whole) return t(fills ? 'step.prompt.wholeFills' : 'step.prompt.whole', { tokens });
  return plural(t, format.language, fills ? 'step.prompt.chunkFills' : 'step.prompt.chunk', chunk.tokens, {
    tokens,
    whole: format.count(whole),
  });
}
