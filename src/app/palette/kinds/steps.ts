import { runStore } from '../../../state/run.ts';
import type { PaletteKind } from '../entry.ts';
import { numberIn } from '../number-in.ts';

/** "412", "step 412", "第 412 步": goes there. A question of a lecture on the way stops it, as it does everywhere. */
export const steps: PaletteKind = ({ session, t, format }, query) => {
  const step = numberIn(query, /^(?:steps?|第|步)?\s*([\d,]+)\s*步?$/i);
  const count = runStore.getState().result?.summary.steps ?? 0;
  if (step === null || count === 0) return [];
  const entry = {
    id: `step.${step}`,
    names: [t('palette.step', { step: format.count(step) }), query],
    obstacle: step < count ? undefined : t('palette.noStep', { last: format.count(count - 1) }),
    choose: () => session.seekStep(step),
  };
  return [{ heading: t('palette.steps'), entries: [entry] }];
};
