/** Why: the page's answer is the command line's, help is one press away, and a change is followed to the request it hits. */

import { expect, type Page } from '@playwright/test';
import { runCommandLine } from '../src/cli/main.ts';
import { atStep, idle, knobs, move, openPaused, panel, patient, shownStep, simulated, watchErrors } from './app.ts';
import { deepUnless, isSampleLook, lookName, looks, openAs } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

async function cli(...args: string[]): Promise<string> {
  let out = '';
  const code = await runCommandLine(args, { out: (text) => (out += text), note: () => {} });
  expect(code).toBe(0);
  return out;
}

const plain = (text: string | null) => (text ?? '').replaceAll('\u00a0', ' ');
const step = (page: Page) => panel(page, 'step');

for (const [preset, request, at] of [
  ['tiny-paged', 4, 60],
  ['tiny-paged', 3, 20],
  ['tiny-paged', 5, 140],
  ['long-prompt-stall', 121, 2000],
  ['static-against-continuous', 30, 100],
] as const) {
  test(`says of r${request} in step ${at} of ${preset} what \`cli why\` says`, async ({ page }) => {
    const errors = watchErrors(page);
    await openPaused(page, `#/run?v=1&p=${preset}&t=${at}&sel=r${request}`);
    const json = await cli('why', preset, '--request', String(request), '--step', String(at), '--json');
    const { words, rule } = JSON.parse(json).step;
    await expect(page.locator('[data-why]')).toBeVisible(patient);
    expect(plain(await page.locator('[data-why]').textContent())).toBe(words);
    if (rule !== '') expect(plain(await page.locator('.why-rule').textContent())).toBe(rule);
    expect(errors).toEqual([]);
  });
}

test('a press on a request answers; the time has an account; what if is simulated; help is measured and applied', async ({
  page,
}) => {
  test.slow();
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=60');
  await panel(page, 'queue').getByRole('button', { name: /^r4:/ }).click();
  await expect(step(page)).toContainText('r4 waited at the head of the queue: all 4 seats taken.', patient);
  await expect(step(page)).toContainText('The rule reads --max-num-seqs 4 of vLLM');
  await expect(step(page)).toContainText(/3\d\s% queued: no seat/, patient);
  // Ranked by what was measured, the most helpful first.
  const best = step(page).locator('.why-help li').first();
  // Settings are measured unasked only where that is quick.
  const measure = step(page).getByRole('button', { name: /^Measure \d+ settings$/ });
  await expect(
    measure
      .or(step(page).getByText(/^measured \d/))
      .or(best)
      .first(),
  ).toBeVisible(patient);
  if (await measure.isVisible()) await measure.click();
  await expect(best).toContainText(/--max-num-seqs 8 instead of 4: .* → .*, −9\d\s%/, patient);
  await best.getByRole('button', { name: 'Try it: --max-num-seqs 8; this run is kept as A' }).click();
  await simulated(page);
  const comparison = page.getByRole('region', { name: 'Comparison of two runs' });
  await expect(comparison).toContainText('Seats: 4 sequences → 8 sequences', patient);
  expect(await knobs(page)).toMatchObject({ 'max-num-seqs': 8 });
  await expect(comparison.locator('.chain')).toContainText('differs first', patient);
  expect(errors).toEqual([]);
});

test('what if: the sentence is that of `cli why --what-if`', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=10&sel=r3');
  await step(page).getByRole('button', { name: 'What if: do not admit r3 in this step?' }).click();
  const text = await cli('why', 'tiny-paged', '--request', '3', '--step', '10', '--what-if');
  const expected = text.split('\n').find((line) => line.startsWith('Otherwise, do not admit r3'));
  await expect(step(page).getByRole('status')).toContainText('Otherwise', patient);
  expect(plain(await step(page).getByRole('status').first().textContent())).toBe(expected);
});

