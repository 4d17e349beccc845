import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadLanguage } from '../i18n/i18n.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import { unescapeText } from '../scenario/link.ts';
import { createPool } from '../state/pool.ts';
import { preferencesStore } from '../state/preferences.ts';
import { createSession, type Session } from '../state/session.ts';
import { frameLoop } from '../ui/frame-loop.ts';
import { panelIds } from '../ui/panel-store.ts';
import { matches } from '../ui/use-motion.ts';
import { App } from './App.tsx';
import { StartFailure } from './StartFailure.tsx';
import { savedGpu } from './saved-gpu.ts';
import { startWorker } from './start-worker.ts';
import { exposeTokenyard } from './test-hooks.ts';
import { trackCalls } from './track-calls.ts';
import { uiStore } from './ui-store.ts';
import { loadWords } from './use-knob-words.ts';
import { hasColumns, layoutNow } from './use-layout.ts';
import { loadSplit } from './use-split.ts';

const { motion } = preferencesStore.getState();
const isReduced = motion === 'system' ? matches('(prefers-reduced-motion: reduce)') : motion === 'reduced';

/** Simulate whole runs beside the shown one; a core is left to the page and the shown run. */
const workersBeside = Math.max(1, Math.min(4, (navigator.hardwareConcurrency ?? 2) - 1));

const element = document.querySelector('#root');
if (element === null) throw new Error('the page has no #root');
const root = createRoot(element);
// Without its texts the page is in English.
const texts = loadLanguage(preferencesStore.getState().language).catch(() =>
  preferencesStore.setState({ language: 'en' }),
);
// Without its columns the page has its panels below each other; the stage asks again and says why.
const columns = hasColumns(layoutNow()) ? loadSplit().catch(() => {}) : null;
let isShown = false;
let hasFailed = false;
/** The page loads itself anew with another link: the address is that link's. */
let isLeaving = false;
void start();

/** No top-level await: what is waited for here may import from the file that this one is in. */
async function start(): Promise<void> {
  try {
    // The simulation starts while words are on their way.
    const session = startSession();
    // Where the words of the link's engine cannot be loaded, its knobs are called as in links.
    await loadWords(engineOf(session.scenario.getState().knobs.engine)).catch(() => {});
    await Promise.all([texts, columns]);
    isShown = !hasFailed;
    if (isShown)
      root.render(
        <StrictMode>
          <App session={session} />
        </StrictMode>,
      );
  } catch (error) {
    fail(String(error));
  }
}

function startSession(): Session {
  const opened = location.hash;
  const calls = trackCalls(startWorker(fail));
  const session = createSession({
    call: calls.call,
    callBeside: calls.also(createPool(startWorker, workersBeside)),
    workersBeside,
    nextFrame: (callback) => {
      const stop = frameLoop.everyFrame((ms) => {
        // Nothing plays unseen.
        if (!isShown) return;
        stop();
        callback(ms);
      });
    },
    location,
    writeHash: (hash) => {
      if (!isLeaving) history.replaceState(null, '', hash);
    },
    copy: (text) => navigator.clipboard.writeText(text),
    isAutoplay: !isReduced,
    panels: panelIds,
    savedGpu: savedGpu(),
  });
  exposeTokenyard(session, calls);
  const entry = /^#\/glossary(?:\/([^?]*))?/.exec(opened);
  if (entry !== null) uiStore.getState().open('glossary', unescapeText(entry[1] ?? ''));
  // Only a link pasted into the address bar gets here: the session replaces the address without this event. It may have done so since.
  window.addEventListener('hashchange', ({ newURL }) => {
    isLeaving = true;
    history.replaceState(null, '', newURL);
    location.reload();
  });
  return session;
}

function fail(reason: string): void {
  hasFailed = true;
  void texts.then(() => root.render(<StartFailure reason={reason} />));
}
