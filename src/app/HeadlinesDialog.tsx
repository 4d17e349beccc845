import { addMessages } from '../i18n/i18n.ts';
import { headlines } from '../i18n/messages/headlines.ts';
import { useT } from '../i18n/use-t.ts';
import data from '../scenario/headlines/headlines.json';
import {
  differenceText,
  markWords,
  number,
  publishedText,
  type Sheet,
  type SheetRow,
  verdictWords,
  withUnit,
} from '../scenario/headlines/sheet.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { useFormat } from '../ui/use-format.ts';
import { type KnobWords, useKnobWords } from './use-knob-words.ts';
import './headlines.css';

addMessages(headlines);

// Written by the command line from the same types; its test compares the two.
const sheet = data as unknown as Sheet;
const columns = 4;

/** Published numbers beside simulated ones, with links to the runs. A default export because it is loaded lazily. */
export default function HeadlinesDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const words = useKnobWords();
  return (
    <Dialog title={t('headlines.title')} look="wide" onClose={onClose}>
      <div className="headlines">
        <p>{t('headlines.about')}</p>
        <details>
          <summary>{t('headlines.marks')}</summary>
          <dl className="headline-marks">
            {Object.entries(markWords).map(([mark, meaning]) => (
              <div key={mark}>
                <dt className="headline-mark">{mark}</dt>
                <dd>{words.text(meaning)}</dd>
              </div>
            ))}
          </dl>
        </details>
        <table className="headline-table">
          <thead>
            <tr>
              <th scope="col">{t('headlines.published')}</th>
              <th scope="col">{t('headlines.ours')}</th>
              <th scope="col">{t('headlines.difference')}</th>
              <td />
            </tr>
          </thead>
          {sheet.rows.map((row) => (
            <Row key={row.id} row={row} words={words} />
          ))}
        </table>
        <h3>{t('headlines.missing')}</h3>
        <dl className="headline-missing">
          {sheet.missing.map((row) => (
            <div key={row.id} data-headline={row.id}>
              <dt>
                <code>{row.id}</code> {words.text(row.claim)}: {row.published} <Mark mark={row.mark} words={words} />
              </dt>
              <dd>{words.text(row.because)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

function Row({ row, words }: { readonly row: SheetRow; readonly words: KnobWords }) {
  const t = useT();
  const format = useFormat();
  return (
    <tbody data-headline={row.id} data-verdict={row.verdict}>
      <tr className="headline-claim">
        <th scope="rowgroup" colSpan={columns}>
          <code>{row.id}</code> {words.text(row.claim)}
        </th>
      </tr>
      <tr>
        <td className="headline-number">
          {withUnit(publishedText(row.published, t('headlines.upTo', { number: '' })), row.unit, format.language)}{' '}
          <Mark mark={row.published.mark} words={words} />
        </td>
        <td className="headline-number">{withUnit(number(row.ours), row.unit, format.language)}</td>
        <td>
          {row.difference !== 0 && `${differenceText(row.difference)}, `}
          {words.text(verdictWords[row.verdict])}
        </td>
        <td>
          <Strip row={row} />
        </td>
      </tr>
      <tr>
        <td colSpan={columns}>
          <ul className="headline-links">
            {row.sides.map(({ name, value, link }) => (
              <li key={link}>
                <a
                  href={link}
                  aria-label={t('headlines.openSide', {
                    name: words.text(name),
                    number: withUnit(number(value), row.sideUnit, format.language),
                  })}
                >
                  {words.text(name)}
                </a>{' '}
                {withUnit(number(value), row.sideUnit, format.language)}
              </li>
            ))}
          </ul>
          <details>
            <summary>{t('headlines.why')}</summary>
            <p>{words.text(row.remark)}</p>
            <p>{words.text(row.assumptions)}</p>
            <p>
              {t('headlines.source', { source: row.published.source })} {t('headlines.runs', { runs: row.runs })}
            </p>
          </details>
        </td>
      </tr>
    </tbody>
  );
}

function Mark({ mark, words }: { readonly mark: keyof typeof markWords; readonly words: KnobWords }) {
  return (
    <abbr className="headline-mark" title={words.text(markWords[mark])}>
      {mark}
    </abbr>
  );
}

/** The published range as a bar and ours as a mark, on a logarithmic scale of their own. The numbers beside it say the same. */
function Strip({ row }: { readonly row: SheetRow }) {
  const { low, high } = row.published;
  const from = low === 0 ? high / 8 : low;
  // What came to nothing stands at the left end.
  const ours = Math.max(row.ours, from / 8);
  const least = Math.log(Math.min(from, ours)) - 0.2;
  const most = Math.log(Math.max(high, ours)) + 0.2;
  const place = (x: number) => `${(100 * (Math.log(x) - least)) / (most - least)}%`;
  const style = { '--from': place(from), '--to': place(high), '--ours': place(ours) } as React.CSSProperties;
  return <span className="headline-strip" aria-hidden="true" style={style} />;
}
