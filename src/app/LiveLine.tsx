import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { Frame } from '../protocol/frame.ts';
import { playbackStore } from '../state/playback.ts';
import { type Format, useFormat } from '../ui/use-format.ts';

const debounceMs = 400;

/** The shown step in one sentence for readers of the page: after it has stood for a moment, never while playing. */
export function LiveLine() {
  const t = useT();
  const format = useFormat();
  const frame = useStore(playbackStore, (s) => (s.isPlaying ? null : s.frame));
  const [text, setText] = useState('');
  useEffect(() => {
    if (frame === null) return;
    const timer = window.setTimeout(() => setText(stepText(frame, t, format)), debounceMs);
    return () => window.clearTimeout(timer);
  }, [frame, t, format]);
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="live-line">
      {text}
    </p>
  );
}

function stepText(frame: Frame, t: ReturnType<typeof useT>, format: Format): string {
  const last = frame.window.count - 1;
  if (last < 0) return t('live.beforeFirst');
  return t('live.step', {
    step: format.count(frame.step),
    duration: format.duration(frame.window.endUs[last] - frame.window.startUs[last]),
    prefill: format.count(frame.window.prefillTokens[last]),
    decode: format.count(frame.window.decodeTokens[last]),
    running: format.count(frame.running.count),
    waiting: format.count(frame.queue.count),
  });
}
