/** A fleet in the page: the shown replica is a run like any other, and another router is another run. */

import { expect, test } from '@playwright/test';
import { move, openPaused, simulated, watchErrors } from './app.ts';

const factOf = (hash: string) => new URLSearchParams(hash.split('?')[1]).get('fp');

test('four replicas: one of them on the stage, its fleet in the link, another router', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?p=four-replicas&replica=3&requests=600');
  await move(page, 'seekStep', 20);
  await expect(page).toHaveURL(/replica=3.*fp=\w+/);
  const before = factOf(page.url());

  await page.getByRole('button', { name: /^Router/ }).first().click();
  await page.getByRole('option', { name: 'Least waiting and running' }).click();
  await expect(page).toHaveURL(/router=least-waiting-and-running/);
  await simulated(page);
  await expect.poll(() => factOf(page.url())).not.toBe(before);
  expect(errors).toEqual([]);
});
