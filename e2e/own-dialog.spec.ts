/** A model and a device of one's own: read from a config.json, filled in by keyboard, undone, shared, and what does not fit said. */

import { expect, type Page } from '@playwright/test';
import { idle, knobs, notices, openPaused, patient, simulated, watchErrors } from './app.ts';
import { deepUnless, isSampleLook, lookName, looks, openAs } from './looks.ts';
import { test } from './test.ts';
import { violations } from './violations.ts';

test.use({ viewport: { width: 1440, height: 900 } });

const config = {
  model_type: 'qwen3_moe',
  _name_or_path: 'someone/Little-MoE',
  hidden_size: 1024,
  intermediate_size: 3072,
  moe_intermediate_size: 384,
  num_hidden_layers: 12,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  head_dim: 64,
  num_experts: 32,
  num_experts_per_tok: 4,
  vocab_size: 50000,
  max_position_embeddings: 32768,
  sliding_window: 4096,
};

const model = (page: Page) => page.getByRole('combobox', { name: 'Model', exact: true });
const device = (page: Page) => page.getByRole('combobox', { name: 'GPU', exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const field = (page: Page, name: string) => dialog(page).getByRole('textbox', { name, exact: true });

async function openForm(page: Page, list: ReturnType<typeof model>): Promise<void> {
  await list.focus();
  await list.selectOption({ label: 'Your own…' });
  await expect(dialog(page)).toBeVisible(patient);
}

test('a config.json is read from a file, its remarks are said, and the model is simulated, undone and shared', async ({
  page,
}) => {
  const errors = watchErrors(page);
  await openPaused(page);
  await openForm(page, model(page));
  await page.locator('dialog input[type=file]').setInputFiles({
    name: 'config.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(config)),
  });
  await expect(dialog(page).getByText('Little-MoE was read, with remarks:')).toBeVisible();
  await expect(dialog(page).getByText('sliding_window: “4096” is not modelled')).toBeVisible();
  await expect(dialog(page).getByText('tie_word_embeddings is not given.')).toBeVisible();
  await expect(field(page, 'Experts a layer')).toHaveValue('32');
  await expect(dialog(page).getByText(/^Fits on NVIDIA H200/)).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Use this model' }).click();
  await expect(dialog(page)).toHaveCount(0);
  await simulated(page);
  await expect(model(page).locator('option:checked')).toHaveText('Little-MoE');
  expect((await knobs(page)).model).toMatch(/^own:1,name:Little-MoE,layers:12,/);

  // The link carries all of it to somebody else.
  await expect.poll(() => page.url(), patient).toContain('model=own:1,name:Little-MoE');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await simulated(other);
  await expect(notices(other).locator('.notice')).toHaveCount(0);
  await expect(model(other).locator('option:checked')).toHaveText('Little-MoE');
  await other.close();

  await page.getByRole('button', { name: 'Undo' }).click();
  await simulated(page);
  await expect(model(page).locator('option:checked')).toHaveText('Llama-3.1-8B');
  expect(errors).toEqual([]);
});

test('a file that cannot be a model changes nothing and says why, field by field', async ({ page }) => {
  await openPaused(page);
  await openForm(page, model(page));
  const { hidden_size: _, ...rest } = config;
  const paste = dialog(page).getByRole('textbox', { name: 'Text of config.json' });
  await paste.fill(JSON.stringify({ ...rest, vocab_size: 'many' }));
  await expect(dialog(page).getByText('Nothing was changed:')).toBeVisible();
  await expect(dialog(page).getByText(/hidden_size is missing/)).toBeVisible();
  await expect(dialog(page).getByText(/vocab_size: “many” is not possible/)).toBeVisible();
  await expect(field(page, 'Layers')).toHaveValue('32');
  await paste.fill('{ "model_type": "mamba" }');
  await expect(dialog(page).getByText(/model_type: “mamba” is not possible; expected llama/)).toBeVisible();
});

test('a file is dropped on the form, not on the page', async ({ page }) => {
  await openPaused(page);
  await openForm(page, model(page));
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'config.json', { type: 'application/json' }));
    return data;
  }, JSON.stringify(config));
  await dialog(page)
    .getByRole('group', { name: 'Read a config.json' })
    .dispatchEvent('drop', { dataTransfer: transfer });
  await expect(field(page, 'Name')).toHaveValue('Little-MoE');
  await idle(page);
  await expect(notices(page).locator('.notice')).toHaveCount(0);
});

test('by keyboard alone: what is wrong is said and focused, Escape leaves all as it was', async ({ page }) => {
  await openPaused(page);
  await openForm(page, model(page));
  const layers = field(page, 'Layers');
  await layers.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2000');
  await expect(layers).toHaveAttribute('aria-invalid', 'true');
  await expect(layers).toHaveAccessibleDescription(/Has to be 1 to 1,000/);
  await page.keyboard.press('Enter');
  await expect(dialog(page).getByRole('alert')).toHaveText('Correct the marked fields first.');
  await expect(layers).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await expect(model(page)).toBeFocused();
  expect((await knobs(page)).model).toBe('llama-3.1-8b');

  await openForm(page, model(page));
  await field(page, 'Layers').focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('16');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  expect((await knobs(page)).model).toMatch(/^own:1,name:Llama-3.1-8B [(]own[)],layers:16,/);
});

test('a small device of one’s own takes a model that fits, and the lists say what does not', async ({ page }) => {
  await openPaused(page);
  await openForm(page, device(page));
  await expect(dialog(page).getByText(/misses its measured steps by 8[.]8/)).toBeVisible();
  await field(page, 'Name').fill('Small card');
  await field(page, 'Memory, GiB').fill('8');
  await expect(dialog(page).getByText(/Does not fit on Small card: .* missing/)).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Use this device' }).click();
  await simulated(page);
  await expect(device(page).locator('option:checked')).toHaveText('Small card');
  await expect(page.locator('.toast')).toContainText('does not fit on Small card');
  await expect(model(page).getByRole('option', { name: /^Llama-3[.]1-70B · .*GiB missing$/ })).toBeAttached(patient);
  await page.getByRole('button', { name: 'Undo' }).click();
  await simulated(page);
  expect(await knobs(page)).toMatchObject({ device: 'h200', model: 'llama-3.1-8b' });
});

for (const look of looks) {
  const { size, language } = look;

  test(`no barriers, ${lookName(look)}`, deepUnless(isSampleLook(look)), async ({ browser }) => {
    const page = await openAs(browser, look);
    await openPaused(page);
    if (size === 'phone') await page.getByRole('button', { name: language === 'en' ? 'Scenario' : '场景' }).click();
    for (const name of [language === 'en' ? 'Model' : '模型', 'GPU']) {
      await page.getByRole('combobox', { name, exact: true }).selectOption('own');
      const form = dialog(page).locator('form');
      await expect(form).toBeVisible(patient);
      await form.getByRole('textbox').nth(2).fill('x');
      expect(await violations(page)).toEqual([]);
      // Nothing reaches beyond the side of the dialog.
      const beyond = await form.evaluate((element) => {
        const { scrollWidth, clientWidth } = element.parentElement ?? element;
        return scrollWidth - clientWidth;
      });
      expect(beyond).toBeLessThanOrEqual(0);
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toHaveCount(0);
      if (size === 'phone' && name !== 'GPU')
        await page.getByRole('button', { name: language === 'en' ? 'Scenario' : '场景' }).click();
    }
    await page.context().close();
  });
}
