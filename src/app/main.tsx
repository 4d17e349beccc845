import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { preferencesStore } from '../state/preferences.ts';
import { createSession } from '../state/session.ts';
import { frameLoop } from '../ui/frame-loop.ts';
import { App } from './App.tsx';
import { savedGpu } from './saved-gpu.ts';
import { startWorker } from './start-worker.ts';
import { exposeTokenyard } from './test-hooks.ts';
import { trackCalls } from './track-calls.ts';

const { motion } = preferencesStore.getState();
const isReduced = motion === 'system' ? matchMedia('(prefers-reduced-motion: reduce)').matches : motion === 'reduced';
const calls = trackCalls(startWorker());
const session = createSession({
  call: calls.call,
  nextFrame: (callback) => {
    const stop = frameLoop.everyFrame((ms) => {
      stop();
      callback(ms);
    });
  },
  location,
  writeHash: (hash) => history.replaceState(null, '', hash),
  copy: (text) => navigator.clipboard.writeText(text),
  isAutoplay: !isReduced,
  savedGpu: savedGpu(),
});
exposeTokenyard(session, calls);

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