test('what if: a simulation that fails says why, and can be asked again', async ({ page }) => {
  // The first question never reaches the worker, which seems to fail at it.
  await page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    let hasFailed = false;
    Worker.prototype.postMessage = function (this: Worker, message: { kind?: string; id?: number }, ...rest: never[]) {
      if (message.kind !== 'whatIf' || hasFailed) return postMessage.call(this, message, ...rest);
      hasFailed = true;
      const data = { kind: 'failure', id: message.id, name: 'Error', message: 'out of luck' };
      this.dispatchEvent(new MessageEvent('message', { data }));
    };
  });
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=10&sel=r3');
  const ask = step(page).getByRole('button', { name: 'What if: do not admit r3 in this step?' });
  await ask.click();
  const alert = step(page).getByRole('alert');
  await expect(alert).toHaveText('This could not be simulated: out of luck', patient);
  await ask.click();
  await expect(step(page).getByRole('status')).toContainText('Otherwise', patient);
  await expect(alert).toHaveCount(0);
});

for (const [engine, request, at, ...set] of [
  ['sglang', 4, 14, 'max-running-requests=4'],
  ['tensorrt-llm', 4, 14, 'max_batch_size=4'],
  ['tgi', 4, 12, 'tgi-max-batch-size=4', 'prefill-chunking=false'],
  ['tgi-2023', 2, 3],
  ['fastgen', 4, 12, 'max-tracked-sequences=4'],
  ['transformers', 4, 12, 'max-requests-per-batch=4'],
  ['vllm-2023', 4, 12],
  ['sarathi', 5, 129],
  ['orca', 4, 12, 'num-gpu-blocks-override=0'],
  ['dynamic', 0, 0],
  ['static', 0, 0],
] as const) {
  test(
    `what if, of ${engine}: every choice about r${request} in step ${at} has the sentence of \`cli why --what-if\``,
    deepUnless(['sglang', 'tensorrt-llm', 'orca', 'static'].includes(engine)),
    async ({ page }) => {
      const options = ['--engine', engine, ...set.flatMap((value) => ['--set', value])];
      const asked = ['why', 'tiny-paged', ...options, '--request', String(request), '--step', String(at), '--what-if'];
      const { link, whatIfs } = JSON.parse(await cli(...asked, '--json'));
      const expected = (await cli(...asked)).split('\n').filter((line) => line.startsWith('Otherwise, '));
      expect(whatIfs.length).toBeGreaterThan(0);
      await openPaused(page, `${link}&t=${at}&sel=r${request}`);
      const choices = step(page).getByRole('button', { name: /^What if: / });
      await expect(choices).toHaveCount(expected.length, patient);
      for (let done = 0; done < expected.length; done++) {
        await choices.first().click();
        await expect(step(page).locator('.why [role=status]')).toHaveCount(done + 1, patient);
      }
      expect((await step(page).locator('.why [role=status]').allTextContents()).map(plain)).toEqual(expected);
    },
  );
}

for (const [engine, request, at] of [
  ['llama-cpp', 4, 12],
  ['static', 3, 1],
  ['dynamic', 5, 90],
] as const) {
  test(`of ${engine} it says why r${request} could not have been let in at step ${at}`, async ({ page }) => {
    const asked = ['why', 'tiny-paged', '--engine', engine, '--request', String(request), '--step', String(at)];
    const { link, step: answer } = JSON.parse(await cli(...asked, '--json'));
    await openPaused(page, `${link}&t=${at}&sel=r${request}`);
    await expect(step(page).locator('.why-fixed')).toBeVisible(patient);
    expect(plain(await step(page).locator('.why-fixed').textContent())).toBe(answer.fixedWords);
    expect(await cli(...asked)).toContain(`${answer.fixedWords}\n`);
    await expect(step(page).getByRole('button', { name: /^What if: / })).toHaveCount(0);
  });
}

