import { expect, test } from 'vitest';
import { BlockState, type Frame } from '../../protocol/frame.ts';
import { Because, DecisionKind } from '../../sim/decision.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { testFrame } from '../rows/testing.ts';
import { blockChanges, drawChange } from './changes.ts';
import { cellLayout } from './layout.ts';

const { free, prefill, decode, cached, shared } = BlockState;

/** Blocks as `[state, owner]`. */
function frameOf(step: number, blocks: readonly (readonly [number, number])[], more: Partial<Frame> = {}, hits = [0]) {
  return testFrame([], {
    step,
    pool: {
      count: blocks.length,
      blockSize: 16,
      state: Uint8Array.from(blocks, ([state]) => state),
      owner: Int32Array.from(blocks, ([, owner]) => owner),
      fill: new Uint16Array(blocks.length),
      hits: Int32Array.from(hits),
      references: new Uint8Array(blocks.length),
      turn: new Uint8Array(blocks.length),
    },
    ...more,
  });
}

function preempts(request: number): Pick<Frame, 'decisions'> {
  return {
    decisions: {
      count: 1,
      kind: Uint8Array.of(DecisionKind.preempt),
      request: Int32Array.of(request),
      because: Uint8Array.of(Because.noBlocks),
      need: Int32Array.of(1),
      have: Int32Array.of(0),
      other: Int32Array.of(1),
    },
  };
}

const before = frameOf(4, [
  [cached, -1],
  [cached, -1],
  [cached, -1],
  [decode, 7],
  [decode, 7],
  [decode, 1],
  [decode, 2],
  [free, -1],
]);
const after: readonly (readonly [number, number])[] = [
  [shared, 9],
  [prefill, 9],
  [cached, -1],
  [free, -1],
  [decode, 1],
  [decode, 1],
  [free, -1],
  [prefill, 9],
];

test('what the victim held is lost, also where somebody else has it now; who ended has lost nothing', () => {
  const changes = blockChanges(before, frameOf(5, after, preempts(7)));
  expect(changes).toEqual({ lost: [3, 4], evicted: [1], hit: [0] });
});

test('without a preemption nothing is lost; backwards and after jumps nothing has a cause', () => {
  expect(blockChanges(before, frameOf(5, after)).lost).toEqual([]);
  for (const step of [3, 4, 6]) {
    expect(blockChanges(before, frameOf(step, after, preempts(7)))).toEqual({ lost: [], evicted: [], hit: [] });
  }
});

test('only what changed is drawn, neighbours of a row in one piece', async () => {
  const size = { width: 128, height: 40 };
  const cells = cellLayout(64, { x: 0, y: 0, ...size });
  const painter = createSvgPainter(size, light.page);
  drawChange(painter, 'lost', [1, 2, 3, 9, 62, 63], light, cells);
  drawChange(painter, 'evicted', [20, 21], light, cells);
  drawChange(painter, 'hit', [30, 31, 32], light, cells);
  await expect(painter.toSvg()).toMatchFileSnapshot('testdata/changes.svg');
});

test('the texture of a change has the colours of the theme', () => {
  const cells = cellLayout(8, { x: 0, y: 0, width: 80, height: 10 });
  const painter = createSvgPainter({ width: 80, height: 10 }, dark.page);
  drawChange(painter, 'lost', [0], dark, cells);
  expect(painter.toSvg()).toContain(dark.loss);
});
