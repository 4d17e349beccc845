/** A fleet: from one engine to four, which of them is looked at, and what the router decides. */

import { expect, type Page } from '@playwright/test';
import { decode } from '../src/scenario/link.ts';
import { simulateScenario } from '../src/scenario/simulate.ts';
import { descriptionOf, idle, move, openPaused, panel, patient, simulated, slider, watchErrors } from './app.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

/** Four replicas whose router counts only who waits: the first one gets nearly everything. */
const uneven = '#/run?replicas=4&router=least-waiting&rate=48&requests=400&t=300';

const figure = (page: Page, name: string) => panel(page, 'fleet').locator(`[data-figure=${name}] dd`);

const factOf = (hash: string) => new URLSearchParams(hash.split('?')[1]).get('fp');

test('one engine becomes four by a button, and all of their requests are told of', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  await expect(fleet.getByText('there is nothing to route')).toBeVisible(patient);
  await fleet.getByRole('button', { name: 'Make it 4 replicas' }).click();
  await simulated(page);
  await expect(fleet.locator('canvas')).toBeVisible(patient);
  await expect(fleet.locator('.panel-facts')).toContainText('4 replicas, round-robin');
  await page.keyboard.press('End');
  await idle(page);
  await expect(fleet.locator('.fleet-decision')).toContainText('went to replica');
  expect(await violations(page)).toEqual([]);
  // As a table: a row a replica, and every request was sent to one of them.
  await fleet.locator('.panel-sheet').click();
  await expect(fleet.locator('tbody tr')).toHaveCount(4, patient);
  const sent = await fleet.locator('tbody tr td:nth-child(9)').allTextContents();
  expect(sent.reduce((sum, count) => sum + Number(count), 0)).toBe(240);
  expect(errors).toEqual([]);
});

test('a long run whose router looks at no replica is shared out among workers, and stays the same run', async ({
  page,
}) => {
  const link = '#/run?replicas=4&router=session-affinity&rate=48&requests=50000';
  const alone = simulateScenario(decode(link).knobs, {});
  if (!alone.ok) throw new Error('no run');
  const errors = watchErrors(page);
  await openPaused(page, link);
  // The shown run's own, and those beside it.
  expect(page.workers().length).toBeGreaterThan(1);
  await expect.poll(() => factOf(page.url()), patient).toBe(alone.value.account.fingerprint);
  await page.keyboard.press('r');
  await expect(panel(page, 'fleet').locator('.panel-facts')).toContainText('4 replicas, session-affinity');
  expect(errors).toEqual([]);
});

test('arrows go through replicas and time, and Enter shows another replica on the stage', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, uneven);
  await page.keyboard.press('r');
  const canvas = panel(page, 'fleet').locator('canvas');
  await expect(canvas).toBeFocused(patient);
  const described = () => descriptionOf(page, 'fleet');
  await expect.poll(described, patient).toMatch(/Replica 1 has the most requests/);
  await page.keyboard.press('ArrowDown');
  await expect.poll(described).toMatch(/^replica 2, /);
  const before = await described();
  await page.keyboard.press('ArrowRight');
  await expect.poll(described).not.toBe(before);
  await page.keyboard.press('Escape');
  await expect.poll(described).toMatch(/^At /);

  const steps = page.locator('.position');
  const first = await steps.textContent();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url(), patient).toContain('replica=1');
  await simulated(page);
  await expect(steps).not.toHaveText(first ?? '', patient);
  // The replica that is shown already goes to the time that is pointed at.
  await page.keyboard.press('ArrowRight');
  const shown = await steps.textContent();
  await page.keyboard.press('Enter');
  await expect(steps).not.toHaveText(shown ?? '', patient);
  expect(errors).toEqual([]);
});

test('a click on a row shows its replica, whatever the order of the rows', async ({ page }) => {
  await openPaused(page, uneven);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  const canvas = fleet.locator('canvas');
  await expect(canvas).toBeVisible(patient);
  await fleet.getByText('Busiest first').click();
  await idle(page);
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the fleet has no place');
  // The lowest of four rows: the idlest, which is the last one by number too.
  await page.mouse.click(box.x + box.width * 0.4, box.y + 18 + (box.height - 34) * 0.9);
  await expect.poll(() => page.url(), patient).toContain('replica=3');
});

