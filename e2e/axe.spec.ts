/** No barrier that axe-core finds: both themes, both languages, wide and phone, every panel and every dialog. */

import { expect } from '@playwright/test';
import { banded, idle, notices, openPaused, panel, patient, slider } from './app.ts';
import { closeDialog, dialogIds, fullLink, openDialog } from './dialogs.ts';
import { layoutProblems, smallTargets } from './layout.ts';
import { deepUnless, isSampleLook, isUsualLook, lookName, looks, openAs } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

const share = { en: 'GPU memory share', zh: 'GPU 显存比例' } as const;

for (const look of looks) {
  const { size, language } = look;
  test(`no violations in panels and notices, ${lookName(look)}`, deepUnless(isUsualLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page, fullLink);
    await banded(page);
    expect(await violations(page)).toEqual([]);
    if (size === 'phone') {
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        await idle(page);
        expect(await violations(page)).toEqual([]);
      }
    } else {
      // The panels that stand behind others.
      for (const keys of [
        ['0', '9', '8'],
        ['i', 'r'],
      ]) {
        for (const key of keys) await page.keyboard.press(key);
        await idle(page);
        expect(await violations(page)).toEqual([]);
      }
    }

    await page.goto('about:blank');
    await openPaused(page, '#/run?v=1&p=tiny-paged&num-gpu-blocks-override=16&max-coffee=1&max-num-seqs=99999&eng=1');
    await expect(notices(page).locator('.notice')).toHaveCount(3);
    if (size === 'wide') {
      await slider(page, share[language]).press('Home');
      await expect(page.locator('.notice.failure')).toBeVisible();
    }
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  test(`no violations in dialogs, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page, fullLink);
    for (const id of dialogIds) {
      const dialog = await openDialog(page, id);
      if (dialog === undefined) continue;
      if (id === 'engines') {
        // The whole table is there.
        await expect(dialog.locator('[data-engine="static"] .engine-bar').first()).toBeVisible(patient);
      }
      if (id === 'policy') {
        await expect(page.locator('.policy-outcome progress, .policy-pending')).toHaveCount(0, patient);
        await dialog.getByRole('radio').nth(1).check({ force: true });
      }
      expect(await violations(page), id).toEqual([]);
      await closeDialog(page);
    }
    await page.context().close();
  });
}

test('what is planted is found: no name, no contrast, too small, cut off, covered', async ({ browser }) => {
  const page = await openAs(browser, { size: 'phone', language: 'en', theme: 'light' });
  await openPaused(page);
  const everything = async () => [
    ...(await violations(page)),
    ...(await layoutProblems(page)),
    ...(await smallTargets(page, 44)),
  ];
  expect(await everything()).toEqual([]);
  const planted: readonly [html: string, said: RegExp][] = [
    ['<button type="button" style="width:44px;height:44px"></button>', /^button-name: /],
    ['<canvas tabindex="0" width="60" height="44"></canvas>', /^canvas-name: /],
    ['<p style="color:#b0b0b0;background:#fff">too pale to read</p>', /^color-contrast: /],
    [
      '<button type="button" style="width:20px;height:20px;margin:0">a</button><button type="button" style="width:20px;height:20px">b</button>',
      /^20 × 20: button/,
    ],
    [
      '<div style="width:100px;overflow:hidden"><button type="button" style="width:200px;height:44px">cut</button></div>',
      /^cut off by \d+: button/,
    ],
    [
      '<p style="width:60px;overflow:hidden;white-space:nowrap">a text that is too long for its place</p>',
      /^text cut by \d+: p/,
    ],
    [
      '<div style="width:200px;overflow:auto"><div style="width:500px;height:20px">wide</div></div>',
      /^scrolls sideways by 300: /,
    ],
    [
      '<button type="button" style="width:60px;height:44px">under</button><button type="button" style="width:60px;height:44px;margin-left:-40px">over</button>',
      /^lie over each other: button/,
    ],
    [
      '<p style="margin:0">one line of text</p><p style="margin:-16px 0 0">another line of text</p>',
      /^texts lie over each other: p/,
    ],
  ];
  for (const [html, said] of planted) {
    // In the place of the panel: nothing else is pushed away.
    await page.evaluate((text) => {
      const place = document.createElement('div');
      place.id = 'planted';
      place.style.cssText = 'position:absolute;inset:60px 0 auto;z-index:9;min-height:300px;background:#fff';
      place.innerHTML = text;
      document.querySelector<HTMLElement>('#tab-panel')?.style.setProperty('display', 'none');
      document.querySelector('#stage')?.append(place);
    }, html);
    const found = await everything();
    expect(
      found.filter((line) => said.test(line)),
      `${said} in ${found.join('\n')}`,
    ).not.toEqual([]);
    await page.evaluate(() => {
      document.querySelector('#planted')?.remove();
      document.querySelector<HTMLElement>('#tab-panel')?.style.removeProperty('display');
    });
  }
  await expect(panel(page, 'rows')).toBeVisible();
  expect(await everything()).toEqual([]);
  await page.context().close();
});
