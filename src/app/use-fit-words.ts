import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { KnobEntry } from '../scenario/knob-entry.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { thisGpuStore } from '../state/this-gpu.ts';
import type { Option } from '../ui/controls/Choice.tsx';
import { useFormat } from '../ui/use-format.ts';

type FitWords = typeof import('./fit-words.ts');

/** Knobs whose choices may be too large for a GPU. */
const fitted: readonly string[] = ['model', 'weight-precision', 'decode-device'];

/** The options of a list; those of models, precisions and GPUs that decode say whether they fit, once that is worked out. */
export function useFitWords(
  entry: KnobEntry,
  options: readonly Option<string>[],
  knobs: Knobs,
): readonly Option<string>[] {
  const t = useT();
  const format = useFormat();
  const measured = useStore(thisGpuStore, (s) => s.profile);
  const [loaded, setLoaded] = useState<FitWords | null>(null);
  const isAsked = entry.type === 'choice' && fitted.includes(entry.name);
  useEffect(() => {
    if (isAsked) void import('./fit-words.ts').then(setLoaded);
  }, [isAsked]);
  return useMemo(() => {
    if (loaded === null || entry.type !== 'choice') return options;
    const choices = options.map(({ value }) => value);
    const remarks = loaded.fitWords(entry, choices, knobs, measured, t, format);
    return options.map((option) => {
      const remark = remarks.get(option.value);
      return remark === undefined ? option : { ...option, label: `${option.label} · ${remark}` };
    });
  }, [loaded, entry, options, knobs, measured, t, format]);
}
