import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { idleKnobs } from '../scenario/binding.ts';
import { runStore } from '../state/run.ts';
import { useSession } from '../view/session-context.ts';

/** A quiet remark for knobs that limited no step of the last run: moving them a little changes nothing. */
export function useKnobNotes(): ReadonlyMap<string, string> {
  const t = useT();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const stepsByBound = useStore(runStore, (s) => s.result?.summary.stepsByBound);
  return useMemo(() => {
    if (stepsByBound === undefined) return new Map();
    return new Map(idleKnobs(knobs, stepsByBound).map((name) => [name, t('binding.never')]));
  }, [knobs, stepsByBound, t]);
}
