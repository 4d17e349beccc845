import { expect, type Page } from '@playwright/test';
import { crowded, descriptionOf, idle, openPaused, patient, watchErrors } from './app.ts';
import { test } from './test.ts';

const panel = (page: Page, id: string) => page.locator(`section[data-panel="${id}"]`);
const frame = (page: Page) => page.locator('.position');

test('panels that share a place are put in front by their title and by their key', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, crowded);
  await page.getByText('GPU timeline', { exact: true }).click();
  await expect(panel(page, 'timeline')).toBeVisible(patient);
  await expect(panel(page, 'batch')).toHaveCount(0);
  await page.keyboard.press('9');
  await expect(panel(page, 'memory')).toBeVisible(patient);
  await page.keyboard.press('i');
  await expect(panel(page, 'events').locator('canvas')).toBeFocused(patient);
  await page.keyboard.press('4');
  await expect(panel(page, 'kv')).toBeVisible(patient);
  expect(errors).toEqual([]);
});

test('an event is reached by keyboard, gone to and selected; kinds can be left out', async ({ page }) => {
  await openPaused(page, crowded);
  await page.keyboard.press('i');
  const canvas = panel(page, 'events').locator('canvas');
  await expect(canvas).toBeFocused(patient);
  for (const kind of ['first held', 'KV above 95 %', 'long prompt', 'other limit']) {
    const box = panel(page, 'events').getByLabel(kind);
    if ((await box.count()) > 0) await box.uncheck();
  }
  await canvas.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => descriptionOf(page, 'events')).toMatch(/step [\d,]+: r\d+ preempted/);
  const [, step, request] = /step ([\d,]+): r(\d+)/.exec(await descriptionOf(page, 'events')) ?? [];
  await page.keyboard.press('Enter');
  await idle(page);
  await expect(frame(page)).toContainText(`Step ${step} of`);
  await expect(page).toHaveURL(new RegExp(`sel=r?${request}`), patient);
});

test('the timeline goes to a step and zooms to the whole run', async ({ page }) => {
  await openPaused(page, crowded);
  await page.keyboard.press('0');
  const canvas = panel(page, 'timeline').locator('canvas');
  await expect(canvas).toBeFocused(patient);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await idle(page);
  await expect(frame(page)).toContainText('Step 899 of');
  for (let i = 0; i < 7; i++) await page.keyboard.press('-');
  await expect.poll(() => descriptionOf(page, 'timeline')).toContain('The whole run: prefill');
  await expect(panel(page, 'timeline').getByRole('button', { name: 'More steps' })).toBeDisabled();
});

test('a pipeline has a lane a stage in the timeline, says what each is idle, and is gone through by keys', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?pipeline-parallel-size=4&tensor-parallel-size=2&rate=200&requests=400&t=60');
  await page.keyboard.press('0');
  const timeline = panel(page, 'timeline');
  const canvas = timeline.locator('canvas');
  await expect(canvas).toBeFocused(patient);
  const described = () => descriptionOf(page, 'timeline');
  await expect
    .poll(described, patient)
    .toMatch(
      /^Step 60: .*; stage 1 .*, stage 4 .*\. Idle in the \d+ steps in view: stage 1 .*%, .*stage 4 .*%; in the whole run/,
    );
  // Steps run side by side: there is no axis of steps to choose.
  await expect(timeline.getByText('Equal width')).toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(timeline.locator('.readout')).toContainText('step 59:');
  await page.keyboard.press('Enter');
  await idle(page);
  await expect(frame(page)).toContainText('Step 59 of', patient);

  // The pointer is on the shown step in the last stage.
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the timeline has no place');
  await canvas.hover({ position: { x: box.width - 8, y: box.height - 46 } });
  await expect(timeline.locator('.readout')).toContainText('step 59:');
  await expect(timeline.locator('.readout')).toContainText('stage 4');
  await expect(timeline.locator('.readout')).toContainText('communication');

  await canvas.focus();
  for (let i = 0; i < 7; i++) await page.keyboard.press('-');
  await expect.poll(described).toMatch(/^The whole run: idle in stage 1 .*% of the time\. .* bubbles\.$/);
  await timeline.locator('.panel-sheet').click();
  await expect(timeline.locator('thead')).toContainText('stage 4 · 2 GPUs', patient);
  expect(errors).toEqual([]);
});

