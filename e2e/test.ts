import { test as base, expect } from '@playwright/test';

/** A browser test in which nothing may be thrown that nobody catches: the page would be empty, and find nothing wrong. */
export const test = base.extend<{ mayThrow: boolean; nothingThrown: undefined }>({
  /** The test brings errors about. */
  mayThrow: [false, { option: true }],
  nothingThrown: [
    async ({ context, mayThrow }, use) => {
      const thrown: string[] = [];
      context.on('weberror', (event) => thrown.push(event.error().stack ?? event.error().message));
      await use(undefined);
      if (!mayThrow) expect(thrown).toEqual([]);
    },
    { auto: true },
  ],
});
