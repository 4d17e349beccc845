import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { engines as messages } from '../i18n/messages/engines.ts';
import { useT } from '../i18n/use-t.ts';
import type { ComparedRun } from '../scenario/comparison.ts';
import { engines } from '../scenario/engines/engines.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { EngineList } from './EngineList.tsx';
import { useKnobWords } from './use-knob-words.ts';

addMessages(messages);

/** Every engine on the present traffic, one after the other, with its description. A default export because it is loaded lazily. */
export default function EnginesDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  const words = useKnobWords();
  const format = useFormat();
  const chosen = useStore(session.scenario, (s) => s.knobs.engine);
  const [runs, setRuns] = useState<ReadonlyMap<string, ComparedRun>>(new Map());
  const [running, setRunning] = useState<{ readonly engine: string; readonly share: number } | null>(null);
  const [work, setWork] = useState<AbortController | null>(null);

  const start = useCallback(() => {
    const controller = new AbortController();
    setWork(controller);
    setRuns(new Map());
    const compareAll = async () => {
      for (const { id, name } of engines()) {
        const engine = words.text(name);
        setRunning({ engine, share: 0 });
        const run = await session.compare(id, {
          signal: controller.signal,
          onProgress: ({ fraction }) => setRunning({ engine, share: fraction }),
        });
        setRuns((known) => new Map(known).set(id, run));
      }
    };
    compareAll()
      // Stopped, or the worker is gone, which the page tells by itself.
      .catch(() => {})
      .finally(() => {
        if (!controller.signal.aborted) setRunning(null);
      });
    return controller;
  }, [session, words]);

  // Once, when the dialog opens; closing it stops what still runs.
  useEffect(() => {
    const controller = start();
    return () => controller.abort();
  }, [start]);
  const stop = () => {
    work?.abort();
    setRunning(null);
  };

  return (
    <Dialog title={t('engines.title')} look="wide" onClose={onClose}>
      <div className="engine-compare">
        <p>{t('engines.about')}</p>
        <div className="engine-run">
          {running === null ? (
            <Button onPress={start}>{t('engines.again')}</Button>
          ) : (
            <>
              <Button onPress={stop}>{t('engines.stop')}</Button>
              <span role="status">{running.engine}</span>
              <span aria-hidden="true">{format.percent(running.share)}</span>
            </>
          )}
        </div>
        <EngineList
          words={words}
          chosen={chosen}
          runs={runs}
          onUse={(engine) => {
            session.scenario.getState().set('engine', engine);
            onClose();
          }}
        />
      </div>
    </Dialog>
  );
}
