/** The calibration in a real Chromium: worker, progress, result, and the failures that only a browser can produce. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, expect, type Page } from '@playwright/test';
import { type ChromiumOptions, launchOptions } from './chromium.ts';
import { pagesPort } from './ports.ts';
import { test } from './test.ts';

const url = `http://localhost:${pagesPort}/calibrate.html`;
/** SwiftShader on a loaded machine is slow; nothing here asserts how fast it is. */
const wholeRun = { timeout: 90_000 };

let browser: Browser;

async function openPage(options: ChromiumOptions, address = url): Promise<Page> {
  browser = await chromium.launch(launchOptions(options));
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

test.afterEach(async () => {
  await browser?.close();
});

const start = (page: Page) => page.getByRole('button', { name: 'Start measuring' }).click();
const alertIn = (page: Page) => page.getByRole('alert');

/** Phases pass faster than a test can look, so the page notes the words of each. */
async function notePhases(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seenPhases: seen });
    const note = () => {
      const words = document.querySelector('[role=status]')?.textContent ?? '';
      if (words !== seen[seen.length - 1]) seen.push(words);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

/** Waits until one of the phases was seen, not counting the first `from`. Gives the number of phases seen. */
async function sawPhase(page: Page, words: RegExp, from = 0): Promise<number> {
  const count = await page.waitForFunction(
    ([source, first]) => {
      const seen = (window as unknown as { seenPhases: string[] }).seenPhases;
      return seen.slice(first).some((phase) => new RegExp(source).test(phase)) ? seen.length : 0;
    },
    [words.source, from] as const,
    { ...wholeRun, polling: 10 },
  );
  return count.jsonValue();
}

async function crashGpu(): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  // The answer does not come once the process is gone.
  session.send('Browser.crashGpuProcess').catch(() => undefined);
}

test('measures on a software adapter, labels the result, and hands it on as the device', async () => {
  const page = await openPage({ webgpu: true });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await start(page);
  await expect(page.getByRole('progressbar')).toBeVisible();

  await expect(page.getByText('software adapter: not a GPU', { exact: true })).toBeVisible(wholeRun);
  const figures = page.locator('dl');
  await expect(figures).toContainText(/Copy \(read and write\)[\d.,]+\sGB\/s/);
  await expect(figures).toContainText(/Read[\d.,]+\sGB\/s/);
  await expect(figures).toContainText(/f32 matrix product[\d.,]+\s[GT]FLOP\/s/);
  await expect(figures).toContainText(/f16 matrix product[\d.,]+\s[GT]FLOP\/s/);
  await expect(figures).toContainText(/One dispatch[\d.,]+\s.s/);

  await page.getByLabel('Memory of this GPU').selectOption('24');
  await page.getByRole('button', { name: 'Use anyway: software adapter' }).click();
  const device = JSON.parse((await page.locator('#device').textContent()) ?? '');
  expect(device.name).toContain('swiftshader');
  expect(device.memoryBytes).toBe(24 * 2 ** 30);
  for (const key of ['peakBytesPerS', 'peakFlops', 'stepOverheadUs']) expect(device[key]).toBeGreaterThan(0);
  expect(device.evidence).toBe('this-device');
  expect(device.operators.decodeAttention.bytesPerS).toBeGreaterThan(0);

  // Every family was measured, and each kernel's result compared with the CPU.
  await page.getByText('Measured shapes').click();
  for (const family of ['copy', 'read', 'prefill matrix product', 'decode matrix product', 'decode attention']) {
    await expect(page.getByRole('rowheader', { name: new RegExp(`^${family},`) }).first()).toBeVisible();
  }
  await expect(page.getByRole('rowheader', { name: /^prefill attention, flash/ }).first()).toBeVisible();
  await expect(page.getByRole('rowheader', { name: /^prefill attention, materialised/ }).first()).toBeVisible();

  // The result outlives the page.
  await page.reload();
  await expect(page.getByText('Measured earlier, saved on this device.')).toBeVisible();
  await expect(page.getByText('software adapter: not a GPU', { exact: true })).toBeVisible();
  expect(errors).toEqual([]);
});

