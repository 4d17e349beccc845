/** A visitor's own policy: good, slow, throwing, illegal and endless ones, and what none of them can reach. */

import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { atStep, openPaused, patient, shownStep, watchErrors } from './app.ts';
import { deepUnless } from './looks.ts';
import { test } from './test.ts';

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Your policy' });
const editor = (page: Page) => page.getByRole('textbox', { name: /^Text of your policy/ });
/** How the text as it stands now fares. */
const outcome = (page: Page) => page.locator('.policy-outcome[data-current=true]');
const failure = (page: Page) => outcome(page).locator('.policy-failure');
const row = (page: Page, engine: string) => page.locator(`.policy-table tr[data-engine="${engine}"]`);

/** A quarter of the default scenario: every engine is simulated on it too, to be compared with. */
const quarter = '#/run?v=1&p=long-prompt-stall&requests=60&t=100';

/** Opens "Your policy" on a scenario; the example that stands there first has run when this returns. */
async function openPolicy(page: Page, link = quarter): Promise<void> {
  await openPaused(page, link);
  await page.keyboard.press('w');
  await expect(dialog(page)).toBeVisible(patient);
  await done(page);
}

const done = (page: Page) => expect(outcome(page)).toContainText(/done in/, patient);

/** Puts a text in as a file that is opened, which runs by itself. */
async function write(page: Page, text: string): Promise<void> {
  const file = { name: 'policy.ts', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await dialog(page).locator('input[type=file]').setInputFiles(file);
  await expect(editor(page)).toContainText(text.split('\n').at(-1) ?? '');
}

/** Everybody gets everything: a policy as long as there is enough of all. */
const all =
  '[...view.running, ...view.queue].slice(0, 60).map((request) => ({ request, tokens: Math.min(request.left, 100) }))';

/** The page goes on as if nothing had happened: a good policy runs, and so does the page itself. */
async function isAlive(page: Page): Promise<void> {
  await write(page, `// Alive.\nexport default (view: View) => ${all};`);
  await done(page);
  await page.keyboard.press('Escape');
  if (await dialog(page).isVisible()) await dialog(page).getByRole('button', { name: 'Close' }).click();
  await expect(dialog(page)).toHaveCount(0);
  const before = await shownStep(page);
  await page.keyboard.press('ArrowRight');
  await atStep(page, before + 1);
}

test('a good one stands above every engine on the same traffic, and runs again when its text changes', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPolicy(page, '#/run?v=1&p=long-prompt-stall&enforce-eager=on');
  await expect(outcome(page)).toContainText(/240 requests, [\d,]+ steps, done in/);
  // First come, first served is what vLLM does without overlapping or padding steps: as many tokens a second, to four digits.
  const tokens = await row(page, 'own').locator('td').first().innerText();
  await expect(row(page, 'vllm').locator('td').first()).toHaveText(tokens.trim(), patient);
  await expect(row(page, 'static').locator('td')).toHaveCount(8, patient);
  await expect(row(page, 'vllm-2023').locator('td')).toHaveCount(8, patient);
  await expect(dialog(page).locator('.policy-pending')).toHaveCount(0, patient);

  const ttft = row(page, 'own').locator('td').nth(1);
  const before = await ttft.innerText();
  await dialog(page).getByRole('combobox', { name: 'Example' }).selectOption({ label: 'Your first chunked prefill' });
  await expect(editor(page)).toContainText('CHUNK = 512');
  await expect(ttft).not.toHaveText(before, patient);
  await done(page);

  await write(
    page,
    `export default (view) => {\n  if (view.step < 2) console.log('step', view.step);\n  return ${all};\n};`,
  );
  await done(page);
  await expect(outcome(page).getByText('Console: 2 lines')).toBeVisible();
  await expect(dialog(page).getByRole('combobox', { name: 'Example' })).toHaveValue('own');
  await isAlive(page);
  expect(errors).toEqual([]);
});

test('a slow one shows how far it is, and can be stopped', async ({ page }) => {
  const errors = watchErrors(page);
  await openPolicy(page);
  await write(page, `export default (view) => { for (let i = 0; i < 4e7; i++); return ${all}; };`);
  await expect(outcome(page)).toContainText(
    /Step [\d,]+, [\d.]+\ss simulated, \d+(\.\d+)?\s% of the requests done\. Ends after 60 s/,
    patient,
  );
  await dialog(page).getByRole('button', { name: 'Stop' }).click();
  await expect(failure(page)).toHaveText('Stopped.');
  await expect(page.locator('iframe')).toHaveCount(0);
  await isAlive(page);
  expect(errors).toEqual([]);
});

