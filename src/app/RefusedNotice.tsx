import { X } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { plural } from '../i18n/plural.ts';
import { useT } from '../i18n/use-t.ts';
import type { RunResult } from '../protocol/run.ts';
import { runStore } from '../state/run.ts';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useFormat } from '../ui/use-format.ts';

/** Says that requests of the run were refused, mostly because they are too long: they are missing in every other figure. */
export function RefusedNotice() {
  const t = useT();
  const format = useFormat();
  const result = useStore(runStore, (s) => (s.status === 'failed' ? null : s.result));
  const [dismissed, setDismissed] = useState<RunResult | null>(null);
  if (result === null || result === dismissed || result.summary.rejected === 0) return null;
  const { rejected } = result.summary;
  return (
    <div className="notice">
      <p>
        {plural(t, format.language, 'notice.refused', rejected, {
          count: format.count(rejected),
          total: format.count(result.outcomes.count),
          tokens: format.count(result.facts.maxModelLen),
        })}
      </p>
      <IconButton label={t('ui.dismiss')} onPress={() => setDismissed(result)}>
        <X />
      </IconButton>
    </div>
  );
}
