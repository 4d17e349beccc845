/** Every dialog of the page, for tests that look at all of them. */

import { expect, type Locator, type Page } from '@playwright/test';
import type { DialogId } from '../src/app/ui-store.ts';
import { idle, patient } from './app.ts';

/** What is there once a dialog can be looked at. A new dialog without an entry is a type error. */
export const dialogs: Readonly<Record<DialogId, string>> = {
  scenario: '.scenario .knob',
  help: '.help kbd',
  palette: '.palette-option',
  glossary: '.glossary',
  gallery: '.gallery-card canvas',
  engines: '.engine-table tbody',
  policy: '.policy-editor .cm-line',
  layouts: '.layout-table tbody tr',
  learned: '.learned',
  headlines: '.headline-table tbody',
  lecture: '.lecture-list li',
  film: '.film-frame canvas',
  calibrate: '.calibrate button',
  'own-model': '.own-foot',
  'own-device': '.own-foot',
};
export const dialogIds = Object.keys(dialogs) as DialogId[];

/** A run with two bookmarks, one with a question, in a pool so small that requests wait: every dialog and panel has something to show. */
export const fullLink =
  '#/run?v=1&p=azure-chat&rate=12&requests=150&num-gpu-blocks-override=1200&t=900&bm.300=Calm&ask.1200=1~What_binds?~Blocks~Seats';

/** Opens a dialog and waits until it is there; undefined where the layout shows the same beside the panels. */
export async function openDialog(page: Page, id: DialogId): Promise<Locator | undefined> {
  await page.evaluate((dialog) => window.__tokenyard?.open(dialog), id);
  const isBeside = id === 'scenario' && (await page.locator('.app').getAttribute('data-layout')) === 'wide';
  if (isBeside) return undefined;
  const dialog = page.getByRole('dialog');
  await expect(dialog.locator(dialogs[id]).first()).toBeVisible(patient);
  return dialog;
}

export async function closeDialog(page: Page): Promise<void> {
  await page.evaluate(() => window.__tokenyard?.open(null));
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await idle(page);
}
