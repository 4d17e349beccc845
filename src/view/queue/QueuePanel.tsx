import { Undo2 } from 'lucide-react';
import { lazy, type ReactNode, type RefObject, Suspense, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import type { Translate } from '../../i18n/i18n.ts';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { selectionStore } from '../../state/selection.ts';
import { Panel } from '../../ui/Panel.tsx';
import { type Format, useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { useLook } from '../motion/use-look.ts';
import { mostCards, type QueueCard, type QueueModel, queueModel } from './model.ts';
import { useSlide } from './use-slide.ts';
import './queue.css';

// Comes with the first comparison.
const Pinned = lazy(() => import('./PinnedCards.tsx'));

const nobody: QueueModel = { cards: [], count: 0, more: 0, held: '' };

/** Q: who waits, how long their prompts are, and what holds the next one. */
export function QueuePanel() {
  const t = useT();
  const format = useFormat();
  // One moment of both runs.
  const { frame, pinned } = useReadable((s) => s);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const list = useRef<HTMLUListElement>(null);
  const model = useMemo(() => {
    if (frame === null) return nobody;
    return queueModel(frame, t, format, isPlaying ? cardsInView(list.current) : mostCards);
  }, [frame, isPlaying, t, format]);
  return (
    <Panel
      id="queue"
      symbol="Q"
      title={t('queue.title')}
      facts={t(model.count === 1 ? 'queue.facts.one' : 'queue.facts.other', { count: format.count(model.count) })}
    >
      <QueueView model={model} list={list} t={t} format={format}>
        {pinned !== null && frame !== null && (
          <Suspense>
            <Pinned pinned={pinned} frame={frame} />
          </Suspense>
        )}
      </QueueView>
    </Panel>
  );
}

interface Words {
  readonly t: Translate;
  readonly format: Format;
}

interface QueueViewProps extends Words {
  readonly model: QueueModel;
  readonly list: RefObject<HTMLUListElement | null>;
  /** Further items of the list. */
  readonly children?: ReactNode;
}

/** A card and the space to the next one, in pixels. */
const cardPitch = 102;

/** Cards that can be seen in the list, and one more: while it plays, the others would be laid out for nobody. */
function cardsInView(list: HTMLElement | null): number {
  if (list === null) return mostCards;
  return Math.min(mostCards, Math.ceil((list.scrollLeft + list.clientWidth) / cardPitch) + 1);
}

/** The body of the panel, from plain data. */
export function QueueView({ model, list, t, format, children }: QueueViewProps) {
  const look = useLook();
  const hovered = useStore(selectionStore, (s) => s.hovered);
  const pointed = model.cards.find(({ request }) => request === hovered);
  useSlide(list, look, model.cards.map((card) => card.request).join(' '));
  const isEmpty = model.count === 0;
  return (
    <>
      {isEmpty && <p className="queue-empty">{t('queue.empty')}</p>}
      <ul className="queue-cards" ref={list} hidden={isEmpty && !children} aria-label={t('queue.label')}>
        {model.cards.map((card, place) => (
          // Where nothing slides, cards change in place: that costs half of new ones.
          <li key={look === 'none' ? place : card.request} data-key={card.request}>
            <Card card={card} t={t} format={format} />
          </li>
        ))}
        {model.more > 0 && <li className="queue-more">{t('queue.more', { count: format.count(model.more) })}</li>}
        {children}
      </ul>
      {!isEmpty && <p className="queue-held">{pointed?.label ?? model.held}</p>}
    </>
  );
}

export function Card({
  card,
  isPinned = false,
  t,
  format,
}: Words & { readonly card: QueueCard; readonly isPinned?: boolean }) {
  const isSelected = useStore(selectionStore, (s) => s.selected === card.request);
  const isHovered = useStore(selectionStore, (s) => s.hovered === card.request);
  const { select, hover } = selectionStore.getState();
  return (
    <button
      type="button"
      className="queue-card"
      aria-pressed={isSelected}
      data-hovered={isHovered}
      data-preempted={card.isPreempted}
      data-pinned={isPinned || undefined}
      title={card.label}
      onClick={() => select(card.request)}
      onPointerEnter={() => hover(card.request)}
      onPointerLeave={() => hover(-1)}
      onFocus={() => hover(card.request)}
      onBlur={() => hover(-1)}
    >
      <span className="visually-hidden">{card.label}</span>
      <span className="queue-name" aria-hidden="true">
        r{card.request}
        {card.isPreempted && <Undo2 aria-hidden="true" />}
      </span>
      <span className="queue-bar" aria-hidden="true">
        <span style={{ width: `${Math.max(3, Math.round(card.promptShare * 100))}%` }} />
      </span>
      <span className="queue-figure" aria-hidden="true">
        {format.compact(card.promptTokens)}
      </span>
      <span className="queue-waited" aria-hidden="true">
        {card.isPreempted ? t('queue.kept', { count: format.compact(card.keptTokens) }) : card.waited}
      </span>
    </button>
  );
}
