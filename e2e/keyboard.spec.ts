/** Everything without a mouse. */

import { expect, type Locator, type Page } from '@playwright/test';
import { sharedPlaces } from '../src/app/ui-store.ts';
import type { PanelId } from '../src/ui/panel-store.ts';
import {
  atStep,
  idle,
  knobs,
  move,
  openApp,
  openPaused,
  panel,
  patient,
  pauseButton,
  playButton,
  shownStep,
  simulated,
  slider,
  watchErrors,
} from './app.ts';
import { fullLink } from './dialogs.ts';
import { deepUnless } from './looks.ts';
import { test } from './test.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const key = (page: Page, name: string) => page.keyboard.press(name);
const image = (of: Locator) =>
  of
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

test('time: play, step, jump, events, speed', async ({ page }) => {
  await openApp(page);
  await expect(pauseButton(page)).toBeVisible();
  await key(page, 'Space');
  await expect(playButton(page)).toBeVisible();
  await idle(page);
  await move(page, 'seekStep', 2000);
  await atStep(page, 2000);
  await key(page, 'ArrowRight');
  await atStep(page, 2001);
  await key(page, 'ArrowLeft');
  await key(page, 'ArrowLeft');
  await atStep(page, 1999);
  await key(page, 'Shift+ArrowRight');
  await atStep(page, 2009);
  await key(page, 'Shift+ArrowLeft');
  await atStep(page, 1999);
  await key(page, 'PageDown');
  await atStep(page, 2000);
  await key(page, 'PageUp');
  await atStep(page, 1999);

  await key(page, 'n');
  await expect.poll(() => shownStep(page), patient).toBeGreaterThan(1999);
  await key(page, 'End');
  const steps = Number(
    /of ([\d,]+)/.exec((await page.locator('.position span').first().textContent()) ?? '')?.[1].replaceAll(',', ''),
  );
  await atStep(page, steps - 1);
  await key(page, 'ArrowRight');
  await idle(page);
  await atStep(page, steps - 1);
  await key(page, 'Shift+n');
  await expect.poll(() => shownStep(page), patient).toBeLessThan(steps - 1);
  await key(page, 'Home');
  await atStep(page, 0);
  await key(page, 'ArrowLeft');
  await idle(page);
  await atStep(page, 0);

  const speed = slider(page, 'Speed');
  const before = await speed.getAttribute('aria-valuetext');
  await key(page, '.');
  await expect(speed).not.toHaveAttribute('aria-valuetext', before ?? '');
  await key(page, ',');
  await expect(speed).toHaveAttribute('aria-valuetext', before ?? '');

  await key(page, 'Space');
  await expect.poll(() => shownStep(page), patient).toBeGreaterThan(0);
  await key(page, 'Space');
  await expect(playButton(page)).toBeVisible();
});

test('panels: colour, width, maximise, focus by number', async ({ page }) => {
  await openPaused(page);
  const batch = panel(page, 'batch');
  const first = await image(batch);
  await key(page, 'c');
  await expect.poll(() => image(batch)).not.toBe(first);
  await key(page, 'c');
  await expect.poll(() => image(batch)).toBe(first);
  await key(page, 'x');
  await expect.poll(() => image(batch)).not.toBe(first);
  await key(page, 'x');
  await expect.poll(() => image(batch)).toBe(first);

  const ids = ['queue', 'rows', 'batch', 'kv', 'step', 'latency', 'strip'];
  for (const [index, id] of ids.entries()) {
    await key(page, String(index + 1));
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest<HTMLElement>('section[data-panel]')?.dataset.panel);
    await expect.poll(focused).toBe(id);
    await key(page, 'f');
    await expect(page.locator('section[data-panel]')).toHaveCount(1);
    await expect(panel(page, id)).toBeVisible();
    await key(page, 'f');
    await expect(page.locator('section[data-panel]')).toHaveCount(ids.length);
  }
});

test('knobs: a burst of keys is one step back; undo and redo', async ({ page }) => {
  await openPaused(page);
  const budget = async () => (await knobs(page))['max-num-batched-tokens'];
  await slider(page, 'Token budget').focus();
  await key(page, 'PageDown');
  await simulated(page);
  expect(await budget()).toBe(4096);
  await key(page, 'Control+z');
  expect(await budget()).toBe(8192);
  await key(page, 'Control+Shift+z');
  expect(await budget()).toBe(4096);
  await key(page, 'Control+z');
  await key(page, 'Control+y');
  expect(await budget()).toBe(4096);
  await simulated(page);
});

