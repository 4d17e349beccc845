/** Everything without a mouse. */

import { expect, type Locator, type Page, test } from '@playwright/test';
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
} from './app.ts';

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
] as const) {
  test(`Tab reaches every control and shows where it is, ${name}`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await openPaused(page);
    const count = await markControls(page);
    expect(count).toBeGreaterThan(10);
    const reached = new Set<string>();
    const unseen: string[] = [];
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
        return { place: element.dataset.place, hasRing, html: element.outerHTML.slice(0, 160) };
      });
      if (found === null || reached.has(found.place)) continue;
      reached.add(found.place);
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
  });
}