test('a throwing one is answered with its line and step, in the text too', async ({ page }) => {
  const errors = watchErrors(page);
  await openPolicy(page);
  await write(
    page,
    `interface Mine {\n  readonly a: number;\n}\n\nexport default (view: View) => {\n  if (view.step === 17) {\n    throw new TypeError('mine');\n  }\n  return ${all};\n};`,
  );
  await expect(failure(page)).toContainText(/Line 7, step 17, at \d+\.\d{3} s/, patient);
  await expect(failure(page)).toContainText('TypeError: mine.');
  await expect(page.locator('.cm-lintRange-error')).toHaveText("throw new TypeError('mine');");
  await isAlive(page);
  expect(errors).toEqual([]);
});

test('an illegal one is answered with step, request and numbers', async ({ page }) => {
  const errors = watchErrors(page);
  await openPolicy(page);
  await write(
    page,
    `export default (view) => ${all}.map((e) => ({ ...e, tokens: e.tokens + (view.step === 9 ? 500 : 0) }));`,
  );
  await expect(failure(page)).toContainText(/Step 9, at \d\.\d{3} s/, patient);
  await expect(failure(page)).toContainText(/Request \d+ is given \d+ tokens, but it has only \d+ left to compute\./);
  await write(page, 'export default () => [];');
  await expect(failure(page)).toContainText(/60 requests wait or run, nobody is given anything/, patient);
  await isAlive(page);
  expect(errors).toEqual([]);
});

test('an endless one is ended after a second, and its step is named', async ({ page }) => {
  const errors = watchErrors(page);
  await openPolicy(page);
  await write(
    page,
    `let n = 0;\nexport default (view) => {\n  if (view.step === 700) for (;;) n++;\n  return ${all};\n};`,
  );
  await expect(failure(page)).toContainText(/Step 700, at \d+\.\d{3} s/, patient);
  await expect(failure(page)).toContainText(/no sign of life for 1\.\d s: an endless loop/);
  // In the very first calls too, before there is any progress to tell.
  await write(page, `export default (view) => {\n  if (view.step === 3) for (;;);\n  return ${all};\n};`);
  await expect(failure(page)).toContainText(/Step 3, at \d+\.\d{3} s/, patient);
  await write(page, 'for (;;);\nexport default () => [];');
  await expect(failure(page)).toContainText('While loading, before the first step', patient);
  await expect(page.locator('iframe')).toHaveCount(0);
  await isAlive(page);
  expect(errors).toEqual([]);
});

for (const [text, line, says] of [
  ['export default (view) => {\n  return [;\n}', 2, 'Unexpected ";".'],
  ['export default (view) => {\n  let x = 1;\n  let x = 2;\n}', 3, "Identifier 'x' has already been declared."],
  ['\nexport const policy = 3', null, 'The default export is undefined.'],
] as const) {
  test(`a mistake in the text is answered: ${says}`, deepUnless(line === 3), async ({ page }) => {
    const errors = watchErrors(page);
    await openPolicy(page);
    await write(page, text);
    await expect(failure(page)).toContainText(says, patient);
    if (line !== null) await expect(failure(page)).toContainText(`Line ${line}`);
    await isAlive(page);
    expect(errors).toEqual([]);
  });
}

test.describe('what is not there', () => {
  // What it asks for in vain is thrown in its own frame, promises too.
  test.use({ mayThrow: true });

  test('reaches no network, no page, no storage and no clock', async ({ page }) => {
    const asked: string[] = [];
    await openPolicy(page);
    page.context().on('response', (response) => asked.push(response.url()));
    for (const [code, says] of [
      ["fetch('/')", 'fetch is not defined. A policy has no network.'],
      ["new WebSocket('ws://localhost:1')", 'WebSocket is not defined. A policy has no network.'],
      ["importScripts('/x.js')", 'importScripts is not defined'],
      ["new Worker('/x.js')", 'Worker is not defined'],
      ["navigator.sendBeacon('/x')", 'navigator is not defined'],
      ["postMessage('x')", 'postMessage is not defined. A policy cannot reach the page.'],
      ['self.document', 'self is not defined'],
      ["indexedDB.open('x')", 'indexedDB is not defined'],
      ["new BroadcastChannel('x')", 'BroadcastChannel is not defined'],
      ["globalThis.fetch('/')", 'globalThis.fetch is not a function'],
      ['performance.now()', 'performance is not defined. There is no clock'],
      ['new Date()', 'Date is not there. There is no clock'],
      ['Math.random()', 'Math.random is not there. There is no chance'],
      ["view.constructor.constructor('return fetch')()", 'code from text is not there'],
      ["eval('fetch')", 'eval is not defined'],
      ["require('fs')", 'require is not there (for "fs")'],
      ['Array.prototype.push = () => 0', 'read only'],
      ['view.queue[0].left = 3', 'What a policy sees is read-only'],
    ] as const) {
      await write(page, `export default (view) => { ${code}; return []; };`);
      await expect(failure(page), code).toContainText(says, patient);
    }
    // What has become of import() is a promise, which no policy may answer with.
    await write(page, "export default () => import('/x.js');");
    await expect(failure(page)).toContainText('The answer is a promise', patient);
    expect(asked.filter((url) => !url.startsWith('blob:') && !url.endsWith('/policy-frame.html'))).toEqual([]);
  });
});