test('help: opens on ?, keeps the focus, closes on Escape', async ({ page }) => {
  await openPaused(page);
  await slider(page, 'Token budget').focus();
  await key(page, '?');
  const dialog = page.getByRole('dialog', { name: 'Keys and meanings' });
  await expect(dialog).toBeVisible();
  const step = await shownStep(page);
  for (let i = 0; i < 5; i++) {
    await key(page, 'Tab');
    // The browser's own bar may take its turn; the page behind never does.
    expect(
      await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
      ),
    ).toBe(true);
  }
  await key(page, 'ArrowRight');
  await key(page, 'Escape');
  await expect(dialog).toHaveCount(0);
  expect(await shownStep(page)).toBe(step);
  await expect(slider(page, 'Token budget')).toBeFocused();
});

/** What can take the focus by Tab, marked with its place on the page. */
async function markControls(page: Page): Promise<number> {
  return page.evaluate(() => {
    const wanted = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const all = [...document.querySelectorAll<HTMLElement>(wanted)].filter(
      (element) => element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility(),
    );
    for (const [index, element] of all.entries()) element.dataset.place = String(index);
    return all.length;
  });
}

for (const [name, viewport] of [
  ['wide', { width: 1440, height: 900 }],
  ['phone', { width: 390, height: 844 }],
  ['small window', { width: 320, height: 256 }],
] as const) {
  test(`Tab reaches every control and shows where it is, ${name}`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await openPaused(page);
    const count = await markControls(page);
    expect(count).toBeGreaterThan(10);
    const reached = new Set<string>();
    const unseen: string[] = [];
    const covered: string[] = [];
    for (let presses = 0; presses < count + 5; presses++) {
      await key(page, 'Tab');
      const found = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (element?.dataset.place === undefined) return null;
        // The ring may be on the element, on its track, or on the label of a hidden radio button.
        const near = [element, element.parentElement, element.nextElementSibling].filter((each) => each !== null);
        const hasRing = near.some((each) =>
          ['', '::before', '::after'].some((part) => {
            const style = getComputedStyle(each, part);
            return (
              (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
            );
          }),
        );
        // Something of it is in sight: nothing that stays in place lies over all of it (WCAG 2.4.11).
        const box = (
          element.matches('.visually-hidden') ? (element.closest('label') ?? element) : element
        ).getBoundingClientRect();
        const inside = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [x, y]));
        const isInSight = inside.some(([x, y]) => {
          const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
          return (
            top !== null &&
            (element.contains(top) || top.closest('label')?.contains(element) === true || top.contains(element))
          );
        });
        const html = element.outerHTML.slice(0, 160);
        return { place: element.dataset.place, hasRing, isInSight, html };
      });
      if (found === null || reached.has(found.place)) continue;
      reached.add(found.place);
      if (!found.isInSight) covered.push(found.html);
      if (found.hasRing) continue;
      // A slider shows it on its thumb, which has no style that a script could read: the picture must change.
      const focused = page.locator(`[data-place="${found.place}"]`);
      const looks = await focused.screenshot({ animations: 'disabled' });
      await focused.evaluate((element) => element.blur());
      if (looks.equals(await focused.screenshot({ animations: 'disabled' }))) unseen.push(found.html);
      await focused.focus();
    }
    const missed = await page.evaluate(
      (places) =>
        [...document.querySelectorAll<HTMLElement>('[data-place]')]
          .filter((element) => !places.includes(element.dataset.place ?? ''))
          .map((element) => element.outerHTML.slice(0, 160)),
      [...reached],
    );
    // Of a group of radio buttons Tab reaches the chosen one; the arrows reach the others.
    expect(missed.filter((html) => !html.includes('type="radio"'))).toEqual([]);
    expect(unseen).toEqual([]);
    expect(covered).toEqual([]);
  });
}

const panelKeys = {
  queue: '1',
  rows: '2',
  batch: '3',
  kv: '4',
  step: '5',
  latency: '6',
  strip: '7',
  roofline: '8',
  memory: '9',
  timeline: '0',
  events: 'i',
  fleet: 'r',
} as const satisfies Record<PanelId, string>;

/** Id of the panel that has the focus; '' where none has it. */
const focusedPanel = (page: Page) =>
  page.evaluate(() => document.activeElement?.closest<HTMLElement>('section[data-panel]')?.dataset.panel ?? '');

