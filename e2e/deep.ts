/** What every run of the tests can spare: `npm run test:deep` runs it, `npm test` does not (`grepInvert` in `playwright.config.ts`). */

/** Details of a test that runs always, or else only in depth. */
export const deepUnless = (isUsual: boolean) => (isUsual ? {} : { tag: '@deep' });

/** Half of the eight looks, in which every pair of size, language and theme occurs. */
export const isUsualLook = (size: string, language: 'en' | 'zh', theme: 'light' | 'dark') =>
  (size === 'phone') === ((language === 'zh') === (theme === 'light'));
