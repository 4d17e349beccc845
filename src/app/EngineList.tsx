import { useEffect, useState } from 'react';
import { useT } from '../i18n/use-t.ts';
import type { ComparedMetrics, ComparedRun } from '../scenario/comparison.ts';
import { engines } from '../scenario/engines/engines.ts';
import type { EngineAbout, EngineEntry } from '../scenario/engines/entry.ts';
import { Button } from '../ui/controls/Button.tsx';
import { type Format, useFormat } from '../ui/use-format.ts';
import { problemText } from './problem-text.ts';
import { type KnobWords, loadWords } from './use-knob-words.ts';
import './engines.css';

export interface EngineListProps {
  readonly words: KnobWords;
  /** The engine of the present scenario. */
  readonly chosen: string;
  /** What is known of each engine on the present traffic so far. */
  readonly runs?: ReadonlyMap<string, ComparedRun>;
  readonly onUse?: (engine: string) => void;
}

const columns = [
  { head: 'engines.throughput', of: (m) => m.summary.outputTokensPerS, text: (v, f) => f.compact(v) },
  { head: 'engines.ttftP50', of: (m) => m.ttft.p50Us, text: (v, f) => f.duration(v) },
  { head: 'engines.ttftP99', of: (m) => m.ttft.p99Us, text: (v, f) => f.duration(v) },
  { head: 'engines.tpotP50', of: (m) => m.tpot.p50Us, text: (v, f) => f.duration(v) },
  { head: 'engines.itlP99', of: (m) => m.itl.p99Us, text: (v, f) => f.duration(v) },
  { head: 'engines.e2eP99', of: (m) => m.e2e.p99Us, text: (v, f) => f.duration(v) },
  { head: 'engines.running', of: (m) => m.summary.runningPeak, text: (v, f) => f.count(v) },
  { head: 'engines.kvUse', of: (m) => m.summary.kvUseMean, text: (v, f) => f.percent(v) },
  { head: 'engines.wasted', of: (m) => m.summary.fragmentation, text: (v, f) => f.percent(v) },
  { head: 'engines.preempted', of: (m) => m.summary.preemptions, text: (v, f) => f.count(v) },
  { head: 'engines.finished', of: (m) => m.summary.finished, text: (v, f) => f.count(v) },
] as const satisfies readonly {
  readonly head: string;
  readonly of: (metrics: ComparedMetrics) => number;
  readonly text: (value: number, format: Format) => string;
}[];

/** Every engine in a row: what it does, and how it fares on the present traffic; then what is modelled of it. */
export function EngineList({ words, chosen, runs = new Map(), onUse }: EngineListProps) {
  const t = useT();
  const format = useFormat();
  const most = columns.map(({ of }) =>
    Math.max(0, ...[...runs.values()].flatMap(({ metrics }) => (metrics === null ? [] : [finite(of(metrics))]))),
  );
  const cells = (run: ComparedRun | undefined) => {
    if (run === undefined) return <td colSpan={columns.length}>{t('engines.waiting')}</td>;
    const { metrics, problems } = run;
    if (metrics === null) {
      const reason = problems.map((problem) => problemText(problem, t)).join(' ');
      return <td colSpan={columns.length}>{t('engines.cannotRun', { reason })}</td>;
    }
    return columns.map(({ head, of, text }, i) => {
      const value = finite(of(metrics));
      return (
        <td key={head} className="engine-number">
          {text(of(metrics), format)}
          <span
            className="engine-bar"
            style={{ '--share': most[i] > 0 ? value / most[i] : 0 } as React.CSSProperties}
          />
        </td>
      );
    });
  };
  return (
    <>
      <div className="engine-scroll">
        <table className="engine-table">
          <thead>
            <tr>
              <th scope="col">{t('engines.engine')}</th>
              {columns.map(({ head }) => (
                <th key={head} scope="col" className="engine-number">
                  {t(head)}
                </th>
              ))}
            </tr>
          </thead>
          {engines().map(({ id, name, sentence }) => (
            <tbody key={id} data-engine={id} data-chosen={id === chosen}>
              <tr className="engine-about">
                <th scope="rowgroup" colSpan={columns.length + 1}>
                  <strong>{words.text(name)}</strong>
                  {id === chosen ? (
                    <span className="engine-present">{t('engines.present')}</span>
                  ) : (
                    onUse !== undefined && (
                      <Button
                        className="engine-use"
                        label={t('engines.use', { engine: words.text(name) })}
                        onPress={() => onUse(id)}
                      >
                        {t('engines.useShort')}
                      </Button>
                    )
                  )}
                  <span className="engine-sentence">{words.text(sentence)}</span>
                </th>
              </tr>
              <tr>
                <td className="engine-id">
                  <code>{id}</code>
                </td>
                {cells(runs.get(id))}
              </tr>
            </tbody>
          ))}
        </table>
      </div>
      {engines().map((entry) => (
        <Details key={entry.id} entry={entry} words={words} isOpen={entry.id === chosen} />
      ))}
    </>
  );
}

function Details({ entry, words, isOpen }: { entry: EngineEntry; words: KnobWords; isOpen: boolean }) {
  const t = useT();
  const [wasOpened, setOpened] = useState(isOpen);
  const [about, setAbout] = useState<EngineAbout | 'failed' | null>(null);
  useEffect(() => {
    if (!wasOpened) return;
    Promise.all([entry.about(), loadWords(entry)]).then(
      ([loaded]) => setAbout(loaded),
      () => setAbout('failed'),
    );
  }, [entry, wasOpened]);
  return (
    <details className="engine-details" open={isOpen} onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary>{t('engines.details', { engine: words.text(entry.name) })}</summary>
      {about === 'failed' && <p>{t('engines.notLoaded')}</p>}
      <dl>
        {about !== null && about !== 'failed' && (
          <>
            <dt>{t('engines.version')}</dt>
            <dd>{about.version}</dd>
            <dt>{t('engines.source')}</dt>
            <dd>{about.source}</dd>
            <dt>{t('engines.notModelled')}</dt>
            <dd>
              <ul>
                {about.notModelled.map((text) => (
                  <li key={text.en}>{words.text(text)}</li>
                ))}
              </ul>
            </dd>
          </>
        )}
        {entry.knobs.length > 0 && (
          <>
            <dt>{t('engines.knobs')}</dt>
            <dd>
              <ul>
                {entry.knobs.map((knob) => (
                  <li key={knob.name}>
                    <code>{knob.flag ?? knob.name}</code> {words.help(knob)}
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </details>
  );
}

/** What did not happen has no bar. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
