/** What a playing frame costs, by structure and never by time: who draws, how often, and that nothing piles up. */

import { expect, type Page } from '@playwright/test';
import { idle, move, openPaused, panel, patient, watchErrors } from './app.ts';
import { deepUnless } from './looks.ts';
import { test } from './test.ts';

/** Hundreds of requests on an H200 whose pool has 56,410 blocks. */
const crowded = '#/run?v=1&p=azure-chat&rate=40&requests=3000&t=60';

/** Counts of the page while it plays. */
interface Seen {
  /** Steps that were shown. */
  readonly shown: number;
  /** Most drawings of one canvas in one frame. */
  readonly mostInAFrame: number;
  /** Drawings by the panel of the canvas; 'overview' is the strip under the panels. */
  readonly draws: Readonly<Record<string, number>>;
  /** Drawings of canvases that were not in the document. */
  readonly detached: number;
  /** Most callbacks that one display frame ran, and callbacks that were asked for while one waited. */
  readonly mostCallbacks: number;
  readonly askedTwice: number;
}

/** Before the page starts: counts what it asks of the browser's frames. */
function countFrames(): void {
  const counts = { frame: 0, waiting: 0, askedTwice: 0, inFrame: 0, mostCallbacks: 0 };
  Object.assign(window, { frameCounts: counts });
  const next = window.requestAnimationFrame.bind(window);
  let lastMs = -1;
  window.requestAnimationFrame = (callback) => {
    if (counts.waiting > 0) counts.askedTwice += 1;
    counts.waiting += 1;
    return next((ms) => {
      counts.waiting -= 1;
      if (ms !== lastMs) {
        counts.frame += 1;
        counts.inFrame = 0;
      }
      lastMs = ms;
      counts.inFrame += 1;
      counts.mostCallbacks = Math.max(counts.mostCallbacks, counts.inFrame);
      callback(ms);
    });
  };
}

/** Plays until so many steps have been shown. */
async function play(page: Page, steps: number): Promise<Seen> {
  const seen = await page.evaluate(async (wanted) => {
    const { session, playback, watchDraws, idle } = window.__tokenyard ?? {};
    if (session === undefined || playback === undefined || watchDraws === undefined) throw new Error('no test hooks');
    const { frameCounts } = window as unknown as {
      frameCounts: { frame: number; askedTwice: number; mostCallbacks: number };
    };
    Object.assign(frameCounts, { askedTwice: 0, mostCallbacks: 0 });
    const draws: Record<string, number> = {};
    const inFrame = new Map<object, { frame: number; count: number }>();
    let mostInAFrame = 0;
    let detached = 0;
    watchDraws((key, draw) => {
      const canvas = key as HTMLCanvasElement;
      if (!canvas.isConnected) detached += 1;
      const name = canvas.closest<HTMLElement>('[data-panel]')?.dataset.panel ?? 'overview';
      draws[name] = (draws[name] ?? 0) + 1;
      const before = inFrame.get(key);
      const count = before?.frame === frameCounts.frame ? before.count + 1 : 1;
      inFrame.set(key, { frame: frameCounts.frame, count });
      mostInAFrame = Math.max(mostInAFrame, count);
      draw();
    });
    let shown = 0;
    await new Promise<void>((resolve) => {
      const stop = playback.subscribe((now, before) => {
        if (now.frame === before.frame) return;
        shown += 1;
        if (shown < wanted) return;
        stop();
        resolve();
      });
      // Slow enough for the run to last, however few frames a second the machine makes.
      session.setSpeed(2);
      session.play();
    });
    session.pause();
    await idle?.();
    watchDraws(null);
    const { askedTwice, mostCallbacks } = frameCounts;
    return { shown, mostInAFrame, draws, detached, mostCallbacks, askedTwice };
  }, steps);
  return seen;
}

test.beforeEach(({ page }) => page.addInitScript(countFrames));

test('one frame loop; each picture is drawn once a frame, those that nobody sees never', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, crowded);
  const seen = await play(page, 60);
  expect(seen.mostInAFrame).toBe(1);
  expect(seen.detached).toBe(0);
  expect([seen.mostCallbacks, seen.askedTwice]).toEqual([1, 0]);
  // The pictures of the step follow every step; the whole run's, in which only the cursor moves, follow at reading pace.
  for (const id of ['rows', 'batch', 'kv', 'overview']) {
    expect(seen.draws[id], id).toBeGreaterThan(30);
    expect(seen.draws[id], id).toBeLessThanOrEqual(seen.shown + 2);
  }
  expect(seen.draws.strip).toBeLessThan(seen.shown);
  for (const id of ['timeline', 'memory', 'roofline', 'events']) expect(seen.draws[id], id).toBeUndefined();

  await page.keyboard.press('0');
  await expect(panel(page, 'timeline')).toBeVisible(patient);
  await page.keyboard.press('9');
  await expect(panel(page, 'memory')).toBeVisible(patient);
  const behind = await play(page, 20);
  expect(behind.draws.timeline).toBeGreaterThan(10);
  for (const id of ['batch', 'kv']) expect(behind.draws[id], id).toBeUndefined();
  expect(errors).toEqual([]);
});

test('a phone draws the one panel that it shows', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPaused(page, crowded);
  const { draws } = await play(page, 20);
  expect(Object.keys(draws).sort()).toEqual(['overview', 'rows']);
});

test('a picture that is scrolled out of sight is not drawn until it comes back', async ({ page }) => {
  await page.setViewportSize({ width: 800, height: 600 });
  await openPaused(page, crowded);
  const isInSight = (id: string) =>
    panel(page, id)
      .locator('canvas')
      .evaluate((canvas) => {
        const { top, bottom } = canvas.getBoundingClientRect();
        const stage = canvas.closest('.narrow-stage')?.getBoundingClientRect();
        return stage !== undefined && bottom > stage.top && top < stage.bottom;
      });
  await panel(page, 'rows').scrollIntoViewIfNeeded();
  await page.locator('.narrow-stage').evaluate((stage) => stage.scrollTo(0, 0));
  await idle(page);
  expect(await isInSight('kv')).toBe(false);
  const { draws } = await play(page, 20);
  expect(draws.rows).toBeGreaterThan(10);
  expect(draws.kv).toBeUndefined();
});

test('nothing piles up in 300 frames', deepUnless(false), async ({ page }) => {
  await openPaused(page, crowded);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('HeapProfiler.enable');
  const counts = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
    return { nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
  const playAndReturn = async (steps: number) => {
    await play(page, steps);
    await move(page, 'seekStep', 60);
    return counts();
  };
  const before = await playAndReturn(60);
  const after = await playAndReturn(300);
  expect(before.nodes).toBeGreaterThan(100);
  // The same step is shown again. A few nodes are kept by React for the next picture.
  expect(after.nodes).toBeLessThan(before.nodes * 1.1);
  expect(after.listeners).toBeLessThanOrEqual(before.listeners + 20);
});
