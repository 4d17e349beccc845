import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createSession } from '../state/session.ts';
import { App } from './App.tsx';
import { startWorker } from './start-worker.ts';
import { exposeTokenyard } from './test-hooks.ts';

const session = createSession({
  call: startWorker(),
  nextFrame: (callback) => requestAnimationFrame(callback),
  location,
  writeHash: (hash) => history.replaceState(null, '', hash),
  copy: (text) => navigator.clipboard.writeText(text),
  isAutoplay: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  savedGpu: null,
});
exposeTokenyard(session);

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
