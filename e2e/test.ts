import { type BrowserContext, test as base, expect } from '@playwright/test';

/** A browser test in which nothing may be thrown that nobody catches: the page would be empty, and find nothing wrong. */
export const test = base.extend<{ mayThrow: boolean; nothingThrown: undefined }>({
  /** The test brings errors about. */
  mayThrow: [false, { option: true }],
  nothingThrown: [
    async ({ browser, mayThrow }, use) => {
      const thrown: string[] = [];
      // Those contexts too that a test opens itself.
      const watch = (context: BrowserContext) =>
        context.on('weberror', (event) => thrown.push(event.error().stack ?? event.error().message));
      browser.on('context', watch);
      await use(undefined);
      browser.off('context', watch);
      if (!mayThrow) expect(thrown).toEqual([]);
    },
    { auto: true },
  ],
});
