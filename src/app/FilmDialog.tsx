import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { commandTexts } from '../i18n/messages/commands.ts';
import { lecture as messages } from '../i18n/messages/lecture.ts';
import { useT } from '../i18n/use-t.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Bookmark } from '../scenario/lecture.ts';
import { goToBookmark } from '../state/lecture.ts';
import { playbackStore } from '../state/playback.ts';
import { runStore } from '../state/run.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Surface } from '../ui/Surface.tsx';
import { useFormat } from '../ui/use-format.ts';
import { drawFilm } from '../view/film/draw.ts';
import { type FilmModel, filmModels } from '../view/film/model.ts';
import { useSession } from '../view/session-context.ts';
import { useMarkHint } from './use-mark-hint.ts';
import './lecture.css';

addMessages(messages);
addMessages(commandTexts);

/** Small multiples of the run at its bookmarks. A default export because it is loaded lazily. */
export default function FilmDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  const how = useMarkHint();
  const bookmarks = useStore(session.scenario, (s) => s.bookmarks);
  const budget = useStore(runStore, (s) => s.result?.facts.tokenBudget ?? 0);
  const frames = useFrames(bookmarks);
  const models = useMemo(
    () =>
      filmModels(
        bookmarks.map(({ step }) => frames.get(step) ?? null),
        budget,
      ),
    [bookmarks, frames, budget],
  );
  return (
    <Dialog title={t('lecture.film')} look="wide" onClose={onClose}>
      <div className="lecture-film">
        <p>{bookmarks.length === 0 ? t('lecture.filmEmpty', { how }) : t('lecture.filmAbout')}</p>
        <ol className="film">
          {bookmarks.map((bookmark, i) => (
            <li key={bookmark.step}>
              <FilmFrame
                bookmark={bookmark}
                frame={frames.get(bookmark.step) ?? null}
                model={models[i]}
                onGo={() => {
                  goToBookmark(session, bookmark);
                  onClose();
                }}
              />
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}

/** The frames of all bookmarks, looked up one after the other while the shown step stays. */
function useFrames(bookmarks: readonly Bookmark[]): ReadonlyMap<number, Frame> {
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const [frames, setFrames] = useState<ReadonlyMap<number, Frame>>(new Map());
  useEffect(() => {
    setFrames(new Map());
    if (result === null) return;
    const controller = new AbortController();
    const load = async () => {
      for (const { step } of bookmarks) {
        const frame = await session.look(step, { signal: controller.signal });
        if (frame !== null) setFrames((known) => new Map(known).set(step, frame));
      }
    };
    // Closed, or the worker is gone, which the page tells by itself.
    load().catch(() => {});
    return () => controller.abort();
  }, [session, bookmarks, result]);
  return frames;
}

interface FilmFrameProps {
  readonly bookmark: Bookmark;
  readonly frame: Frame | null;
  readonly model: FilmModel | null;
  readonly onGo: () => void;
}

function FilmFrame({ bookmark, frame, model, onGo }: FilmFrameProps) {
  const t = useT();
  const format = useFormat();
  const isShown = useStore(playbackStore, (s) => s.frame?.step === bookmark.step);
  const step = format.count(bookmark.step);
  const isGone = frame !== null && frame.step !== bookmark.step;
  if (frame === null || model === null || isGone) {
    return (
      <div className="film-frame">
        <strong>{bookmark.text}</strong>
        <span className="film-step">{t(isGone ? 'lecture.filmGone' : 'lecture.filmLoading', { step })}</span>
      </div>
    );
  }
  const words = t('lecture.filmWords', {
    used: format.count(model.usedBlocks),
    blocks: format.count(model.pool.count),
    prefill: format.count(model.prefillTokens),
    decode: format.count(model.decodeTokens),
    running: format.count(model.running),
    waiting: format.count(model.waiting),
  });
  const share = model.pool.count === 0 ? 0 : model.usedBlocks / model.pool.count;
  const drawn = {
    pool: t('lecture.filmPool'),
    used: format.percent(share),
    batch: t('lecture.filmBatch'),
    tokens: format.count(model.prefillTokens + model.decodeTokens),
  };
  return (
    <button type="button" className="film-frame" aria-current={isShown ? 'step' : undefined} onClick={onGo}>
      <strong>{bookmark.text}</strong>
      <span className="film-step">{t('lecture.filmStep', { step, time: format.clock(frame.nowUs) })}</span>
      <Surface
        label={words}
        isDecoration
        version={[model, words]}
        draw={(painter, size, theme) => drawFilm(painter, model, drawn, theme, size)}
      />
      <span className="film-step">{words}</span>
    </button>
  );
}