test('a block leads to its owner and says why it stays, and a free one why it is free', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=60');
  const blocks = panel(page, 'kv').locator('canvas');
  const chosen = step(page).locator('[data-why-block]');
  await blocks.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(chosen).toContainText(/^Block 0: .*, r\d+, .* It stays: r\d+/, patient);
  const owner = /r(\d+)/.exec((await chosen.textContent()) ?? '')?.[1];
  await expect(page.locator(`[data-why="${owner}"]`)).toBeVisible(patient);
  // Backwards from the end of the pool to a block that nobody holds.
  for (let i = 0; i < 64; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(chosen).toContainText(/It is free: nobody holds it/, patient);
  await expect(page.locator('[data-why]')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a step says what bound it and what set its speed', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=60');
  const columns = panel(page, 'batch').locator('canvas');
  await columns.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await idle(page);
  expect(await shownStep(page)).toBeLessThan(60);
  await expect(step(page)).toContainText(/Bound by: seats/, patient);
  await expect(step(page)).toContainText(/Speed set by: memory/);
});

test('the chain of a moved knob is that of `cli why --against`, and each link leads there', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=60');
  await page.evaluate(() => window.__tokenyard?.session.scenario.getState().set('max-num-seqs', 2));
  await simulated(page);
  // No run is kept: compared with the run before the change, in the step panel.
  const chain = step(page).locator('.chain');
  await expect(chain).toHaveAttribute('data-chain', 'true', patient);
  const lines = (await chain.locator('li').allTextContents()).map(plain);
  const report = JSON.parse(await cli('why', 'tiny-paged', '--against', '--set', 'max-num-seqs=2', '--json'));
  expect(lines).toEqual(report.words);
  expect(lines.length).toBeGreaterThan(3);
  const links = chain.getByRole('button');
  await links.nth(2).focus();
  await page.keyboard.press('Enter');
  await idle(page);
  await atStep(page, report.chain.links[1].b.step);
  await expect(page.locator(`[data-why="${report.chain.links[1].request}"]`)).toBeVisible(patient);
  expect(errors).toEqual([]);
});

test('an event of the lane and the keyboard lead to the answer', async ({ page }) => {
  const errors = watchErrors(page);
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=130');
  const overview = page.getByRole('slider', { name: /whole run/i });
  // The nearest event is the preemption.
  await overview.focus();
  await page.keyboard.press('Enter');
  await idle(page);
  await expect(step(page)).toContainText('Preemption', patient);
  await expect(page.locator('[data-why]')).toContainText('was preempted');
  const preempted = await shownStep(page);

  // The same by a press on its tick: the step starts when the one before it ends.
  await move(page, 'seekStep', preempted - 1);
  const [now, all] = await Promise.all(
    ['aria-valuenow', 'aria-valuemax'].map(async (name) => Number(await overview.getAttribute(name))),
  );
  await move(page, 'seekStep', 0);
  const box = await overview.boundingBox();
  await page.mouse.click((box?.x ?? 0) + (now / all) * (box?.width ?? 0), (box?.y ?? 0) + 4);
  await idle(page);
  await atStep(page, preempted);
  expect(errors).toEqual([]);
});

test('a request of the rows panel is chosen with Enter', async ({ page }) => {
  await openPaused(page, '#/run?v=1&p=tiny-paged&t=60');
  await panel(page, 'rows').locator('canvas').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-why="1"]')).toContainText('r1 computed its next token', patient);
});

for (const look of looks) {
  const { size } = look;

  test(`no barrier in answer and chain, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page, '#/run?v=1&p=tiny-paged&t=60&sel=r4&b.max-num-seqs=2&b.from=start');
    if (size === 'phone') await page.locator('#tab-step').click();
    await expect(page.locator('.chain')).toHaveAttribute('data-chain', 'true', patient);
    if (size === 'phone') await page.locator('.chain summary').click();
    await expect(page.locator('.why-help li').first()).toBeVisible(patient);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.context().close();
  });
}