/** Presses Tab until the focus is on an element that matches, at most `most` times. */
async function tabTo(page: Page, selector: string, how = 'Tab', most = 120): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    await key(page, how);
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
  }
  throw new Error(`${how} does not reach ${selector}`);
}

const leftRight = ['ArrowLeft', 'ArrowRight'] as const;
const downUp = ['ArrowDown', 'ArrowUp'] as const;

/**
 * Panels with a picture, and the arrows that move the cursor in it, by axis. Left and right of the rows step the run. Up and down
 * of strip and memory do nothing; of the batch they go over the chunks of a step, and the step that is walked to has none.
 */
const cursorArrows = {
  rows: [downUp],
  batch: [leftRight],
  kv: [leftRight, downUp],
  latency: [leftRight, downUp],
  strip: [leftRight],
  roofline: [leftRight, downUp],
  memory: [leftRight],
  timeline: [leftRight, downUp],
  events: [leftRight, downUp],
} as const satisfies Record<
  Exclude<PanelId, 'queue' | 'step' | 'fleet'>,
  readonly (typeof leftRight | typeof downUp)[]
>;

/** Walked in every run: a list, a text, pictures of each kind, and one behind a title. */
const walked: readonly PanelId[] = ['queue', 'kv', 'step', 'latency', 'events'];

for (const id of Object.keys(panelKeys) as PanelId[]) {
  test(`a walk through the panel by keys alone: ${id}`, deepUnless(walked.includes(id)), async ({ page }) => {
    const errors = watchErrors(page);
    await openPaused(page, fullLink);
    const shown = panel(page, id);

    // To it by Tab: past the rail, and where panels share a place, by the arrows of their titles.
    await tabTo(page, '.skip-link');
    await key(page, 'Enter');
    if ((await shown.count()) === 0) {
      const front = Object.entries(sharedPlaces).find(([, ids]) => (ids as readonly PanelId[]).includes(id))?.[0];
      await tabTo(page, `[data-panel="${front}"] .panel-head input[type=radio]`);
      for (let i = 0; i < 3 && (await shown.count()) === 0; i++) {
        await key(page, 'ArrowRight');
        // The focus goes along to the panel that comes, which has to be loaded.
        const isAtTitles = () => page.evaluate(() => document.activeElement?.matches('.panel-head input:checked'));
        await expect.poll(isAtTitles, patient).toBe(true);
      }
      await expect(shown).toBeVisible(patient);
      await tabTo(page, `[data-panel="${id}"] *`);
    } else await tabTo(page, `[data-panel="${id}"] *`);
    expect(await focusedPanel(page)).toBe(id);

    // To it by its key.
    await tabTo(page, 'body *:not([data-panel] *)');
    await key(page, panelKeys[id]);
    await expect.poll(() => focusedPanel(page), patient).toBe(id);

    // Its data, one by one, and what Enter does with them.
    if (id === 'queue') {
      await tabTo(page, '.queue-card');
      await key(page, 'Tab');
      await key(page, 'Enter');
      await expect(shown.locator('.queue-card[aria-pressed=true]')).toHaveCount(1);
    } else if (id === 'step') {
      await tabTo(page, '.step-request');
      await key(page, 'Enter');
      await expect(shown.locator('.step-request[aria-pressed=true]').first()).toBeVisible();
    } else if (id === 'fleet') {
      // One engine alone: there is nothing to see but the way to more.
      await tabTo(page, '.fleet-alone button');
      await expect(shown.locator('canvas')).toHaveCount(0);
    } else {
      const state = async () =>
        [
          await page.locator('.position').textContent(),
          page.url(),
          await shown.textContent(),
          await image(shown),
        ].join();
      /** What the cursor shows: no word of the run, which an arrow that a panel leaves alone would step. */
      const cursor = async () => [await image(shown), ...(await shown.locator('.readout').allTextContents())].join();
      const frameStep = () => page.evaluate(() => window.__tokenyard?.playback.getState().frame?.step);
      const step = await frameStep();
      expect(step).toBeGreaterThan(1);
      for (const axis of [leftRight, downUp]) {
        const isOwn = cursorArrows[id].some((each) => each === axis);
        const moved: string[] = [];
        for (const arrow of axis) {
          const before = await cursor();
          await key(page, arrow);
          await idle(page);
          if ((await cursor()) !== before) moved.push(arrow);
          const isBack = !isOwn && id === 'rows' && arrow === 'ArrowLeft';
          expect(await frameStep(), arrow).toBe((step ?? 0) - (isBack ? 1 : 0));
        }
        if (isOwn) expect(moved, axis.join()).not.toEqual([]);
      }
      // Left and right go through the operators in the roofline, of which none is gone to, and step the run in the rows.
      await key(page, id === 'roofline' || id === 'rows' ? 'ArrowUp' : 'ArrowLeft');
      await idle(page);
      expect(await frameStep()).toBe(step);
      const before = await state();
      await key(page, 'Enter');
      await expect.poll(state, patient).not.toBe(before);
    }

    // As a table and as text, and back.
    await key(page, panelKeys[id]);
    await expect.poll(() => focusedPanel(page), patient).toBe(id);
    // A panel with a picture has the focus there, one without as a whole.
    const isWhole = await page.evaluate(() => document.activeElement?.matches('section') === true);
    await tabTo(page, `[data-panel="${id}"] .panel-sheet`, isWhole ? 'Tab' : 'Shift+Tab');
    await key(page, 'Space');
    await expect(shown.locator('.sheet table, .sheet-text').first()).toBeVisible(patient);
    await tabTo(page, '.sheet-bar input[type=radio]');
    await key(page, 'ArrowRight');
    await expect(shown.locator('.sheet-text')).not.toBeEmpty();
    await tabTo(page, '.sheet-scroll');
    // Where it scrolls, its keys do that and nothing else.
    if (await shown.locator('.sheet-scroll').evaluate((area) => area.scrollHeight > area.clientHeight)) {
      const at = await shownStep(page);
      for (const each of ['PageDown', 'End', 'ArrowDown']) await key(page, each);
      expect(await shownStep(page)).toBe(at);
    }
    await tabTo(page, `[data-panel="${id}"] .panel-sheet`, 'Shift+Tab');
    await key(page, 'Enter');
    await expect(shown.locator('.sheet')).toHaveCount(0);

    // Large and back, by the button and by the key; the focus stays with the panel.
    await key(page, 'Tab');
    await key(page, 'Enter');
    await expect(page.locator('section[data-panel]')).toHaveCount(1);
    await expect(shown.locator('.panel-maximise')).toBeFocused();
    await key(page, 'Enter');
    await expect(page.locator('section[data-panel]')).toHaveCount(7);
    await expect(shown.locator('.panel-maximise')).toBeFocused();
    await key(page, 'f');
    await expect(page.locator('section[data-panel]')).toHaveCount(1);
    await expect.poll(() => focusedPanel(page), patient).toBe(id);
    await key(page, 'f');
    await expect(page.locator('section[data-panel]')).toHaveCount(7);
    await expect.poll(() => focusedPanel(page), patient).toBe(id);

    // And out of it again.
    await tabTo(page, `body, body *:not([data-panel="${id}"] *)`);
    expect(errors).toEqual([]);
  });
}

