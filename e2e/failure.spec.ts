/** Scenarios that cannot be simulated, and pages that may start no worker or keep nothing. */

import { expect, type Page, type Route } from '@playwright/test';
import {
  banded,
  idle,
  latencyWords,
  notices,
  openPaused,
  panel,
  patient,
  pause,
  pauseButton,
  simulated,
  slider,
  watchErrors,
} from './app.ts';
import { test } from './test.ts';

const failed = async (page: Page) => expect(page.locator('.app')).toHaveAttribute('data-status', 'failed', patient);

/** The panels whose pictures are of the last run; the words beside them may name the knobs that are set now. */
async function canvases(page: Page): Promise<readonly string[]> {
  await idle(page);
  return page
    .locator('section[data-panel] canvas')
    .evaluateAll((all) => all.map((each) => (each as HTMLCanvasElement).toDataURL()));
}

/** Types a value into the field behind a slider's value. */
async function type(page: Page, name: string, value: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${name}: `) }).click();
  await page.getByRole('textbox', { name }).fill(value);
  await page.keyboard.press('Enter');
}

test('what is typed and cannot be taken is answered, and the value stays', async ({ page }) => {
  await openPaused(page);
  const seed = page.getByRole('textbox', { name: 'Seed' });
  const before = await seed.inputValue();
  await seed.fill('abc');
  await seed.press('Enter');
  await expect(notices(page)).toContainText(/seed.*abc/i);
  await expect(seed).toHaveValue(before);

  for (const typed of ['lots', '999999999']) {
    await type(page, 'Token budget', typed);
    await expect(notices(page)).toContainText(typed);
    await expect(page.getByRole('button', { name: /^Token budget: 8,192/ })).toBeVisible();
  }
});

test('a name that is none is answered with those that look like it, in a link as in a file', async ({ page }) => {
  await openPaused(page, '#/run?p=tiny-paged&cache-treshold=0.5&router=round-robbin&replicas=2');
  const said = notices(page);
  await expect(said).toContainText(/“cache-treshold” is not known.*Did you mean cache-threshold\?/, patient);
  await expect(said).toContainText(
    /router: “round-robbin” is not possible; expected one of 17 names\. Did you mean round-robin\?/,
  );
  const knobs = { preset: 'tiny-paged', 'max-num-seq': 4 };
  await page.locator('input[type=file]').setInputFiles({
    name: 'mine.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ format: 'tokenyard-scenario', version: 1, knobs })),
  });
  await expect(said).toContainText(/mine\.json: “max-num-seq” is not known.*Did you mean max-num-seqs\?/, patient);
});

for (const { name, link, turn, says } of [
  {
    name: 'no memory is left for keys and values',
    link: '',
    turn: (page: Page) => type(page, 'GPU memory share', '0.12'),
    says: /cannot be simulated.*No memory is left for keys and values: 0 MiB left.*Change gpu-memory-utilization/,
  },
  {
    name: 'the model is larger than the memory of the GPU',
    link: '',
    turn: (page: Page) => slider(page, 'GPU memory share').press('Home'),
    says: /cannot be simulated.*weights do not fit: 1[45]\.\d+ GiB needed; 1\.\d+ GiB allowed/,
  },
  {
    name: 'no trace is loaded',
    // Not as on a first visit, whose guide goes with the scenario and leaves its room to the pictures.
    link: '#/run?p=long-prompt-stall',
    turn: (page: Page) => page.getByRole('combobox', { name: 'Preset' }).selectOption('trace'),
    says: /cannot be simulated.*No trace is loaded/,
  },
]) {
  test(`${name}: says so, keeps the last picture, and undo brings it back`, async ({ page }) => {
    const errors = watchErrors(page);
    await openPaused(page, link);
    await banded(page);
    // The last picture to come: it is loaded after the others.
    await expect(panel(page, 'strip').locator('canvas')).toBeVisible(patient);
    const before = await canvases(page);
    await turn(page);
    await failed(page);
    await expect(notices(page)).toContainText(says);
    expect(await canvases(page)).toEqual(before);
    await page.locator('h1').click();
    await page.keyboard.press('Control+z');
    await simulated(page);
    await expect(notices(page).locator('.notice')).toHaveCount(0);
    expect(errors).toEqual([]);
  });
}

test('a request larger than the whole pool is refused, and the page says so', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?p=tiny-paged');
  await type(page, 'KV blocks', '16');
  const says = /One of 6 requests was refused: longer than the 240 tokens/;
  await expect(notices(page)).toContainText(says, patient);
  // The others have run.
  expect(await latencyWords(page)).toMatch(/E2E: .*no P99: 5 values/);
  await page.keyboard.press('Home');
  await page.keyboard.press('n');
  await idle(page);
  await expect(panel(page, 'step')).toContainText(/r\d refused: too long/);

  await type(page, 'KV blocks', '90');
  await expect(notices(page).locator('.notice')).toHaveCount(0, patient);
  expect(errors).toEqual([]);
});

test('a link to a scenario that cannot be simulated opens with the reason', async ({ page }) => {
  const errors = watchErrors(page);
  await page.goto('/#/run?v=1&p=long-prompt-stall&gpu-memory-utilization=0.01&eng=1');
  await failed(page);
  await expect(notices(page)).toContainText(/cannot be simulated/);
  await slider(page, 'GPU memory share').press('End');
  await simulated(page);
  await pause(page);
  expect(await latencyWords(page)).toMatch(/P50/);
  expect(errors).toEqual([]);
});

/** As a static host answers: anybody may read. */
async function allowAll(route: Route): Promise<void> {
  const answer = await route.fetch();
  await route.fulfill({ response: answer, headers: { ...answer.headers(), 'access-control-allow-origin': '*' } });
}

test('works in a frame of opaque origin, where storage throws and workers are restricted', async ({
  baseURL,
  page,
}) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.context().route('**/*', allowAll);
  await page.setContent(`<iframe sandbox="allow-scripts" src="${baseURL}" width="1200" height="700"></iframe>`);
  const frame = page.frameLocator('iframe');
  await expect(frame.locator('.app')).toHaveAttribute('data-status', 'done', patient);
  await expect(frame.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  const position = frame.locator('.position');
  const first = await position.textContent();
  await expect(position).not.toHaveText(first ?? '', patient);

  await frame.getByRole('button', { name: /^Theme/ }).click();
  await frame.getByRole('button', { name: 'Pause', exact: true }).click();
  await frame.getByRole('slider', { name: 'Token budget' }).press('PageDown');
  await expect(frame.locator('.app')).toHaveAttribute('data-status', 'done', patient);
  await frame.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(frame.locator('.notices')).toContainText(/copy|copied/);
  expect(errors).toEqual([]);
});

test('says so where the worker does not start', async ({ page }) => {
  await page.route('**/simulation-worker*', (route) => route.abort());
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('the browser did not start this page’s worker');
});

test('what is said of a worker that does not start stays when words come later', async ({ page }) => {
  const held: Route[] = [];
  await page.route('**/simulation-worker*', (route) => route.abort());
  await page.route('**/assets/sglang-*', (route) => void held.push(route));
  await page.goto('/#/run?p=long-prompt-stall&engine=sglang');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('the browser did not start this page’s worker');
  expect(held.length).toBeGreaterThan(0);
  const requests = held.map((route) => route.request());
  for (const route of held) await route.continue();
  for (const request of requests) await (await request.response())?.finished();
  for (let frames = 0; frames < 10; frames++)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await expect(alert).toBeVisible();
  await expect(page.locator('.app')).toHaveCount(0);
});

test('a part that does not come is named, and what it belongs to stays', async ({ page }) => {
  await page.route('**/assets/SweepChart-*', (route) => route.abort());
  await page.route('**/assets/PanelSheet-*', (route) => route.abort());
  await page.route('**/assets/PolicyDialog-*', (route) => route.abort());
  // The knobs are in a drawer.
  await page.setViewportSize({ width: 1000, height: 800 });
  await openPaused(page, '#/run?p=tiny-paged');
  const lost = /A part of the page could not be loaded or shown/;

  await panel(page, 'kv').getByRole('button', { name: 'KV pool as table or text' }).click();
  await expect(notices(page)).toContainText(lost);
  await expect(notices(page)).not.toContainText(lost);

  await page.evaluate(() => window.__tokenyard?.open('scenario'));
  const drawer = page.getByRole('dialog');
  const budget = page.locator('[data-knob="max-num-batched-tokens"]');
  await budget.getByRole('button', { name: 'Try other values of Token budget' }).click();
  await expect(notices(page)).toContainText(lost);
  await expect(drawer).toBeVisible();
  await expect(budget).toBeVisible();
  await expect(notices(page)).not.toContainText(lost);
  await page.keyboard.press('Escape');

  // A dialog that does not come is not open.
  await page.keyboard.press('w');
  await expect(notices(page)).toContainText(lost);
  await page.keyboard.press('w');
  await expect(notices(page)).toContainText(lost);
  await expect(drawer).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(drawer).toBeVisible();
});

test('where dividers do not come, the panels stand below each other', async ({ page }) => {
  await page.route('**/assets/Split-*', (route) => route.abort());
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/#/run?p=tiny-paged');
  await expect(notices(page)).toContainText('A part of the page could not be loaded or shown');
  await simulated(page);
  await expect(page.getByRole('separator')).toHaveCount(0);
  await expect(panel(page, 'queue')).toBeVisible();
  await expect(panel(page, 'kv')).toBeVisible();
  await page.getByRole('tab', { name: 'Latency' }).click();
  await expect(panel(page, 'latency')).toBeVisible();
});

test('storage that holds nonsense is ignored', async ({ page }) => {
  const errors = watchErrors(page);
  await page.addInitScript(() => {
    localStorage.setItem('tokenyard.preferences', '{"theme":"pink","language":7');
    localStorage.setItem('tokenyard.this-gpu', '[]');
  });
  await page.goto('/');
  await simulated(page);
  await expect(pauseButton(page)).toBeVisible();
  expect(errors).toEqual([]);
});
