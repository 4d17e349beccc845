/** The built app in a browser test: opening it, waiting for it, and looking at what it shows. */

import { expect, type Page } from '@playwright/test';
import type { Session } from '../src/state/session.ts';

/** Simulating and drawing on a loaded machine takes its time; nothing here asserts how long. */
export const patient = { timeout: 60_000 };

/** Everything the page complains about, as it comes. Call it before the page is opened. */
export function watchErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  return errors;
}

/** Opens the app, at a link if one is given, and waits until its first run is there. */
export async function openApp(page: Page, link = ''): Promise<void> {
  // From one link to another the page loads itself anew, which nobody would wait for.
  if (page.url() !== 'about:blank') await page.goto('about:blank');
  await page.goto(`/${link}`);
  await simulated(page);
}

/** Waits until the run of the present scenario is done. */
export async function simulated(page: Page): Promise<void> {
  await expect(page.locator('.app')).toHaveAttribute('data-status', 'done', patient);
}

/** Opens the app and stops it from playing. */
export async function openPaused(page: Page, link = ''): Promise<void> {
  await openApp(page, link);
  await pause(page);
}

/** Opens the app, wide and in English, stops it, and waits for what comes a moment later: until then panels move. */
export async function openWhole(page: Page): Promise<void> {
  await openPaused(page);
  await expect(panel(page, 'strip').locator('canvas')).toBeVisible(patient);
  await expect(panel(page, 'kv').getByRole('combobox', { name: 'What the colour of a block says' })).toBeVisible(
    patient,
  );
}

export async function pause(page: Page): Promise<void> {
  await page.evaluate(() => window.__tokenyard?.session.pause());
  await idle(page);
}

/** Waits until the worker has answered everything and all of it is drawn. */
export async function idle(page: Page): Promise<void> {
  await page.evaluate(() => window.__tokenyard?.idle());
}

/** Waits until it is known what the run's figures may be off by: nothing changes by itself after that. */
export async function banded(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.__tokenyard?.hasBand()), patient).toBe(true);
}

type Move = keyof Pick<Session, 'step' | 'seekStep' | 'seekTime'>;

/** Moves the cursor as the page's controls do, and waits until it is there. */
export async function move(page: Page, how: Move, by: number): Promise<void> {
  await page.evaluate(([name, value]) => window.__tokenyard?.session[name](value), [how, by] as const);
  await idle(page);
}

export const panel = (page: Page, id: string) => page.locator(`[data-panel=${id}]`);
/** What a panel's picture says to those who do not see it. */
export const descriptionOf = async (page: Page, id: string): Promise<string> =>
  (await panel(page, id).locator('canvas').first().locator('xpath=following-sibling::span').textContent()) ?? '';
export const notices = (page: Page) => page.locator('.notices');
export const playButton = (page: Page) => page.getByRole('button', { name: 'Play', exact: true });
export const pauseButton = (page: Page) => page.getByRole('button', { name: 'Pause', exact: true });

/** Number of the shown step, from the transport. -1 before the first. */
export async function shownStep(page: Page): Promise<number> {
  const text = (await page.locator('.position').textContent()) ?? '';
  const match = /Step ([\d,]+) of/.exec(text);
  return match === null ? -1 : Number(match[1].replaceAll(',', ''));
}

/** Waits until the transport names the step. It is at most ten times a second that it is written. */
export async function atStep(page: Page, step: number): Promise<void> {
  await expect.poll(() => shownStep(page), patient).toBe(step);
}

/** The sentence about the step in which the long prompt of the default scenario is computed. */
export const longPromptSentence = /8,192-token prompt/;

/** Goes to that step from a little before the prompt arrives. Returns its number. */
export async function seekLongPrompt(page: Page): Promise<number> {
  await pause(page);
  await move(page, 'seekTime', 9_950_000);
  const sentence = panel(page, 'step');
  for (let steps = 0; steps < 200; steps++) {
    if (longPromptSentence.test((await sentence.textContent()) ?? '')) {
      const step = /Step ([\d,]+) took/.exec((await sentence.textContent()) ?? '');
      return Number(step?.[1].replaceAll(',', ''));
    }
    await move(page, 'step', 1);
  }
  throw new Error('the long prompt was not found');
}

/** The pictures and the words of every panel on the page, the pictures as hashes. */
export async function pictures(page: Page): Promise<Record<string, string>> {
  await banded(page);
  await idle(page);
  return page.evaluate(async () => {
    const found: Record<string, string> = {};
    for (const element of document.querySelectorAll<HTMLElement>('section[data-panel]')) {
      const images = [...element.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL());
      const bytes = new TextEncoder().encode(images.join());
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const hex = [...hash.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      found[element.dataset.panel ?? ''] = `${hex} ${element.textContent}`;
    }
    return found;
  });
}

/** Latency in words, as the panel describes it to assistive technology. */
export async function latencyWords(page: Page): Promise<string> {
  const words = await panel(page, 'latency').locator('.surface .visually-hidden').textContent();
  // Numbers and units are held together by spaces that do not break.
  return (words ?? '').replaceAll('\u00a0', ' ');
}

/** The knobs of the scenario. */
export async function knobs(page: Page): Promise<Readonly<Record<string, unknown>>> {
  return page.evaluate(() => ({ ...window.__tokenyard?.session.scenario.getState().knobs }));
}

/** What the link in the address bar says, once it has been written. */
export async function linkParts(page: Page): Promise<URLSearchParams> {
  await expect.poll(() => new URL(page.url()).hash, patient).toContain('fp=');
  return new URLSearchParams(new URL(page.url()).hash.replace(/^#\/run\?/, ''));
}

/** A run in a pool so small that requests wait and are preempted, at a step in its midst. */
export const crowded = '#/run?v=1&p=azure-chat&rate=12&requests=300&num-gpu-blocks-override=1200&t=900';

/** The slider of a knob. */
export const slider = (page: Page, name: string) => page.getByRole('slider', { name, exact: true });
