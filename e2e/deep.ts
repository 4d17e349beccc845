/** What every run of the tests can spare: `npm run test:deep` runs it, `npm test` does not (`grepInvert` in `playwright.config.ts`). */

/** Details of a test that runs always, or else only in depth. */
export const deepUnless = (isUsual: boolean) => (isUsual ? {} : { tag: '@deep' });

/** Two looks, in which both sizes, languages and themes occur: for what the whole page is looked at in more of them. */
export const isSampleLook = (size: string, language: 'en' | 'zh', theme: 'light' | 'dark') =>
  (size === 'phone') === (language === 'zh') && (size === 'phone') === (theme === 'dark');

/** Half of the eight looks, in which every pair of size, language and theme occurs. */
export const isUsualLook = (size: string, language: 'en' | 'zh', theme: 'light' | 'dark') =>
  (size === 'phone') === ((language === 'zh') === (theme === 'light'));