test('the frame of a policy lets nothing out, even for code that was not locked down', async ({ page }) => {
  await openPaused(page);
  const asked: string[] = [];
  page.context().on('response', (response) => asked.push(response.url()));
  // What is asked for by the page is seen here.
  await page.evaluate(() => fetch('icon.svg?policy'));
  expect(asked.splice(0).filter((url) => url.includes('?policy'))).toHaveLength(1);
  const found = await page.evaluate(async () => {
    const attempts = `
      const here = ${JSON.stringify(location.origin)};
      const tries = {
        fetch: () => fetch(here + '/index.html?policy'),
        request: () => new Promise((ok, no) => { const r = new XMLHttpRequest(); r.onload = ok; r.onerror = () => no(new Error('refused')); r.open('GET', here + '/?policy'); r.send(); }),
        socket: () => new Promise((ok, no) => { const s = new WebSocket(here.replace('http', 'ws')); s.onopen = ok; s.onerror = () => no(new Error('refused')); }),
        script: () => importScripts(here + '/index.html?policy'),
        module: () => import(here + '/index.html?policy'),
        worker: () => new Promise((ok, no) => { const w = new Worker(here + '/index.html?policy'); w.onmessage = ok; w.onerror = () => no(new Error('refused')); }),
        text: () => new Function('return 1')(),
        storage: () => new Promise((ok, no) => { const r = indexedDB.open('x'); r.onsuccess = ok; r.onerror = no; }),
        caches: () => caches.open('x'),
      };
      (async () => {
        const found = {};
        for (const [name, attempt] of Object.entries(tries)) {
          try { await attempt(); found[name] = 'done'; } catch (error) { found[name] = 'refused'; }
        }
        postMessage(found);
      })();
    `;
    const frame = document.createElement('iframe');
    frame.sandbox.add('allow-scripts');
    frame.src = 'policy-frame.html';
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise<Record<string, string>>((resolve) => {
      port1.onmessage = ({ data }) => {
        if (!('kind' in data)) resolve(data);
      };
    });
    frame.onload = () => frame.contentWindow?.postMessage({ script: attempts, job: null }, '*', [port2]);
    document.body.append(frame);
    const results = await answer;
    frame.remove();
    return results;
  });
  expect(Object.keys(found)).toHaveLength(9);
  expect(new Set(Object.values(found))).toEqual(new Set(['refused']));
  // The page itself may ask for parts of its own meanwhile.
  expect(asked.filter((url) => url.includes('?policy'))).toEqual([]);
});

test('is written by keyboard alone, completed from the documented view, and left with Escape and Tab', async ({
  page,
}) => {
  await openPolicy(page);
  await editor(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('export default (view) => { view.me');
  await expect(page.locator('.cm-tooltip-autocomplete')).toContainText('memory');
  // The first Escape closes the list of completions, the next lets Tab leave.
  await page.keyboard.press('Escape');
  await expect(page.locator('.cm-tooltip-autocomplete')).toHaveCount(0);
  await page.keyboard.press('Tab');
  await expect(editor(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect(editor(page)).not.toBeFocused();
  await expect(dialog(page)).toBeVisible();

  await editor(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type("throw new Error('by hand');");
  await page.keyboard.press('Control+Enter');
  await expect(failure(page)).toContainText('by hand', patient);
});

test('keeps its text on this device, and takes and gives it as a file', async ({ page }) => {
  await openPolicy(page);
  const text = `// Mine.\nexport default (view) => ${all};`;
  await write(page, text);
  await done(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog(page).getByRole('button', { name: 'Save the policy as a file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('policy.ts');
  expect(readFileSync(await download.path(), 'utf8')).toBe(text);
  await page.reload();
  await openPolicy(page);
  await expect(editor(page)).toContainText('// Mine.');
  expect(page.url()).not.toContain('Mine');
});

test('one that fills its memory takes only its own process with it', async ({ page }) => {
  // The frame's process dies. Playwright takes that for the page's, so the page tells how it is by asking for something.
  const told: string[] = [];
  page.context().on('request', (request) => told.push(decodeURIComponent(new URL(request.url()).search)));
  await openPolicy(page);
  await page.evaluate(() => {
    const tell = () =>
      fetch(`icon.svg?${encodeURIComponent(document.querySelector('.policy-outcome')?.textContent ?? '')}`);
    setInterval(() => void tell(), 500);
  });
  // A few large pieces: with many small ones the last collections may take the second after which it would be taken for an endless loop.
  await write(
    page,
    `const kept = [];\nexport default (view) => {\n  kept.push(new Array(5_000_000).fill(0.5));\n  return ${all};\n};`,
  );
  await expect.poll(() => told.at(-1), patient).toMatch(/Step \d+, at [\d.]+ sIt used too much memory/);
});