test('a replica of a split fleet shows the KV that comes to it in the timeline', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?replicas=4&prefill-replicas=2&rate=40&requests=400&t=200&replica=3');
  await page.keyboard.press('0');
  await expect(panel(page, 'timeline').locator('canvas')).toBeFocused(patient);
  await expect
    .poll(() => descriptionOf(page, 'timeline'), patient)
    .toMatch(/KV of [\d,]+ requests comes in view, .*B\.$/);
  expect(errors).toEqual([]);
});

test('memory over time says its parts, and a click goes to the time', async ({ page }) => {
  await openPaused(page, crowded);
  await page.keyboard.press('9');
  const canvas = panel(page, 'memory').locator('canvas');
  await expect(canvas).toBeFocused(patient);
  await expect.poll(() => descriptionOf(page, 'memory')).toMatch(/^At .*: useful .*, internal .*, cached/);
  const before = await frame(page).textContent();
  const box = await canvas.boundingBox();
  await canvas.click({ position: { x: (box?.width ?? 0) * 0.7, y: 40 } });
  await idle(page);
  await expect(frame(page)).not.toHaveText(before ?? '');
});

test('a limit on a latency is set by keyboard and by dragging, and stays on the device', async ({ page }) => {
  await openPaused(page, crowded);
  const canvas = panel(page, 'latency').locator('canvas');
  await canvas.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect.poll(() => descriptionOf(page, 'latency')).toMatch(/TTFT: .*SLO .*, .*% late; goodput .*%/);
  const byKey = await descriptionOf(page, 'latency');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => descriptionOf(page, 'latency')).not.toBe(byKey);
  // The flag of ITL is parked at the right end of its row.
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the panel has no place');
  const y = box.y + box.height * 0.36;
  await page.mouse.move(box.x + box.width - 4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => descriptionOf(page, 'latency')).toMatch(/ITL: .*late; goodput/);
  const dragged = await descriptionOf(page, 'latency');
  await page.reload();
  await expect.poll(() => descriptionOf(page, 'latency'), patient).toBe(dragged);
  expect(page.url()).not.toContain('slo');
});

test('every panel is read as a table that can be sorted, and as text', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, crowded);
  for (const key of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', 'i', 'r']) {
    await page.keyboard.press(key);
    const focused = page.locator('section[data-panel]:focus-within').or(page.locator('section[data-panel]:focus'));
    await expect(focused).toHaveCount(1, patient);
    const id = await focused.getAttribute('data-panel');
    const shown = panel(page, id ?? '');
    const toggle = shown.locator('.panel-sheet');
    await toggle.click();
    await expect(shown.locator('.sheet'), id ?? key).toBeVisible(patient);
    await expect(shown.locator('thead th').first()).toBeVisible();
    await shown.getByText('Text', { exact: true }).click();
    await expect(shown.locator('.sheet-text')).not.toBeEmpty();
    await toggle.click();
    await expect(shown.locator('.sheet')).toHaveCount(0);
  }
  expect(errors).toEqual([]);
});

test('a row of a table lights up its request everywhere, and sorts by value', async ({ page }) => {
  await openPaused(page, crowded);
  await panel(page, 'queue').locator('.panel-sheet').click();
  const rows = panel(page, 'queue').locator('tbody tr');
  await expect(rows.first()).toBeVisible(patient);
  await expect(panel(page, 'queue').locator('tbody td:nth-child(5)').first()).not.toBeEmpty();
  await panel(page, 'queue').getByRole('button', { name: 'Prompt' }).click();
  const prompts = (await panel(page, 'queue').locator('tbody td:nth-child(2)').allTextContents()).map((text) =>
    Number(text.replaceAll(',', '')),
  );
  expect(prompts).toEqual([...prompts].sort((a, b) => a - b));
  const first = rows.first().getByRole('button');
  const name = (await first.textContent()) ?? '';
  await first.click();
  await expect(rows.first()).toHaveAttribute('data-selected', 'true');
  await expect(page.locator('section[data-panel="step"]')).toContainText(`Life of ${name}`);
});

test('on a phone all panels are reached by tabs that scroll', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPaused(page, crowded);
  for (const name of ['Events', 'GPU', 'Memory']) {
    const tab = page.getByRole('tab', { name, exact: true });
    await tab.click();
    await expect(tab).toHaveAttribute('aria-selected', 'true');
    await expect(page.locator('.phone-panel section[data-panel] canvas')).toBeVisible(patient);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
