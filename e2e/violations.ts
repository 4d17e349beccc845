/** What axe-core finds on a page, and pictures without a name, of which it knows nothing. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

const axeScript = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Barriers, a line each. Of a page with an open dialog the dialog alone is looked at: the rest is inert. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Injected by the debugger: the page's own security policy admits no foreign script.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeScript);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const root = document.querySelector('dialog[open]') ?? document;
    // Of what passes, nobody asks for every element.
    const found = await axe.run(root, { resultTypes: ['violations'] });
    const unnamed = [...root.querySelectorAll('canvas')].filter(
      (canvas) => canvas.ariaHidden !== 'true' && (canvas.ariaLabel ?? '').trim() === '',
    );
    return [
      ...found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`),
      ...unnamed.map((canvas) => `canvas-name: ${canvas.outerHTML.slice(0, 160)}`),
    ];
  });
}
