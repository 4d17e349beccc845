/** Small windows, large text, wide spacing, fingers: nothing is cut off, covered, or out of reach. */

import { type Browser, expect, type Page } from '@playwright/test';
import { idle, openPaused } from './app.ts';
import { closeDialog, dialogIds, fullLink, openDialog } from './dialogs.ts';
import { layoutProblems, smallTargets } from './layout.ts';
import { deepUnless, prefer } from './looks.ts';
import { test } from './test.ts';

interface Case {
  readonly width: number;
  readonly height: number;
  readonly language: 'en' | 'zh';
  readonly zoom?: number;
  readonly hasTouch?: boolean;
  /** Rules of the reader's own. */
  readonly css?: string;
}

/** WCAG 2.2, 1.4.12: what a reader may set. */
const spacing =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }';

const cases: Readonly<Record<string, Case>> = {
  // 1280 × 1024 at 400 %.
  'a window of 320 × 256': { width: 320, height: 256, language: 'en', zoom: 4 },
  'a window of 320 × 640': { width: 320, height: 640, language: 'zh' },
  'a small phone': { width: 320, height: 568, language: 'en', hasTouch: true },
  'a phone on its side': { width: 844, height: 390, language: 'zh', hasTouch: true },
  '1280 × 800 at 200 %': { width: 640, height: 400, language: 'en', zoom: 2 },
  'a narrow window': { width: 700, height: 800, language: 'en' },
  'a laptop': { width: 1280, height: 800, language: 'en' },
  'letters far apart, narrow': { width: 320, height: 640, language: 'en', css: spacing },
  'letters far apart, wide': { width: 1280, height: 900, language: 'zh', css: spacing },
  'text of 200 %': { width: 1280, height: 800, language: 'en', css: ':root { font-size: 200% !important }' },
};

async function problems(page: Page, least: number): Promise<readonly string[]> {
  await idle(page);
  return [...(await layoutProblems(page)), ...(await smallTargets(page, least))];
}

/** Where the dialogs too are looked at in every run: touch in the narrowest window. */
const usual = ['a small phone'];
/** Where the page is. */
const usualPages = [
  'a window of 320 × 256',
  'a window of 320 × 640',
  'a small phone',
  '1280 × 800 at 200 %',
  'text of 200 %',
];

async function openCase(browser: Browser, { width, height, language, zoom = 1, hasTouch = false, css }: Case) {
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, deviceScaleFactor: zoom, hasTouch, isMobile: hasTouch });
  const page = await context.newPage();
  await prefer(page, { theme: 'light', language });
  await openPaused(page, fullLink);
  if (css !== undefined) await page.addStyleTag({ content: css });
  return page;
}

for (const [name, window] of Object.entries(cases)) {
  const least = window.hasTouch ? 44 : 24;

  test(`nothing is lost: ${name}`, deepUnless(usualPages.includes(name)), async ({ browser }) => {
    const page = await openCase(browser, window);
    expect(await problems(page, least), 'page').toEqual([]);
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      expect(await problems(page, least), (await tab.getAttribute('id')) ?? '').toEqual([]);
    }
    await page.context().close();
  });

  test(`nothing is lost in dialogs: ${name}`, deepUnless(usual.includes(name)), async ({ browser }) => {
    const page = await openCase(browser, window);
    for (const id of dialogIds) {
      if ((await openDialog(page, id)) === undefined) continue;
      expect(await problems(page, least), id).toEqual([]);
      await closeDialog(page);
    }
    await page.keyboard.press('b');
    await expect(page.locator('.lecture-editor')).toBeVisible();
    expect(await problems(page, least), 'bookmark editor').toEqual([]);
    await page.context().close();
  });
}
