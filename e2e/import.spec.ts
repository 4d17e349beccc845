/** Files of the visitor: by the file input, dropped on the page, good and broken, large and given up. */

import { expect, type Page } from '@playwright/test';
import {
  banded,
  idle,
  knobs,
  latencyWords,
  move,
  notices,
  openPaused,
  openWhole,
  panel,
  patient,
  pause,
  pictures,
  simulated,
  watchErrors,
} from './app.ts';
import { prefer } from './looks.ts';
import { test } from './test.ts';

const clock = (ms: number) =>
  new Date(Date.UTC(2023, 10, 16, 18, 0, 0) + ms).toISOString().replace('T', ' ').replace('Z', '0000');

/** Lines of the Azure format, one request every 20 ms. */
function azureLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${clock(20 * i)},${100 + (i % 300)},${5 + (i % 20)}`);
}
const azureHeader = 'TIMESTAMP,ContextTokens,GeneratedTokens';

function mooncakeLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ timestamp: 100 * i, input_length: 1000, output_length: 8, hash_ids: [0, i + 1] }),
  );
}

const file = (name: string, content: string | Buffer) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

const input = (page: Page) => page.locator('input[type=file]');

async function drop(page: Page, name: string, content: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], fileName));
      return transfer;
    },
    [name, content] as const,
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: data });
  await expect(page.locator('.drop-zone')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await expect(page.locator('.drop-zone')).toHaveCount(0);
}

/** Waits until the visitor's trace runs with so many requests, each of which has ended. */
async function runsTrace(page: Page, requests: number): Promise<void> {
  await expect(page.getByRole('combobox', { name: 'Preset' })).toHaveValue('trace', patient);
  await simulated(page);
  // It plays by itself as any other run.
  await pause(page);
  expect(await knobs(page)).toMatchObject({ workload: 'trace', requests });
  // What the latency panel counts are the end-to-end times of all requests. It names the count where it is small.
  if (requests < 100) {
    expect(await latencyWords(page)).toMatch(new RegExp(`E2E: .*no P99: ${requests} values`));
    return;
  }
  const latency = panel(page, 'latency').locator('canvas');
  await latency.focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await latency.press(key);
  await expect(panel(page, 'latency')).toContainText(`of ${requests.toLocaleString('en')}`);
}

test('an Azure CSV file and a Mooncake JSONL file become the running scenario', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  const before = await latencyWords(page);
  await input(page).setInputFiles(file('azure.csv', [azureHeader, ...azureLines(40)].join('\n')));
  await runsTrace(page, 40);
  expect(await latencyWords(page)).not.toBe(before);

  await drop(page, 'mooncake.jsonl', mooncakeLines(25).join('\n'));
  await expect.poll(async () => (await knobs(page)).requests, patient).toBe(25);
  await runsTrace(page, 25);

  await drop(page, 'azure.csv', [azureHeader, ...azureLines(30)].join('\r\n'));
  await expect.poll(async () => (await knobs(page)).requests, patient).toBe(30);
  await runsTrace(page, 30);

  await input(page).setInputFiles(file('mooncake.jsonl', mooncakeLines(12).join('\n')));
  await expect.poll(async () => (await knobs(page)).requests, patient).toBe(12);
  await runsTrace(page, 12);
  await expect(notices(page).locator('.notice')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a saved scenario file holds the trace and opens again', async ({ page }) => {
  await openPaused(page);
  await input(page).setInputFiles(file('azure.csv', [azureHeader, ...azureLines(40)].join('\n')));
  await runsTrace(page, 40);
  // The figures' possible error is known a moment after the figures.
  const strip = panel(page, 'strip');
  await move(page, 'seekStep', 10);
  await banded(page);
  await expect(strip).toContainText(/±\s\d+(\.\d+)?\s%/, patient);
  const figures = (await strip.textContent()) ?? '';
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the scenario as a file' }).click();
  const path = await (await download).path();

  await openPaused(page, '#/run?p=tiny-paged');
  await input(page).setInputFiles(path);
  await runsTrace(page, 40);
  await move(page, 'seekStep', 10);
  await expect(strip).toHaveText(figures, patient);
});

test('one malformed line in 5,000 is named and the others run', async ({ page }) => {
  await openPaused(page);
  const lines = azureLines(5000);
  lines[4710] = lines[4710].replace(/,\d+,/, ',many,');
  await input(page).setInputFiles(file('almost.csv', lines.join('\n')));
  await runsTrace(page, 4999);
  await expect(notices(page)).toContainText(/almost\.csv, line 4,?711: .*ContextTokens.*many/);
  await expect(notices(page).locator('.notice')).toHaveCount(1);
});

for (const { name, content, says } of [
  { name: 'empty.csv', content: '', says: /empty\.csv: The file is empty\./ },
  { name: 'header.csv', content: `${azureHeader}\n`, says: /header\.csv: No request could be read\./ },
  {
    name: 'sales.csv',
    content: 'date,product,price\n2024-01-01,tea,3\n',
    says: /sales\.csv.*columns do not fit.*date,product,price.*TIMESTAMP,ContextTokens,GeneratedTokens/,
  },
  {
    name: 'log.jsonl',
    content: '{"level":"info","message":"hello"}\n',
    says: /log\.jsonl.*columns do not fit.*level, message.*input_length/,
  },
  {
    name: 'photo.jpg',
    content: Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255)),
    says: /photo\.jpg: This is no kind of file that is read here; it begins with “.*Azure LLM CSV, Mooncake JSONL/,
  },
  {
    name: 'letter.txt',
    content: 'Dear diary,\ntoday nothing happened.\n',
    says: /letter\.txt: This is no kind of file .* begins with “Dear diary,”.*scenarios and lectures.*policy/,
  },
  {
    name: 'mine.json',
    content: '{\n  "format": "tokenyard-scenario",\n  "version": one\n}\n',
    says: /mine\.json, line 3: This begins like JSON, but here it is none: “one”\..*traces \(Azure LLM CSV/,
  },
  { name: 'cut.json', content: '[\n1,', says: /cut\.json, line 2: .*ends in the midst of it/ },
  {
    name: 'config.json',
    content: JSON.stringify({ model_type: 'llama', hidden_size: 4096 }, null, 2),
    says: /config\.json: This is no kind of file .*“\{ "model_type": "llama".*config\.json, a device and a measured GPU have dialogs/,
  },
  {
    name: 'cut.gz',
    content: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75, 76, 74]),
    says: /cut\.gz/,
  },
]) {
  test(`${name} is refused with a reason, and the scenario stays`, async ({ page }) => {
    const errors = watchErrors(page);
    await openWhole(page);
    const before = await pictures(page);
    await input(page).setInputFiles(file(name, content));
    await expect(notices(page)).toContainText(says);
    await expect(notices(page).locator('.notice').first()).toContainText('The scenario that was shown stays.');
    await idle(page);
    expect(await knobs(page)).toMatchObject({ preset: 'long-prompt-stall', requests: 240 });
    expect(await pictures(page)).toEqual(before);
    expect(errors).toEqual([]);
  });
}

test('what is no file of any kind is answered in Chinese too', async ({ page }) => {
  await prefer(page, { language: 'zh' });
  await openPaused(page);
  await drop(page, 'letter.txt', 'Dear diary');
  await expect(notices(page)).toContainText(/letter\.txt：这里不读取这类文件；它以“Dear diary”开头。可读取：/);
  await expect(notices(page)).toContainText('保留之前显示的场景。');
});

test('a scenario file opens however it is written', async ({ page }) => {
  await openPaused(page);
  const knobsOf = (seed: number) => ({ preset: 'tiny-paged', seed });
  await drop(page, 'a.json', JSON.stringify({ format: 'tokenyard-scenario', version: 1, knobs: knobsOf(81) }));
  await expect.poll(async () => (await knobs(page)).seed, patient).toBe(81);
  await drop(page, 'b.json', JSON.stringify({ knobs: knobsOf(82), version: 1, format: 'tokenyard-scenario' }, null, 4));
  await expect.poll(async () => (await knobs(page)).seed, patient).toBe(82);
  await expect(notices(page).locator('.notice')).toHaveCount(0);
});

test('a long import is shown and can be cancelled', async ({ page }) => {
  await openWhole(page);
  const before = await pictures(page);
  await page.evaluate(() => {
    // The same ten thousand lines again and again: 4 million requests in 160 MB.
    const piece = '2023-11-16 18:15:46.6805900,1000,200\n'.repeat(10_000);
    const transfer = new DataTransfer();
    transfer.items.add(
      new File(
        Array.from({ length: 400 }, () => piece),
        'endless.csv',
      ),
    );
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await expect(notices(page)).toContainText('Reading endless.csv');
  await expect(page.getByRole('progressbar', { name: 'Progress of the import' })).toBeVisible();
  await notices(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(notices(page).locator('.notice')).toHaveCount(0);
  await idle(page);
  expect(await knobs(page)).toMatchObject({ preset: 'long-prompt-stall' });
  expect(await pictures(page)).toEqual(before);

  // The worker is free again.
  await input(page).setInputFiles(file('azure.csv', [azureHeader, ...azureLines(40)].join('\n')));
  await runsTrace(page, 40);
});
