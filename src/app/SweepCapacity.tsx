import { useEffect, useRef, useState } from 'react';
import { useT } from '../i18n/use-t.ts';
import type { SeedCapacity } from '../scenario/capacity.ts';
import { meanInterval } from '../scenario/interval.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { Problem } from '../scenario/problem.ts';
import { knobEntry } from '../scenario/registry.ts';
import type { Slo } from '../sim/metrics/summarise.ts';
import { Button } from '../ui/controls/Button.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { problemText } from './problem-text.ts';

export interface FoundCapacity {
  readonly ratePerS: number;
  /** The 95 % confidence interval of the mean over seeds. */
  readonly lowPerS: number;
  readonly highPerS: number;
}

interface SweepCapacityProps {
  readonly knobs: Knobs;
  readonly seeds: number;
  readonly found: FoundCapacity | null;
  readonly onFound: (found: FoundCapacity | null) => void;
  readonly rateText: (ratePerS: number) => string;
  /** Null where the rate is locked. */
  readonly onSet: ((ratePerS: number) => void) | null;
}

/** The promise as it is typed; '' = none. */
interface Promised {
  readonly ttftMs: string;
  readonly tpotMs: string;
  readonly percent: string;
}

/** The highest rate that keeps a promise, searched by the same rule as on the command line. */
export function SweepCapacity({ knobs, seeds, found, onFound, rateText, onSet }: SweepCapacityProps) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const [promised, setPromised] = useState<Promised>({ ttftMs: '1000', tpotMs: '50', percent: '90' });
  const [running, setRunning] = useState<{ readonly seed: number; readonly run: number } | null>(null);
  const [bySeed, setBySeed] = useState<readonly SeedCapacity[]>([]);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const work = useRef<AbortController | null>(null);
  // Another rate is the same question; any other knob makes the answer out of date.
  const others = JSON.stringify({ ...knobs, rate: null });

  const stop = () => {
    work.current?.abort();
    work.current = null;
    setRunning(null);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the question changes, and at the end
  useEffect(() => {
    onFound(null);
    setBySeed([]);
    return stop;
  }, [others]);

  const slo: Slo = {
    ...(promised.ttftMs === '' ? {} : { ttftUs: Number(promised.ttftMs) * 1000 }),
    ...(promised.tpotMs === '' ? {} : { tpotUs: Number(promised.tpotMs) * 1000 }),
  };
  const attain = Number(promised.percent) / 100;
  const isPossible =
    Object.values(slo).length > 0 && Object.values(slo).every((us) => us > 0) && attain > 0 && attain <= 1;

  const search = async () => {
    stop();
    onFound(null);
    setBySeed([]);
    setProblems([]);
    const controller = new AbortController();
    work.current = controller;
    const capacities: SeedCapacity[] = [];
    for (let i = 0; i < seeds; i++) {
      setRunning({ seed: i + 1, run: 1 });
      const answer = await session.capacity({ ...knobs, seed: (knobs.seed + i) % 2 ** 32 }, slo, attain, {
        signal: controller.signal,
        onProgress: ({ count }) => setRunning({ seed: i + 1, run: count + 1 }),
      });
      if (!answer.ok) {
        setProblems(answer.problems);
        break;
      }
      capacities.push(answer.value);
    }
    setRunning(null);
    if (capacities.length < seeds) return;
    setBySeed(capacities);
    const { mean, low, high } = meanInterval(capacities.map(({ ratePerS }) => ratePerS));
    if (mean > 0) onFound({ ratePerS: mean, lowPerS: Math.max(0, low ?? mean), highPerS: high ?? mean });
  };

  const field = (name: keyof Promised, label: string, unit: string) => (
    <label>
      <span>{label}</span>
      <input
        inputMode="decimal"
        value={promised[name]}
        onChange={(event) => setPromised({ ...promised, [name]: event.currentTarget.value.trim() })}
      />
      <span>{unit}</span>
    </label>
  );
  const setRate = found === null ? 0 : Number(found.ratePerS.toFixed(2));
  return (
    <form
      className="sweep-capacity"
      onSubmit={(event) => {
        event.preventDefault();
        // Stopped, or the worker is gone, which the page tells by itself.
        if (isPossible) search().catch(() => {});
      }}
    >
      <h4>{t('sweep.capacity')}</h4>
      <div className="sweep-promise">
        {field('ttftMs', t('sweep.ttft'), 'ms')}
        {field('tpotMs', t('sweep.tpot'), 'ms')}
        {field('percent', t('sweep.attain'), `% ${t('sweep.attainAfter')}`)}
      </div>
      <div className="sweep-run">
        {running === null ? (
          <button type="submit" className="button plain" disabled={!isPossible}>
            {t('sweep.search')}
          </button>
        ) : (
          <>
            <Button onPress={stop}>{t('sweep.cancel')}</Button>
            <span role="status">{t('sweep.searching', { ...running, seeds })}</span>
          </>
        )}
      </div>
      {problems.length > 0 && <p role="alert">{problems.map((problem) => problemText(problem, t)).join(' ')}</p>}
      {bySeed.length > 0 && <p role="status">{foundText()}</p>}
      {found !== null && onSet !== null && setRate !== knobs.rate && (
        <Button look="quiet" onPress={() => onSet(setRate)}>
          {t('sweep.setRate')}
        </Button>
      )}
    </form>
  );

  function foundText(): string {
    const entry = knobEntry('rate');
    const [min, max] = entry.type === 'number' ? [entry.min, entry.max] : [0, 0];
    if (found === null) return t('sweep.keptNever', { rate: rateText(min) });
    if (bySeed.every(({ failsAtPerS }) => failsAtPerS === null)) return t('sweep.keptAlways', { rate: rateText(max) });
    const said = {
      rate: rateText(setRate),
      low: format.number(found.lowPerS),
      high: format.number(found.highPerS),
      seeds,
    };
    return t(seeds > 1 ? 'sweep.kept' : 'sweep.keptOne', said);
  }
}
