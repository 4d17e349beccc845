// Pictures of the first view for the documentation: wide and phone, light and dark, paused at the step of the long prompt.
//   node tools/pictures.mjs    builds the app, writes docs/pictures/*.png
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { needChromium } from './chromium.mjs';

const folder = 'docs/pictures';
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const outDir = mkdtempSync(join(tmpdir(), 'tokenyard-'));
await build({ build: { outDir, emptyOutDir: true }, logLevel: 'warn' });
const server = await preview({ build: { outDir }, preview: { host: 'localhost' }, logLevel: 'warn' });
const address = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({
  executablePath: needChromium(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
mkdirSync(folder, { recursive: true });

try {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce', locale: 'en' });
      const page = await context.newPage();
      await page.goto(address);
      await page.waitForSelector('.app[data-status=done]');
      await page.evaluate(longPromptStep);
      const path = join(folder, `${size}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
      process.stdout.write(`${path} ${Math.round(statSync(path).size / 1000)} kB\n`);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}

/** Runs in the page: goes to the first event of the run, which is the step that the long prompt fills. */
async function longPromptStep() {
  const { session, idle } = window.__tokenyard;
  session.seekStep(0);
  await idle();
  session.nextEvent(1);
  await idle();
  // The position is written a moment later.
  await new Promise((resolve) => setTimeout(resolve, 300));
}
