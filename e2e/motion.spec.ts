/** What moves from step to step, with motion and without; that it ends as the still picture; that nothing moves when it is fast. */

import { expect, type Page } from '@playwright/test';
import { idle, move, openPaused, panel, patient, pause, pictures } from './app.ts';
import { prefer } from './looks.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

/** Four of six requests run in 63 blocks; the last one admitted is preempted. */
const tiny = '#/run?v=1&p=tiny-paged';
/** Conversations, whose prompts are found in the prefix cache. */
const sessions = '#/run?v=1&p=azure-chat&workload=sessions&rate=6&requests=40&turns=4&prefix-tokens=512';

/** Every animation stands still at its start until the test ends it: what is seen depends on no clock. */
async function holdAnimations(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...args) {
      const animation = animate.apply(this, args);
      animation.pause();
      const { dataset } = document.documentElement;
      dataset.animations = String(Number(dataset.animations ?? 0) + 1);
      return animation;
    };
  });
}

interface Seen {
  readonly kinds: readonly string[];
  readonly changes: readonly string[];
  readonly names: readonly string[];
  /** Animations within the layer. */
  readonly count: number;
  /** What they animate, beside their timing. */
  readonly properties: readonly string[];
  readonly durations: readonly number[];
  readonly delays: readonly number[];
}

async function seen(page: Page): Promise<Seen> {
  await expect(page.locator('.motion-layer')).toBeAttached(patient);
  return page.evaluate(() => {
    const layer = document.querySelector('.motion-layer');
    if (layer === null) throw new Error('no layer');
    const animations = layer.getAnimations({ subtree: true });
    const data = (name: string, among = '') =>
      [...layer.querySelectorAll<HTMLElement>(`${among}[data-${name}]`)].map((each) => each.dataset[name] ?? '');
    const keyframes = animations.flatMap((each) => (each.effect as KeyframeEffect).getKeyframes());
    const timings = animations.map((each) => each.effect?.getTiming());
    return {
      kinds: data('kind'),
      changes: data('change'),
      names: [...layer.querySelectorAll('.motion-tag')].map((each) => each.textContent),
      count: animations.length,
      properties: [...new Set(keyframes.flatMap((frame) => Object.keys(frame)))].filter(
        (key) => !['offset', 'computedOffset', 'easing', 'composite'].includes(key),
      ),
      durations: timings.map((timing) => Number(timing?.duration)),
      delays: timings.map((timing) => Number(timing?.delay)),
    };
  });
}

/** Goes on step by step until something of a kind is seen. */
async function stepTo(page: Page, kind: 'taken' | 'preempted' | 'finished' | 'hit'): Promise<Seen> {
  for (let steps = 0; steps < 300; steps++) {
    await move(page, 'step', 1);
    const now = await seen(page);
    if (now.kinds.includes(kind) || now.changes.includes(kind)) return now;
  }
  throw new Error(`nothing was ${kind}`);
}

/** Lets everything run to its end. */
async function finish(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const animations = document.getAnimations();
    for (const animation of animations) animation.finish();
    await Promise.all(animations.map((animation) => animation.finished));
  });
  await idle(page);
}

const stepNumber = (page: Page) =>
  page.evaluate(() => Number(new URLSearchParams(location.hash.split('?')[1]).get('t')));

/** The picture is the one that a jump to the same step shows. */
async function expectStill(page: Page): Promise<void> {
  const moved = await pictures(page);
  await expect(page).toHaveURL(/[?&]t=\d+/);
  await page.evaluate(() => window.__tokenyard?.session.share().catch(() => {}));
  const step = await stepNumber(page);
  await move(page, 'seekStep', step - 40);
  await move(page, 'seekStep', step);
  expect((await seen(page)).count).toBe(0);
  expect(await pictures(page)).toEqual(moved);
}

test('a request goes from the queue to its row, by transforms alone, and is then as if it had never moved', async ({
  page,
}) => {
  await holdAnimations(page);
  await openPaused(page, tiny);
  await move(page, 'seekStep', 60);
  const { kinds, names, properties, durations, delays } = await stepTo(page, 'taken');
  expect(kinds).toContain('taken');
  expect(names).toContain('r4');
  expect([...properties].sort()).toEqual(['opacity', 'transform']);
  for (const duration of durations) expect(duration).toBe(240);
  for (const delay of delays) expect(delay).toBeLessThanOrEqual(60);
  await finish(page);
  await expect(page.locator('.motion-layer > *')).toHaveCount(0);
  await expectStill(page);
});

