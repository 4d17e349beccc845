import { type CSSProperties, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { MessageKey } from '../../i18n/i18n.ts';
import { useT } from '../../i18n/use-t.ts';
import type { ComparedMetrics, ComparedRun } from '../../scenario/comparison.ts';
import { engines } from '../../scenario/engines/engines.ts';
import { type Format, useFormat } from '../../ui/use-format.ts';
import { useSession } from '../session-context.ts';

interface Column {
  readonly head: MessageKey;
  readonly of: (metrics: ComparedMetrics) => number;
  readonly text: (value: number, format: Format) => string;
}

const columns: readonly Column[] = [
  { head: 'policy.throughput', of: (m) => m.summary.outputTokensPerS, text: (v, f) => f.compact(v) },
  { head: 'policy.ttftP50', of: (m) => m.ttft.p50Us, text: (v, f) => f.duration(v) },
  { head: 'policy.ttftP99', of: (m) => m.ttft.p99Us, text: (v, f) => f.duration(v) },
  { head: 'policy.tpot', of: (m) => m.tpot.p50Us, text: (v, f) => f.duration(v) },
  { head: 'policy.itlP99', of: (m) => m.itl.p99Us, text: (v, f) => f.duration(v) },
  { head: 'policy.e2eP99', of: (m) => m.e2e.p99Us, text: (v, f) => f.duration(v) },
  { head: 'policy.kvUse', of: (m) => m.summary.kvUseMean, text: (v, f) => f.percent(v) },
  { head: 'policy.preemptions', of: (m) => m.summary.preemptions, text: (v, f) => f.count(v) },
];

export interface PolicyComparisonProps {
  /** The visitor's run, if one has come to its end. */
  readonly own: ComparedRun | null;
  /** Whether that is not of the text as it stands now. */
  readonly isStale: boolean;
}

/** The visitor's policy above every built-in engine, on the same traffic. */
export function PolicyComparison({ own, isStale }: PolicyComparisonProps) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const chosen = useStore(session.scenario, (s) => s.knobs.engine);
  const runs = useBuiltIn();
  const metrics = [own, ...runs.values()].flatMap((run) => run?.metrics ?? []);
  const most = columns.map(({ of }) => Math.max(0, ...metrics.map((m) => finite(of(m)))));

  const cells = (run: ComparedRun | null | undefined, pending: MessageKey) => {
    if (run === undefined || run === null || run.metrics === null) {
      const key = run === undefined || run === null ? pending : 'policy.cannotRun';
      return (
        <td colSpan={columns.length} className="policy-pending">
          {t(key)}
        </td>
      );
    }
    const { metrics: found } = run;
    return columns.map(({ head, of, text }, at) => {
      const share = most[at] > 0 ? finite(of(found)) / most[at] : 0;
      return (
        <td key={head}>
          {text(of(found), format)}
          <span className="policy-bar" style={{ '--share': share } as CSSProperties} />
        </td>
      );
    });
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="policy-table" aria-label={t('policy.results')} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('policy.engine')}</th>
            {columns.map(({ head }) => (
              <th key={head} scope="col">
                {t(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr className="policy-own" data-stale={isStale} data-engine="own">
            <th scope="row">{t('policy.own')}</th>
            {cells(own, 'policy.noRun')}
          </tr>
          {engines().map(({ id, name }) => (
            <tr key={id} data-engine={id}>
              <th scope="row">
                {name[format.language]}
                {id === chosen && <span className="policy-chosen">{t('policy.chosen')}</span>}
              </th>
              {cells(runs.get(id), 'policy.waiting')}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Runs of all engines on the session's traffic, as they come: once, since the scenario stays while a dialog is open. */
function useBuiltIn(): ReadonlyMap<string, ComparedRun> {
  const session = useSession();
  const [runs, setRuns] = useState<ReadonlyMap<string, ComparedRun>>(new Map());
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const compareAll = async () => {
      for (const { id } of engines()) {
        const run = await session.compare(id, { signal });
        setRuns((known) => new Map(known).set(id, run));
      }
    };
    // Closed, or the worker is gone, which the page tells by itself.
    compareAll().catch(() => {});
    return () => controller.abort();
  }, [session]);
  return runs;
}

/** What did not happen has no bar. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
