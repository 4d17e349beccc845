import { useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { isLocked } from '../scenario/lecture.ts';
import { knobEntry } from '../scenario/registry.ts';
import { parseValue } from '../scenario/value.ts';
import { useSession } from '../view/session-context.ts';
import { refuseTyped } from './refuse-typed.ts';

/** The seed of the workload. What cannot be read is answered when the field is left, and the seed stays. */
export function SeedField() {
  const t = useT();
  const session = useSession();
  const seed = useStore(session.scenario, (s) => s.knobs.seed);
  const isFixed = useStore(session.scenario, (s) => isLocked(s.staging, 'seed'));
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    if (typed !== null) {
      const parsed = parseValue(knobEntry('seed'), typed.trim());
      if (parsed.ok && typeof parsed.value === 'number') session.scenario.getState().set('seed', parsed.value);
      else refuseTyped(session, knobEntry('seed'), typed);
    }
    setTyped(null);
  };
  return (
    <label className="seed" data-knob="seed">
      <span>{t('knob.seed.label')}</span>
      <input
        inputMode="numeric"
        disabled={isFixed}
        value={typed ?? String(seed)}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
          if (event.key === 'Escape') setTyped(null);
        }}
      />
    </label>
  );
}
