import { useMemo } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { compared } from '../../i18n/messages/compared.ts';
import { events } from '../../i18n/messages/events.ts';
import { memory } from '../../i18n/messages/memory.ts';
import { timeline } from '../../i18n/messages/timeline.ts';
import { why } from '../../i18n/messages/why.ts';
import { useT } from '../../i18n/use-t.ts';
import { selectionStore } from '../../state/selection.ts';
import type { PanelId } from '../../ui/panel-store.ts';
import { useFormat } from '../../ui/use-format.ts';
import { useSides } from './sides.ts';
import { comparedWords } from './words.ts';
import './compared.css';

for (const area of [compared, events, memory, timeline, why]) addMessages(area);

/** While the run plays the line is written anew this often at most, milliseconds. */
const paceMs = 250;

/** What a panel shows of A and of B, in words. A default export because it is loaded lazily. */
export default function ComparedLine({ id }: { readonly id: PanelId }) {
  const t = useT();
  const format = useFormat();
  const selected = useStore(selectionStore, (s) => s.selected);
  const sides = useSides(paceMs);
  const words = useMemo(
    () => (sides === null ? null : comparedWords(id, sides.a, sides.b, selected, t, format)),
    [id, sides, selected, t, format],
  );
  if (words === null) return null;
  const all = [`A: ${words.a}`, `B: ${words.b}`, words.more].filter((part) => part !== '').join('\n');
  return (
    <p className="compared" title={all} data-compared={id}>
      <span className="compared-side">
        <b className="compared-sign">A</b> {words.a}
      </span>{' '}
      <span className="compared-side">
        <b className="compared-sign b">B</b> {words.b}
      </span>{' '}
      {words.more !== '' && <span className="compared-more">{words.more}</span>}
    </p>
  );
}
