import { addMessages } from '../../i18n/i18n.ts';
import { band as messages } from '../../i18n/messages/band.ts';
import { useT } from '../../i18n/use-t.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { Band } from '../../scenario/band.ts';
import { useFormat } from '../../ui/use-format.ts';
import { bandWords } from './words.ts';
import './band.css';

addMessages(messages);

/** Load and band of the shown run in a line. A default export because it is loaded lazily, with the first band. */
export default function BandLine({ result, band }: { readonly result: RunResult; readonly band: Band }) {
  const t = useT();
  const format = useFormat();
  const { load, verdict, means, intervals, isWarning } = bandWords(result, band, t, format);
  return (
    <p className="band-line" data-warning={isWarning} title={means}>
      <strong>{load}</strong> · {verdict}
      <span className="visually-hidden">
        {' '}
        {means} {intervals}
      </span>
    </p>
  );
}
