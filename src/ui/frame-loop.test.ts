import { describe, expect, it } from 'vitest';
import { createFrameLoop } from './frame-loop.ts';

/** A loop whose frames the test runs by hand. */
function handLoop() {
  const frames: ((nowMs: number) => void)[] = [];
  const loop = createFrameLoop((frame) => frames.push(frame));
  return { loop, frames, runFrame: () => frames.shift()?.(0) };
}

describe('frame loop', () => {
  it('draws the newest request of a key, once a frame', () => {
    const { loop, frames, runFrame } = handLoop();
    const drawn: string[] = [];
    const key = {};
    loop.requestDraw(key, () => drawn.push('old'));
    loop.requestDraw(key, () => drawn.push('new'));
    expect(frames).toHaveLength(1);
    runFrame();
    expect(drawn).toEqual(['new']);
    expect(frames).toHaveLength(0);
  });

  it('keeps the draw of a hidden key until it is shown', () => {
    const { loop, runFrame } = handLoop();
    const drawn: string[] = [];
    const key = {};
    loop.setVisible(key, false);
    loop.requestDraw(key, () => drawn.push('picture'));
    runFrame();
    expect(drawn).toEqual([]);
    loop.setVisible(key, true);
    runFrame();
    expect(drawn).toEqual(['picture']);
  });

  it('ticks until told to stop, then sleeps', () => {
    const { loop, frames, runFrame } = handLoop();
    let ticks = 0;
    const stop = loop.everyFrame(() => {
      ticks += 1;
      if (ticks === 3) stop();
    });
    for (let i = 0; i < 5; i += 1) runFrame();
    expect(ticks).toBe(3);
    expect(frames).toHaveLength(0);
  });

  it('tells when everything visible is drawn', async () => {
    const { loop, runFrame } = handLoop();
    let isDrawn = false;
    const key = {};
    loop.requestDraw(key, () => {
      isDrawn = true;
    });
    const done = loop.drawn();
    runFrame();
    await done;
    expect(isDrawn).toBe(true);
  });
});
