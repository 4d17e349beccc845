import { runStore } from '../../../state/run.ts';
import { selectionStore } from '../../../state/selection.ts';
import type { PaletteKind } from '../entry.ts';
import { numberIn } from '../number-in.ts';

/** "r17", "request 17", "请求 17": selects it. */
export const requests: PaletteKind = ({ t, format }, query) => {
  const request = numberIn(query, /^(?:r|requests?|请求)?\s*([\d,]+)$/i);
  const outcomes = runStore.getState().result?.outcomes;
  if (request === null || outcomes === undefined) return [];
  const isThere = request < outcomes.count;
  // A number alone is a step first.
  if (!isThere && /^[\d,]+$/.test(query)) return [];
  const entry = {
    id: `request.${request}`,
    names: [t('palette.request', { request }), query],
    detail: isThere
      ? t('palette.requestIs', {
          arrival: format.clock(outcomes.arrivalUs[request]),
          prompt: format.count(outcomes.promptTokens[request]),
          output: format.count(outcomes.outputTokens[request]),
        })
      : undefined,
    obstacle: isThere ? undefined : t('palette.noRequest', { last: outcomes.count - 1 }),
    choose: () => selectionStore.getState().show(request),
  };
  return [{ heading: t('palette.requests'), entries: [entry] }];
};
