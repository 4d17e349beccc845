import { useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { hashChain as messages } from '../../i18n/messages/hash-chain.ts';
import { useT } from '../../i18n/use-t.ts';
import type { Side } from '../../protocol/messages.ts';
import { playbackStore } from '../../state/playback.ts';
import { selectionStore } from '../../state/selection.ts';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { useHashChain } from '../tree/use-cached.ts';
import { columnsOf, draw, hit } from './draw.ts';
import { chainModel } from './model.ts';
import { describeChain, describeLink } from './words.ts';

addMessages(messages);

interface HashChainProps {
  /** Whose blocks: the shown run's, or the pinned one's. */
  readonly of: Side;
  /** Told of the line that goes with the picture. */
  readonly onFacts: (facts: string) => void;
}

/** M: the hashes by which the prefix cache knows the selected request's blocks. A default export because it is loaded lazily. */
export default function HashChain({ of, onFacts }: HashChainProps) {
  const t = useT();
  const format = useFormat();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const selected = useStore(selectionStore, (s) => s.selected);
  const hoveredBlock = useStore(selectionStore, (s) => s.hoveredBlock);
  const chain = useHashChain(selected, of);
  const model = useMemo(() => (chain === null ? null : chainModel(chain)), [chain]);
  const [pointed, setPointed] = useState(-1);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const link = model?.links[pointed];
  const facts =
    selected < 0
      ? t('hashes.nobody')
      : model === null
        ? t('hashes.none', { request: selected })
        : describeChain(model, t, format);
  useEffect(() => onFacts(facts), [facts, onFacts]);

  /** The block lights up in every panel that shows blocks. */
  function point(at: number): void {
    setPointed(at);
    selectionStore.getState().hoverBlock(model?.links[at]?.block ?? -1);
  }

  function move(arrow: Arrow): boolean {
    if (model === null || model.links.length === 0) return false;
    const columns = columnsOf(model, size.current);
    const by = { left: -1, right: 1, up: -columns, down: columns }[arrow];
    point(pointed < 0 ? 0 : Math.min(model.links.length - 1, Math.max(0, pointed + by)));
    return true;
  }

  if (model === null) return <p className="queue-empty">{facts}</p>;
  const readout = link === undefined ? [] : describeLink(link, t, format);
  return (
    <ReadoutPlace parts={readout}>
      <Surface
        label={t('hashes.label')}
        description={isPlaying ? undefined : readout.length > 0 ? readout.join(', ') : facts}
        version={[model, pointed, hoveredBlock, t]}
        draw={(painter, at, theme) => {
          size.current = at;
          draw(painter, { model, pointed, hoveredBlock, t, format }, theme, at);
        }}
        onPointerMove={({ x, y }) => point(hit(model, size.current, x, y))}
        onPointerLeave={() => point(-1)}
        onArrow={move}
        onKey={(key) => {
          if (key !== 'Escape' || pointed < 0) return false;
          point(-1);
          return true;
        }}
      />
    </ReadoutPlace>
  );
}
