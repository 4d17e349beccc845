import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import { type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useLater } from '../../ui/use-later.ts';
import { useReadableWords } from '../../ui/use-readable.ts';
import { usePlaces } from '../motion/places.ts';
import type { KvSide } from './compare.ts';
import { type Amount, draw, hit, type KvHit } from './draw.ts';
import { kvLayout } from './layout.ts';
import { type KvModel, kvModel } from './model.ts';
import { describeBlock, describePool, factsOfPool } from './words.ts';

const PrefixTree = lazy(() => import('../tree/PrefixTree.tsx'));
const HashChain = lazy(() => import('../hash-chain/HashChain.tsx'));
const Choices = lazy(() => import('./KvChoices.tsx'));
const loadCompare = () => import('./compare.ts');

const noPool: KvModel = {
  count: 0,
  blockSize: 1,
  state: new Uint8Array(0),
  owner: new Int32Array(0),
  fill: new Uint16Array(0),
  references: new Uint8Array(0),
  turn: new Uint8Array(0),
  marks: new Uint8Array(0),
  stateCounts: new Int32Array(0),
  used: 0,
  tables: [],
  hasAllTables: false,
  chosen: null,
  chosenRuns: [],
  logical: new Int32Array(0),
  parts: [],
};

/** M: every block of the KV pool, whose it is, and what the memory serves. */
export function KvPanel() {
  const t = useT();
  const format = useFormat();
  const isCompared = useStore(playbackStore, (s) => s.pinned !== null);
  const blocks = useStore(playbackStore, (s) => s.frame?.pool.count ?? 0);
  const compare = useLater(loadCompare, isCompared);
  /** Null until the reader chooses. */
  const [chosenSide, setSide] = useState<KvSide | null>(null);
  const side = compare === null ? 'b' : (chosenSide ?? compare.firstSide(blocks));
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const bytesPerToken = useStore(runStore, (s) => s.result?.facts.kvBytesPerToken ?? 0);
  const selected = useStore(selectionStore, (s) => s.selected);
  const hovered = useStore(selectionStore, (s) => s.hovered);
  const hoveredBlock = useStore(selectionStore, (s) => s.hoveredBlock);
  const selectedBlock = useStore(selectionStore, (s) => s.selectedBlock);
  const colourBy = useStore(preferencesStore, (s) => s.colourBy);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });

  /** An amount instead of what the page's colours say. */
  const [amount, setAmount] = useState<Amount | null>(null);
  const [look, setLook] = useState<'blocks' | 'tree' | 'hashes'>('blocks');
  const [treeFacts, setTreeFacts] = useState('');

  const pools = useLive(
    useCallback(
      ({ frame: own, pinned }: Shown) => {
        const frame = side === 'a' ? pinned : own;
        const model = frame === null ? noPool : kvModel(frame, { selected, hovered, bytesPerToken });
        // The places of blocks, which are those of both runs where both are shown.
        const placed = pinned === null ? model : (compare?.placedModel(model, pinned.pool, side) ?? model);
        return { model, placed, pinned };
      },
      [side, compare, selected, hovered, bytesPerToken],
    ),
  );

  // What changes are the shown run's blocks: they have no place in A's pool, nor in the difference.
  usePlaces('kv', () => {
    const { model } = pools.last();
    const isShown = look === 'blocks' && side === 'b' && model.count > 0;
    return isShown ? kvLayout(model.count, model.hasAllTables, size.current).cells : null;
  });

  function point(found: KvHit | null): void {
    selectionStore.getState().hoverBlock(found?.block ?? -1);
    selectionStore.getState().hover(found?.request ?? -1);
  }

  /** Arrows move over neighbouring blocks as they lie in the picture. */
  function move(arrow: Arrow): boolean {
    const { model, placed } = pools.now();
    if (placed.count === 0) return false;
    const { columns } = kvLayout(placed.count, placed.hasAllTables, size.current).cells;
    const by = { left: -1, right: 1, up: -columns, down: columns }[arrow];
    const block = hoveredBlock < 0 ? 0 : Math.max(0, Math.min(placed.count - 1, hoveredBlock + by));
    point({ block, request: model.owner[block] ?? -1 });
    return true;
  }

  function press(key: string): boolean {
    if (hoveredBlock < 0) return false;
    if (key === 'Enter') selectionStore.getState().selectBlock(hoveredBlock, hovered);
    else if (key === 'Escape') point(null);
    else return false;
    return true;
  }

  const outlined = hoveredBlock >= 0 ? hoveredBlock : selectedBlock;
  const Other = look === 'tree' ? PrefixTree : HashChain;
  const poolWords = useReadableWords(() => factsOfPool(pools.now().model, t, format));
  const { model, placed, pinned } = pools.now();
  const isPointed = hoveredBlock >= 0 && hoveredBlock < placed.count;
  // Of two runs the line below says it, side by side.
  const words = !isPointed
    ? pinned === null
      ? poolWords
      : undefined
    : pinned !== null && side !== 'a' && compare !== null
      ? compare.describeInBoth(model, pinned.pool, hoveredBlock, t, format)
      : describeBlock(model, hoveredBlock, t, format);
  const offeredSide = compare === null ? null : side;
  const toolbar = useMemo(
    () => (
      <>
        <Suspense>
          <Choices look={look} side={offeredSide} onSide={setSide} amount={amount} onAmount={setAmount} />
        </Suspense>
        <Choice
          label={t('kv.look')}
          look="segments"
          value={look}
          options={[
            { value: 'blocks', label: t('kv.blocks') },
            { value: 'tree', label: t('kv.tree') },
            { value: 'hashes', label: t('kv.hashes') },
          ]}
          onChange={setLook}
        />
      </>
    ),
    [t, look, offeredSide, amount],
  );
  return (
    <Panel
      id="kv"
      symbol="M"
      title={t('kv.title')}
      sheet={look === 'blocks' ? 'kv' : look}
      facts={look !== 'blocks' ? treeFacts : model.count === 0 ? undefined : words}
      toolbar={toolbar}
    >
      {look !== 'blocks' ? (
        <Suspense>
          <Other of={side === 'a' ? 'pinned' : 'shown'} onFacts={setTreeFacts} />
        </Suspense>
      ) : (
        <Surface
          label={t('kv.label')}
          description={isPlaying || model.count === 0 ? undefined : isPointed ? words : describePool(model, t, format)}
          version={[pools, outlined, colourBy, amount, t]}
          isLive
          cursor={isPointed ? 'pointer' : 'default'}
          draw={(painter, at, theme) => {
            size.current = at;
            const { model, pinned } = pools.now();
            const picture = { model, hoveredBlock: outlined, colourBy, amount, t, format };
            if (compare === null || pinned === null) draw(painter, picture, theme, at);
            else compare.drawBoth(painter, picture, side, pinned, theme, at);
          }}
          onPointerMove={({ x, y }) => point(hit(pools.now().placed, size.current, x, y))}
          onPointerLeave={() => point(null)}
          onClick={({ x, y }) => {
            const found = hit(pools.now().placed, size.current, x, y);
            if (found !== null) selectionStore.getState().selectBlock(found.block, found.request);
          }}
          onArrow={move}
          onKey={press}
        />
      )}
    </Panel>
  );
}