test('what can be dragged has keys: lines between panels, the place in the run', async ({ page }) => {
  await openPaused(page, fullLink);
  const step = await shownStep(page);
  for (const line of await page.getByRole('separator').all()) {
    await line.focus();
    const before = await line.getAttribute('aria-valuenow');
    const isLeast = before === (await line.getAttribute('aria-valuemin'));
    const isUpright = (await line.getAttribute('aria-orientation')) === 'vertical';
    const arrow = isUpright ? (isLeast ? 'ArrowRight' : 'ArrowLeft') : isLeast ? 'ArrowDown' : 'ArrowUp';
    await key(page, arrow);
    await expect(line).not.toHaveAttribute('aria-valuenow', before ?? '');
  }
  expect(await shownStep(page)).toBe(step);
  const overview = page.locator('.transport-overview canvas');
  await overview.focus();
  await key(page, 'ArrowRight');
  await atStep(page, step + 1);
});

test('the step is said when it stands, and nothing while it plays', async ({ page }) => {
  await openPaused(page);
  await move(page, 'seekStep', 500);
  const line = page.getByTestId('live-line');
  await expect(line).toHaveAttribute('aria-live', 'polite');
  await expect(line).toContainText('Step 500');
  await line.evaluate((element) => {
    new MutationObserver(() => element.setAttribute('data-spoke', 'true')).observe(element, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await key(page, 'Space');
  await expect.poll(() => shownStep(page), patient).toBeGreaterThan(530);
  await expect(pauseButton(page)).toBeVisible();
  await expect(line).not.toHaveAttribute('data-spoke', 'true');
  await key(page, 'Space');
  await expect(line).toHaveAttribute('data-spoke', 'true');
});
