/** A picture depends on the scenario and the step, never on the way that led there. */

import { expect } from '@playwright/test';
import { atStep, move, openApp, openPaused, pictures, watchErrors } from './app.ts';
import { deepUnless } from './looks.ts';
import { test } from './test.ts';

const end = Number.MAX_SAFE_INTEGER;

for (const { link, steps } of [
  // Around the long prompt; a pool so small that requests are preempted; an hour of traffic; rows that have ended in a batch.
  { link: '#/run?p=long-prompt-stall', steps: [2049, 12, 3500] },
  { link: '#/run?p=tiny-paged', steps: [40, 150] },
  { link: '#/run?p=azure-chat&requests=2000', steps: [9000] },
  { link: '#/run?p=static-against-continuous', steps: [300] },
]) {
  test(
    `equal pictures however a step is reached, ${link}`,
    deepUnless(!link.includes('azure') && !link.includes('static')),
    async ({ page }) => {
      const errors = watchErrors(page);
      await openPaused(page, link);
      for (const step of steps) {
        await move(page, 'seekStep', step);
        const seen = await pictures(page);
        expect(Object.keys(seen)).toHaveLength(7);

        await move(page, 'step', 3);
        expect(await pictures(page)).not.toEqual(seen);
        await move(page, 'step', -3);
        expect(await pictures(page)).toEqual(seen);

        await move(page, 'seekStep', 0);
        await move(page, 'seekStep', step);
        expect(await pictures(page)).toEqual(seen);

        await move(page, 'seekStep', end);
        await move(page, 'seekStep', step);
        expect(await pictures(page)).toEqual(seen);

        await expect(page).toHaveURL(new RegExp(`[?&]t=${step}&`));
        await page.reload();
        await openApp(page, new URL(page.url()).hash);
        await atStep(page, step);
        expect(await pictures(page)).toEqual(seen);
      }
      expect(errors).toEqual([]);
    },
  );
}
