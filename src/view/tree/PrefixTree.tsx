import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { tree as messages } from '../../i18n/messages/tree.ts';
import { useT } from '../../i18n/use-t.ts';
import type { Side } from '../../protocol/messages.ts';
import { noPieces } from '../../sim/memory/cached-pieces.ts';
import { playbackStore } from '../../state/playback.ts';
import { selectionStore } from '../../state/selection.ts';
import { type Shown, useLive } from '../../ui/live.ts';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { draw, hit, rowsFor } from './draw.ts';
import { pathOf, treeModel } from './model.ts';
import { useCached } from './use-cached.ts';
import { describeBar, describeTree } from './words.ts';

addMessages(messages);

export interface PrefixTreeProps {
  /** Whose cache. */
  readonly of: Side;
  /** Told of the line that goes with the picture. */
  readonly onFacts: (facts: string) => void;
}

/** M: what the prefix cache holds. A default export because it is loaded lazily. */
export default function PrefixTree({ of, onFacts }: PrefixTreeProps) {
  const t = useT();
  const format = useFormat();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const selected = useStore(selectionStore, (s) => s.selected);
  const hovered = useStore(selectionStore, (s) => s.hovered);
  const pieces = useCached(of);
  const size = useRef<Size>({ width: 0, height: 0 });
  const [rows, setRows] = useState(64);
  const [pointed, setPointedBar] = useState(-1);

  const model = useMemo(() => treeModel(pieces ?? noPieces, rows), [pieces, rows]);
  const path = useLive(
    useCallback(
      ({ frame, pinned }: Shown) => {
        const running = (of === 'shown' ? frame : pinned)?.running;
        const at = running?.request.indexOf(hovered >= 0 ? hovered : selected) ?? -1;
        if (pieces === null || running === undefined || at < 0) return new Set<number>();
        return pathOf(pieces, running.blocks.subarray(running.blockStart[at], running.blockStart[at + 1]));
      },
      [pieces, of, selected, hovered],
    ),
  );

  const bar = model.bars[pointed];
  const words =
    pieces === null ? t('tree.none') : bar === undefined ? describeTree(model, t, format) : describeBar(bar, t, format);
  useEffect(() => onFacts(words), [words, onFacts]);

  /** The stretch's first block lights up where blocks are shown. */
  function setPointed(at: number): void {
    setPointedBar(at);
    const piece = model.bars[at]?.piece ?? -1;
    selectionStore.getState().hoverBlock(piece < 0 ? -1 : (pieces?.block[piece] ?? -1));
  }

  /** Up and down from branch to branch, left and right along one. */
  function move(arrow: Arrow): boolean {
    if (model.bars.length === 0) return false;
    const by = { left: -1, up: -1, right: 1, down: 1 }[arrow];
    setPointed(Math.max(0, Math.min(model.bars.length - 1, pointed + by)));
    return true;
  }

  return (
    <Surface
      label={t('tree.label')}
      description={isPlaying ? undefined : words}
      version={[model, path, pointed, t]}
      // Where nobody is chosen, steps change nothing.
      isLive={hovered >= 0 || selected >= 0}
      draw={(painter, at, theme) => {
        size.current = at;
        setRows(rowsFor(at));
        draw(painter, { model, path: path.now(), pointed, t, format }, theme, at);
      }}
      onPointerMove={({ x, y }) => setPointed(hit(model, size.current, x, y))}
      onPointerLeave={() => setPointed(-1)}
      onArrow={move}
      onKey={(key) => {
        if (key !== 'Escape' || pointed < 0) return false;
        setPointed(-1);
        return true;
      }}
    />
  );
}