test('a preempted request goes back to the queue, and its blocks are hatched until they are empty', async ({
  page,
}) => {
  await holdAnimations(page);
  await openPaused(page, tiny);
  await move(page, 'seekStep', 120);
  const { kinds, changes, names } = await stepTo(page, 'preempted');
  expect(kinds).toEqual(['preempted']);
  expect(names).toEqual(['r5']);
  expect(changes).toEqual(['lost']);
  // The card shows itself once the request has arrived.
  const card = panel(page, 'queue').locator('[data-key="5"]');
  await expect(card).toHaveCSS('opacity', '0');
  await finish(page);
  await expect(card).toHaveCSS('opacity', '1');
  await expect(page.locator('.motion-layer > *')).toHaveCount(0);
  await expectStill(page);
});

test('beside another run, changed blocks are shown over the pool that they belong to alone', async ({ page }) => {
  await holdAnimations(page);
  await openPaused(page, `${tiny}&b.max-num-batched-tokens=256`);
  await expect(page.getByRole('region', { name: 'Comparison of two runs' })).toBeVisible(patient);
  const side = (name: string) => panel(page, 'kv').locator('.segments').getByText(name, { exact: true });
  await side('A').click();
  await move(page, 'seekStep', 120);
  expect((await stepTo(page, 'preempted')).changes).toEqual([]);
  await side('B over A').click();
  await move(page, 'seekStep', 120);
  expect((await stepTo(page, 'preempted')).changes).toEqual(['lost']);
});

test('the next step lands whatever moves; stepping back moves the other way', async ({ page }) => {
  await holdAnimations(page);
  await openPaused(page, tiny);
  await move(page, 'seekStep', 120);
  const { count } = await stepTo(page, 'preempted');
  expect(count).toBeGreaterThan(0);
  await move(page, 'step', 1);
  expect((await seen(page)).kinds).not.toContain('preempted');
  await expect(panel(page, 'queue').locator('[data-key="5"]')).toHaveCSS('opacity', '1');
  await move(page, 'step', -1);
  await move(page, 'step', -1);
  expect(await seen(page)).toMatchObject({ kinds: ['taken'], names: ['r5'], changes: [] });
  // A jump is another picture.
  await move(page, 'step', 10);
  expect((await seen(page)).count).toBe(0);
});

test('a prompt found in the prefix cache glows once, where its blocks are', async ({ page }) => {
  test.slow();
  await holdAnimations(page);
  await openPaused(page, sessions);
  await move(page, 'seekTime', 1_000_000);
  const { changes } = await stepTo(page, 'hit');
  expect(changes).toContain('hit');
  await finish(page);
  await expect(page.locator('.motion-layer > *')).toHaveCount(0);
});

test('with reduced motion nothing travels: what moved is marked until the next step', async ({ browser }) => {
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await holdAnimations(page);
  await openPaused(page, tiny);
  await move(page, 'seekStep', 120);
  const { kinds, changes, properties, durations } = await stepTo(page, 'preempted');
  expect(kinds).toEqual(['preempted']);
  expect(changes).toEqual(['lost']);
  expect(properties).toEqual(['opacity']);
  expect(new Set(durations)).toEqual(new Set([120]));
  await finish(page);
  await expect(page.locator('.motion-mark')).toHaveCount(1);
  await move(page, 'step', 1);
  expect((await seen(page)).kinds).not.toContain('preempted');
  await context.close();
});

for (const [system, preference, travels] of [
  ['reduce', 'full', true],
  ['no-preference', 'reduced', false],
] as const) {
  test(`the page's own preference, ${preference}, overrides the system's ${system}`, async ({ browser }) => {
    const context = await browser.newContext({ reducedMotion: system, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await holdAnimations(page);
    await prefer(page, { motion: preference });
    await openPaused(page, tiny);
    await move(page, 'seekStep', 120);
    const { properties } = await stepTo(page, 'preempted');
    expect(properties.includes('transform')).toBe(travels);
    await context.close();
  });
}

test('fast, nothing moves, and the page says how many steps it leaves out', async ({ page }) => {
  await holdAnimations(page);
  // Long enough to be still playing when it is looked at.
  await openPaused(page, '#/run?p=long-prompt-stall&requests=2000');
  await move(page, 'seekStep', 0);
  const animations = () => page.evaluate(() => Number(document.documentElement.dataset.animations ?? 0));
  const before = await animations();
  await page.evaluate(() => {
    window.__tokenyard?.session.setSpeed(4);
    window.__tokenyard?.session.play();
  });
  const position = page.locator('.position');
  await expect(position).toContainText(/showing 1 of \d+ steps/, patient);
  expect(await animations()).toBe(before);
  await pause(page);
  await expect(position).not.toContainText('showing');
});