for (const [motion, flies] of [
  ['no-preference', true],
  ['reduce', false],
] as const) {
  test(`the last decision of the router, with motion ${motion}`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: motion });
    await page.addInitScript(() => {
      const { animate } = Element.prototype;
      Element.prototype.animate = function (...how) {
        if (this.classList.contains('fleet-flight')) document.body.dataset.flights = 'some';
        return animate.apply(this, how);
      };
    });
    await openPaused(page, uneven);
    await page.keyboard.press('r');
    const words = panel(page, 'fleet').locator('.fleet-decision');
    await expect(words).toContainText('went to replica', patient);
    const before = await words.textContent();
    const finished = await figure(page, 'finished').textContent();
    await move(page, 'step', 40);
    await expect(words).not.toHaveText(before ?? '');
    await expect(figure(page, 'finished')).not.toHaveText(finished ?? '');
    if (flies) await expect(page.locator('body')).toHaveAttribute('data-flights', 'some');
    else await expect(page.locator('body')).not.toHaveAttribute('data-flights');
  });
}

test('a request stays on its way to its replica until the router decides again', async ({ page }) => {
  await page.addInitScript(() => {
    const { animate } = Element.prototype;
    Element.prototype.animate = function (frames, how) {
      if (!this.classList.contains('fleet-flight') || typeof how !== 'object') return animate.call(this, frames, how);
      // So long that it never ends by itself.
      const flight = animate.call(this, frames, { ...how, duration: 1e9 });
      document.body.dataset.flight = 'under way';
      flight.cancel = () => {
        document.body.dataset.flight = 'stopped';
        Animation.prototype.cancel.call(flight);
      };
      return flight;
    };
  });
  await openPaused(page, uneven);
  await page.keyboard.press('r');
  const words = panel(page, 'fleet').locator('.fleet-decision');
  await expect(words).toContainText('went to replica', patient);
  // Some steps bring a decision and some do not: what was said and what flew, step by step.
  const seen: { readonly said: string; readonly flight: string }[] = [];
  for (let step = 0; step < 30; step++) {
    await move(page, 'step', 1);
    seen.push({
      said: (await words.textContent()) ?? '',
      flight: await page.evaluate(() => document.body.dataset.flight ?? 'none'),
    });
  }
  const first = seen.findIndex(({ flight }) => flight === 'under way');
  expect(first).toBeGreaterThanOrEqual(0);
  const flown = seen.slice(first);
  expect(flown.some(({ said }, at) => at > 0 && said === flown[at - 1].said)).toBe(true);
  expect(flown.map(({ flight }) => flight)).toEqual(flown.map(() => 'under way'));
});

test('four replicas: one of them on the stage, its fleet in the link, another router', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?p=four-replicas&replica=3&requests=600');
  // Its panel is in front, and the page says which replica is looked at.
  await expect(panel(page, 'fleet').locator('canvas')).toBeVisible(patient);
  await expect(page.locator('.fact-line')).toContainText('replica 4 of 4');
  await move(page, 'seekStep', 20);
  await expect(page).toHaveURL(/replica=3.*fp=\w+/);
  const before = factOf(page.url());

  await page.getByRole('combobox', { name: 'Router' }).selectOption({ label: 'Least waiting and running' });
  await expect(page).toHaveURL(/router=least-waiting-and-running/);
  await simulated(page);
  await expect.poll(() => factOf(page.url())).not.toBe(before);
  expect(errors).toEqual([]);
});