test('opens a saved result, and says what is wrong with another file', async () => {
  const page = await openPage({ webgpu: false });
  const file = page.locator('input[type=file]');
  await file.setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
  await expect(alertIn(page)).toContainText('notes.json is not a calibration saved by Tokenyard.');

  await file.setInputFiles('src/calibrate/testdata/h200.json');
  await expect(page.getByRole('heading', { name: 'nvidia-h200' })).toBeVisible();
  await expect(page.getByText('What WebGPU reaches on this GPU, not its peak.')).toBeVisible();
  await expect(page.locator('dl')).toContainText('35.8\u00a0TFLOP/s');

  const axe = createRequire(import.meta.url).resolve('axe-core');
  await page.addScriptTag({ path: axe });
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const found = await axe.run('#root', { rules: { region: { enabled: false } } });
    return found.violations.map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`,
    );
  });
  expect(violations).toEqual([]);

  await expect(page.locator('dl')).toContainText(/Error on 26 shapes kept out of the fit2\.4\s%, P90 12\s%/);

  const old = JSON.stringify({ format: 'tokenyard-calibration', version: 1 });
  await file.setInputFiles({ name: 'old.json', mimeType: 'application/json', buffer: Buffer.from(old) });
  await expect(alertIn(page)).toContainText('old.json was saved by an older version of Tokenyard');

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as file' }).click();
  const saved = readFileSync(await (await download).path(), 'utf8');
  expect(JSON.parse(saved)).toEqual(JSON.parse(readFileSync('src/calibrate/testdata/h200.json', 'utf8')));
});

test('says so when the browser offers no GPU', async () => {
  const page = await openPage({ webgpu: false });
  await start(page);
  await expect(alertIn(page)).toContainText('the browser offers no GPU');
  await expect(alertIn(page)).toContainText('The device presets keep working.');
  await expect(page.getByRole('button', { name: 'Measure again' })).toBeEnabled();
});

test('says so when the page is not secure', async () => {
  const page = await openPage(
    { webgpu: true, args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] },
    url.replace('localhost', 'plain.test'),
  );
  await start(page);
  await expect(alertIn(page)).toContainText('only to secure pages');
});

test('cancels at once, and can start again', async () => {
  const page = await openPage({ webgpu: true });
  await start(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(alertIn(page)).toContainText('Cancelled.');
  await page.getByRole('button', { name: 'Measure again' }).click();
  await expect(page.getByText('software adapter: not a GPU', { exact: true })).toBeVisible(wholeRun);
});

test('discards a run whose page was hidden', async () => {
  const page = await openPage({ webgpu: true });
  await start(page);
  await expect(page.getByRole('progressbar')).toBeVisible();
  // A headless page is never hidden by itself.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(alertIn(page)).toContainText('The page was hidden');
});

test('measures with tiny buffers, and says what found no room', async () => {
  const page = await openPage({ webgpu: true });
  // No browser offers less than WebGPU's default limits, so the worker's adapter and device are made to say less.
  await page.evaluate(() => {
    const Original = window.Worker;
    window.Worker = class extends Original {
      constructor(address: string | URL, options?: WorkerOptions) {
        const code = `
          const tiny = (limits) =>
            new Proxy(limits, {
              get: (target, name) =>
                name === 'maxBufferSize' || name === 'maxStorageBufferBindingSize' ? 8 << 20 : target[name],
            });
          const impair = (object) => {
            const limits = tiny(object.limits);
            Object.defineProperty(object, 'limits', { get: () => limits });
            return object;
          };
          const requestAdapter = navigator.gpu.requestAdapter.bind(navigator.gpu);
          navigator.gpu.requestAdapter = async (options) => {
            const adapter = await requestAdapter(options);
            const requestDevice = adapter.requestDevice.bind(adapter);
            adapter.requestDevice = async (descriptor) => impair(await requestDevice(descriptor));
            return impair(adapter);
          };
          const early = [];
          self.onmessage = (event) => early.push(event);
          await import(${JSON.stringify(String(new URL(String(address), location.href)))});
          for (const event of early) self.onmessage(event);`;
        super(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), options);
      }
    };
  });
  await start(page);
  await expect(page.getByText(/Memory was short: only 8/)).toBeVisible(wholeRun);
  await page.getByText('Measured shapes').click();
  await expect(page.getByText(/Not measured, because it would take too long, finds no room/)).toBeVisible();
});

test('starts again with smaller shapes when the GPU process dies', async () => {
  const page = await openPage({ webgpu: true });
  await notePhases(page);
  await start(page);
  await sawPhase(page, /Warming|Measuring/);
  await crashGpu();
  await expect(page.getByText('The GPU was lost once')).toBeVisible(wholeRun);
  await expect(page.getByText('software adapter: not a GPU', { exact: true })).toBeVisible();
});

test('gives up when the GPU process dies twice', async () => {
  const page = await openPage({ webgpu: true });
  await notePhases(page);
  await start(page);
  const before = await sawPhase(page, /Warming|Measuring/);
  await crashGpu();
  // These phases come before the crash, so seeing them again is the second attempt.
  await sawPhase(page, /Compiling|Allocating|Comparing/, before);
  await crashGpu();
  await expect(alertIn(page)).toContainText('The GPU was lost twice', wholeRun);
  await expect(alertIn(page)).toContainText('Restart the browser');
});

test('says so where neither storage nor workers are allowed', async () => {
  const page = await openPage({ webgpu: true });
  // A sandboxed frame has an opaque origin: reading localStorage throws there, and starting a worker too.
  await page.setContent(`<iframe sandbox="allow-scripts" src="${url}" width="700" height="500"></iframe>`);
  const frame = page.frameLocator('iframe');
  await frame.getByRole('button', { name: 'Start measuring' }).click();
  await expect(frame.getByRole('alert')).toContainText('lets this page start no worker');
});
