/** The reader's own colours for everything: states stay visible, and textures say what hues say otherwise. */

import { expect, type Locator, type Page } from '@playwright/test';
import { openPaused, panel } from './app.ts';
import { closeDialog, fullLink, openDialog } from './dialogs.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

/** What a system colour is on this page, over the page's colour where it is see-through. */
function systemColours(page: Page, names: readonly string[]): Promise<readonly string[]> {
  return page.evaluate((all) => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2D canvas');
    const resolved = (name: string) => {
      const probe = document.createElement('i');
      probe.style.color = name;
      document.body.append(probe);
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    };
    return all.map((name) => {
      for (const layer of ['Canvas', name]) {
        context.fillStyle = resolved(layer);
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].join();
    });
  }, names);
}

/** How often each colour occurs in a canvas, as shares of its pixels. */
function coloursOf(canvas: Locator): Promise<Readonly<Record<string, number>>> {
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] };
    const counts: Record<string, number> = {};
    for (let i = 0; i < data.length; i += 4) {
      const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts[colour] = (counts[colour] ?? 0) + 4 / data.length;
    }
    return counts;
  });
}

const looks = (of: Locator) => of.screenshot({ animations: 'disabled' });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`forced colours, ${colorScheme}`, async ({ browser }) => {
    const viewport = { width: 1440, height: 900 };
    const context = await browser.newContext({ viewport, forcedColors: 'active', colorScheme });
    const page = await context.newPage();
    await openPaused(page, fullLink);
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'forced');
    const [ground, text, highlight] = await systemColours(page, ['Canvas', 'CanvasText', 'Highlight']);
    expect(await violations(page)).toEqual([]);

    // Pictures stand on the reader's ground, prompts in the colour of text, decodes in that of what is marked.
    const batch = await coloursOf(panel(page, 'batch').locator('canvas'));
    expect(batch[ground]).toBeGreaterThan(0.5);
    expect(batch[text]).toBeGreaterThan(0);
    expect(batch[highlight]).toBeGreaterThan(0);

    // Each state looks different from its opposite.
    const sheet = panel(page, 'batch').locator('.panel-sheet');
    const sheetUp = await looks(sheet);
    await sheet.click();
    await page.mouse.move(0, 0);
    await sheet.evaluate((element) => element.blur());
    expect((await looks(sheet)).equals(sheetUp)).toBe(false);
    await sheet.click();
    const undo = page.getByRole('button', { name: 'Undo' });
    await expect(undo).toBeDisabled();
    const disabled = await looks(undo);
    await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('rate', 13));
    await expect(undo).toBeEnabled();
    expect((await looks(undo)).equals(disabled)).toBe(false);
    const chosen = panel(page, 'latency').locator('.segments');
    const first = await looks(chosen);
    await chosen.getByText('CDF', { exact: true }).click();
    await page.mouse.move(0, 0);
    expect((await looks(chosen)).equals(first)).toBe(false);
    const toggle = page.getByRole('switch').first();
    await toggle.scrollIntoViewIfNeeded();
    const off = await looks(toggle);
    await toggle.click();
    await page.mouse.move(0, 0);
    await toggle.evaluate((element) => element.blur());
    expect((await looks(toggle)).equals(off)).toBe(false);
    const play = page.getByRole('button', { name: 'Play', exact: true });
    const unfocused = await looks(play);
    await play.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    expect((await looks(play)).equals(unfocused)).toBe(false);

    // The five hues with colour taken away: of each pair, a tenth of the pixels is ground here and drawn there.
    await openDialog(page, 'help');
    const leastApart = () =>
      page.locator('.help-colours canvas').evaluateAll((canvases, own) => {
        const shapes = (canvases as HTMLCanvasElement[]).map((canvas) => {
          const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
          // How far each pixel is from the ground; lines thinner than a pixel come out as a shade.
          const far = Array.from({ length: data.length / 4 }, (_, i) =>
            own.reduce((sum, part, at) => sum + Math.abs(data[4 * i + at] - part), 0),
          );
          const most = Math.max(...far);
          return far.map((each) => each < 0.75 * most);
        });
        const pairs = shapes.flatMap((a, i) => shapes.slice(i + 1).map((b) => [a, b]));
        return Math.min(...pairs.map(([a, b]) => a.filter((isGround, at) => isGround !== b[at]).length / a.length));
      }, ground.split(',').map(Number));
    await expect.poll(leastApart, { timeout: 10_000 }).toBeGreaterThan(0.1);
    await expect(page.locator('.help-colours canvas')).toHaveCount(5);
    expect(await violations(page)).toEqual([]);
    await closeDialog(page);
    await context.close();
  });
}

test('a reader who asks for more contrast gets it', async ({ page }) => {
  await openPaused(page);
  // The page is told of the system's change when it is drawn next.
  const ink = () =>
    page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      return document.documentElement.style.getPropertyValue('--ink-faint');
    });
  const faint = await ink();
  await page.emulateMedia({ contrast: 'more' });
  await expect.poll(ink).not.toBe(faint);
});