test('the settings of the chosen router are there, and moving one sends requests elsewhere', async ({ page }) => {
  const errors = watchErrors(page);
  const talk = 'workload=sessions&turns=5&prefix-groups=6&prefix-tokens=500&kv-tokens=60000&replicas=3';
  await openPaused(page, `#/run?${talk}&rate=30&requests=160`);
  await expect(slider(page, 'Cache threshold')).toHaveCount(0);
  await page.getByRole('combobox', { name: 'Router' }).selectOption('cache-aware');
  await expect(slider(page, 'Cache threshold')).toHaveAttribute('aria-valuetext', '30\u00a0%', patient);
  await expect(page.locator('[data-knob=cache-threshold] .knob-flag')).toHaveText('--cache-threshold');
  await simulated(page);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  await fleet.locator('.panel-sheet').click();
  const sent = fleet.locator('tbody tr td:nth-child(9)');
  await expect(sent).toHaveCount(3, patient);
  const before = await sent.allTextContents();
  await expect.poll(() => factOf(page.url()), patient).not.toBeNull();
  const fact = factOf(page.url());

  // Nothing follows its prefix now: all go to the fewest requests in flight.
  await slider(page, 'Cache threshold').press('End');
  await expect(page).toHaveURL(/cache-threshold=1&/);
  await simulated(page);
  await expect.poll(() => sent.allTextContents(), patient).not.toEqual(before);
  await expect.poll(() => factOf(page.url()), patient).not.toBe(fact);

  // Back at its default it is in no link, and the run is the one of before.
  await page.getByRole('button', { name: 'Set Cache threshold back to the preset' }).click();
  await expect(page).not.toHaveURL(/cache-threshold/);
  await expect.poll(() => factOf(page.url()), patient).toBe(fact);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test('a change that is refused leaves the name of the run that is shown', async ({ page }) => {
  await openPaused(page, '#/run?requests=60');
  const line = page.locator('.fact-line');
  const before = (await line.textContent()) ?? '';
  expect(before).not.toBe('');
  // No memory is left for keys and values.
  await page.evaluate(() => {
    const { knobs, replace } = window.__tokenyard?.session.scenario.getState() ?? {};
    if (knobs !== undefined) replace?.({ ...knobs, replicas: 4, 'gpu-memory-utilization': 0.12 });
  });
  await expect(page.locator('.app')).toHaveAttribute('data-status', 'failed', patient);
  await expect(line).toHaveText(before);
});

test('prefill and decode apart: which side holds up the other, and the way of KV between them', async ({ page }) => {
  const errors = watchErrors(page);
  const split = 'replicas=4&prefill-replicas=2&kv-link=network-100g&num-gpu-blocks-override=700';
  await openPaused(page, `#/run?p=azure-chat&rate=40&requests=400&${split}&t=60`);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  await expect(fleet.locator('canvas')).toBeFocused(patient);
  await expect(fleet.locator('.panel-facts')).toHaveText(
    /^Decode is the bottleneck: prompts wait \d+\s%\sof the time$/,
  );
  // Nothing of it is cut off.
  const cut = await fleet.locator('.panel-facts').evaluate((facts) => facts.scrollHeight - facts.clientHeight);
  expect(cut).toBeLessThanOrEqual(0);
  await expect(fleet.locator('.fleet-decision')).toHaveText(/^The (prefill|decode) of r\d+ went to replica \d/);
  const described = () => descriptionOf(page, 'fleet');
  await expect
    .poll(described)
    .toMatch(/From prefill to decode: [\d.]+ prompts wait for room to decode, .*B\/s on the links/);
  expect(await violations(page)).toEqual([]);

  // Under the last replica the arrows come to the links, which are read over time as the replicas are.
  for (const name of ['replica 2 (prefill)', 'replica 3 (decode)', 'replica 4 (decode)', 'from prefill to decode']) {
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await described()).startsWith(`${name}, `)).toBe(true);
  }
  const before = await described();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(described).not.toBe(before);
  expect(await described()).toMatch(/^from prefill to decode, .*prompts wait for room/);
  const time = page.locator('.position');
  const shown = await time.textContent();
  await page.keyboard.press('Enter');
  await expect(time).not.toHaveText(shown ?? '', patient);

  await fleet.locator('.panel-sheet').click();
  await expect(fleet.locator('tbody tr td:nth-child(2)')).toHaveText(
    ['prefill', 'prefill', 'decode', 'decode'],
    patient,
  );
  expect(errors).toEqual([]);
});

test('a fleet is kept, its router is changed, and the picture has both', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, uneven);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  await expect(fleet.locator('canvas')).toBeFocused(patient);
  await page.keyboard.press('a');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('router', 'least-waiting-and-running'));
  await expect(page.locator('[data-compared="fleet"]')).toContainText(
    /A 4 × least-waiting, .+ B 4 × least-waiting-and-running, /,
    patient,
  );
  await simulated(page);
  await fleet.locator('canvas').focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => descriptionOf(page, 'fleet'), patient).toMatch(/^replica 2, .+ A: [\d.]+ wait, /);
  expect(errors).toEqual([]);
});

test('replicas that share a store: each turn of a conversation finds what another replica has computed', async ({
  page,
}) => {
  const errors = watchErrors(page);
  const turns = 'prefill-replicas=0&max-tokens-ahead=0&router=round-robin&requests=120&t=300';
  await openPaused(page, `#/run?p=mooncake&${turns}`);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  await expect(fleet.locator('canvas')).toBeFocused(patient);
  await expect(fleet.locator('.panel-facts')).toContainText('4 replicas, round-robin');
  // By its knob, which is offered with more than one replica.
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('kv-store-gib', 60));
  await simulated(page);
  await expect(page.getByText('Link to the store', { exact: true }).first()).toBeAttached(patient);
  const shares = /^round-robin: \d+\s%\sof prompt tokens from own caches, ([1-9]\d*)\s%\sfrom the store$/;
  await expect(fleet.locator('.panel-facts')).toHaveText(shares, patient);
  const described = () => descriptionOf(page, 'fleet');
  await fleet.locator('canvas').focus();
  await expect.poll(described, patient).toMatch(/Shared KV store: .*GiB of 60(\.0)?\sGiB in the store/);
  expect(await violations(page)).toEqual([]);
  // Under the last replica the arrows come to the store.
  for (const name of ['replica 2', 'replica 3', 'replica 4', 'shared KV store']) {
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await described()).startsWith(`${name}, `)).toBe(true);
  }
  const before = await described();
  await page.keyboard.press('ArrowRight');
  await expect.poll(described).not.toBe(before);
  expect(await described()).toMatch(/^shared KV store, .*requests wait for a prefix/);
  expect(errors).toEqual([]);
});

