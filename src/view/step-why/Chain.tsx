import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import type { RunResult } from '../../protocol/run.ts';
import { type CausalChain, mostChanged } from '../../sim/why/causal-chain.ts';
import { comparisonStore } from '../../state/comparison.ts';
import { runOf } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { useFormat } from '../../ui/use-format.ts';
import { matches } from '../../ui/use-motion.ts';
import { chainLines } from '../../words/chain.ts';
import { useSession } from '../session-context.ts';
import './why.css';

/** A setting that has stood for so long is worth following. */
const restMs = 250;

interface ChainProps {
  readonly before: RunResult;
  readonly result: RunResult;
  /** Up to which step the two are known to be the same. */
  readonly from: number;
}

/** From the first decision that differs between two runs to the request that changed most, each link a way there. */
export function Chain({ before, result, from }: ChainProps) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const isPinned = useStore(comparisonStore, (s) => s.pinned !== null);
  const { chain, isDone } = useChain(before, result, from);
  /** On a phone, and over panels that show two runs, there is room for little else beside it. */
  const [isNarrow] = useState(() => matches('(max-width: 599px)'));
  return (
    <details className="chain" open={!isNarrow && !isPinned} aria-busy={!isDone} data-chain={isDone}>
      <summary>{t('chain.title')}</summary>
      {!isPinned && <p className="why-quiet">{t('chain.before')}</p>}
      {!isDone && <p className="why-quiet">{t('chain.following')}</p>}
      {isDone && chain === null && <p>{t('chain.none')}</p>}
      {chain !== null && (
        <ol>
          {chainLines(chain, { t, format }).map(({ text, step, request }) => (
            <li key={text}>
              {step < 0 ? (
                text
              ) : (
                <button
                  type="button"
                  title={t('chain.goto', { step: format.count(step), request: Math.max(0, request) })}
                  onClick={() => {
                    session.seekStep(step);
                    if (request >= 0) selectionStore.getState().show(request);
                  }}
                >
                  {text}
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

function useChain(before: RunResult, result: RunResult, from: number) {
  const session = useSession();
  const [found, setFound] = useState<{ readonly of: RunResult | null; readonly chain: CausalChain | null }>({
    of: null,
    chain: null,
  });
  useEffect(() => {
    const [a, b] = [runOf(before), runOf(result)];
    const target = mostChanged(before.outcomes, result.outcomes);
    if (target === null || a === undefined || b === undefined) {
      setFound({ of: result, chain: null });
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      session.chain({ a, b, target, from }, { signal: controller.signal }).then(
        (chain) => setFound({ of: result, chain }),
        // Stopped by the next change, or the worker is gone, which the page tells by itself.
        () => {},
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, before, result, from]);
  const isDone = found.of === result;
  return { isDone, chain: isDone ? found.chain : null };
}
