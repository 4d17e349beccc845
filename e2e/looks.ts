/** How the page is looked at: windows, languages, themes, and which of their combinations every run of the tests can spare. */

import type { Browser, Page } from '@playwright/test';
import type { Preferences } from '../src/state/preferences.ts';

export const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

export interface Look {
  readonly size: keyof typeof sizes;
  readonly language: 'en' | 'zh';
  readonly theme: 'light' | 'dark';
}

/** All eight. */
export const looks: readonly Look[] = (['wide', 'phone'] as const).flatMap((size) =>
  (['en', 'zh'] as const).flatMap((language) =>
    (['light', 'dark'] as const).map((theme) => ({ size, language, theme })),
  ),
);

/** For titles of tests. */
export const lookName = ({ size, language, theme }: Look) => `${size}, ${language}, ${theme}`;

/** Half of the eight looks, in which every pair of size, language and theme occurs. */
export const isUsualLook = ({ size, language, theme }: Look) =>
  (size === 'phone') === ((language === 'zh') === (theme === 'light'));

/** Two looks, in which both sizes, languages and themes occur: for what the whole page is looked at in more of them. */
export const isSampleLook = ({ size, language, theme }: Look) =>
  (size === 'phone') === (language === 'zh') && (size === 'phone') === (theme === 'dark');

/** Details of a test that runs always, or else only in depth: `npm run test:deep`, not `npm test` (`grepInvert` in `playwright.config.ts`). */
export const deepUnless = (isUsual: boolean) => (isUsual ? {} : { tag: '@deep' });

/** A page in a context of its own (close that), which finds a visitor's preferences when it is opened. */
export async function openAs(browser: Browser, look: Look, preferences: Partial<Preferences> = {}): Promise<Page> {
  const { size, language, theme } = look;
  const isPhone = size === 'phone';
  const context = await browser.newContext({ viewport: sizes[size], hasTouch: isPhone, isMobile: isPhone });
  const page = await context.newPage();
  await prefer(page, { theme, language, ...preferences });
  return page;
}

/** Has the page find preferences kept on the device. Call it before the page is opened. */
export async function prefer(page: Page, preferences: Partial<Preferences>): Promise<void> {
  await page.addInitScript((text) => {
    // Frames that may keep nothing, such as a policy's or one that axe looks into, are asked as well.
    if (window.origin !== 'null') localStorage.setItem('tokenyard.preferences', text);
  }, JSON.stringify(preferences));
}