test('GPUs of two kinds: the replica that decodes gets another one, which does not hold every model', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?p=splitwise&requests=200&device=h100&replica=3&t=20');
  const line = page.locator('.fact-line');
  await expect(line).toContainText('NVIDIA H100 SXM 80 GB · replica 4 of 4');
  const decodes = page.getByRole('combobox', { name: 'GPU that decodes' });
  await expect(decodes.getByRole('option', { name: /^Laptop GPU .* · .*missing$/ })).toBeAttached(patient);
  await decodes.selectOption({ label: 'NVIDIA A100 80 GB' });
  await expect(page).toHaveURL(/decode-device=a100-80/);
  await simulated(page);
  // What is shown of a replica is its own GPU's.
  await expect(line).toContainText('NVIDIA A100 SXM 80 GB · replica 4 of 4', patient);
  const fleet = panel(page, 'fleet');
  await expect(fleet.locator('.panel-facts')).toContainText('3 × NVIDIA H100 SXM 80 GB, 1 × NVIDIA A100 SXM 80 GB');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('replica', 0));
  await simulated(page);
  await expect(line).toContainText('NVIDIA H100 SXM 80 GB · replica 1 of 4', patient);
  expect(await violations(page)).toEqual([]);
  await fleet.locator('.panel-sheet').click();
  await expect(fleet.locator('tbody tr td:nth-child(3)')).toHaveText([/H100/, /H100/, /H100/, /A100/], patient);

  await decodes.selectOption('laptop-gpu');
  await expect(page.locator('.app')).toHaveAttribute('data-status', 'failed', patient);
  await expect(page.getByText('decode-device laptop-gpu: The weights do not fit')).toBeVisible(patient);
  expect(errors).toEqual([]);
});

test('a mixed pool: where prompts queue, replicas that decode take requests whole, and it is told how many', async ({
  page,
}) => {
  const errors = watchErrors(page);
  // One of four prefills.
  await openPaused(page, '#/run?p=splitwise&prefill-replicas=1&requests=300&t=20');
  const fleet = panel(page, 'fleet');
  await expect(fleet.locator('canvas')).toBeVisible(patient);
  await expect(figure(page, 'mixed')).toHaveCount(0);
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('mixed-pool-tokens', 8192));
  await expect(page).toHaveURL(/mixed-pool-tokens=8192/);
  await simulated(page);
  await page.keyboard.press('End');
  await idle(page);
  await expect(figure(page, 'mixed')).toHaveText(/^[1-9]\d*$/, patient);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test('roles that change: a replica turns to the side that is short, with its reason, and is told of as what it is', async ({
  page,
}) => {
  const errors = watchErrors(page);
  // One of four prefills: prompts queue.
  const short = 'prefill-replicas=1&role-switch-s=5&role-start-s=1&requests=300&t=20';
  await openPaused(page, `#/run?p=splitwise&${short}`);
  await page.keyboard.press('r');
  const fleet = panel(page, 'fleet');
  const canvas = fleet.locator('canvas');
  await expect(canvas).toBeFocused(patient);
  const described = () => descriptionOf(page, 'fleet');
  await page.keyboard.press('ArrowDown');
  await expect.poll(described, patient).toMatch(/^replica 2 \(decode\), /);
  // Along the run, a fiftieth at a time, to where it turns, and on to its new role.
  const onwards = async () => {
    await page.keyboard.press('ArrowRight');
    await idle(page);
    return described();
  };
  const quickly = { ...patient, intervals: [1] };
  await expect
    .poll(onwards, quickly)
    .toMatch(/turns to prefill from .* after \d+ requests that it ends: prompts queue, decode has room/);
  await expect.poll(onwards, quickly).toMatch(/^replica 2 \(prefill\), /);
  expect(await violations(page)).toEqual([]);
  await fleet.locator('.panel-sheet').click();
  await expect(fleet.locator('tbody tr td:nth-child(2)').nth(1)).toHaveText('decode → prefill', patient);
  expect(errors).toEqual([]);
});
