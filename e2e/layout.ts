/** What a reader loses where the window is small, the text large or the finger broad: measured on the page as it is laid out. */

import type { Page } from '@playwright/test';

/**
 * Where scrolling sideways is meant: tables and code need two dimensions (WCAG 1.4.10 leaves them out), and tabs and waiting
 * requests are rows that go on. Everything else fits the width of the window.
 */
const sideways = [
  '.sheet-scroll',
  '.operator-scroll',
  '.engine-scroll',
  '.headline-scroll',
  '.layout-scroll',
  '.learned-scroll',
  '.sweep-scroll',
  '.fit-scroll',
  '.policy-table',
  '.cm-scroller',
  '.calibrate details',
  '.phone-tabs',
  '.tabs',
  '.queue-cards',
].join();

/**
 * What is cut off, covered or pushed out of the window, a line each: areas that scroll sideways, controls that no scrolling
 * brings into view, controls that lie over each other, and texts that are clipped or lie over each other. An open dialog is
 * looked at alone: the page behind it is inert.
 */
export function layoutProblems(page: Page): Promise<readonly string[]> {
  return page.evaluate(findLayoutProblems, sideways);
}

/**
 * Controls smaller than `least` pixels in a direction, a line each. Left out, as in WCAG 2.5.8: a smaller one with so much room
 * around it that a circle of that width touches no other control, and links within a sentence.
 */
export function smallTargets(page: Page, least: number): Promise<readonly string[]> {
  return page.evaluate(findSmallTargets, least);
}

/** Runs in the page, so it holds all that it needs. */
function findLayoutProblems(sidewaysAreas: string): string[] {
  interface Box {
    left: number;
    top: number;
    right: number;
    bottom: number;
  }
  const problems: string[] = [];
  const root = [...document.querySelectorAll<HTMLElement>('dialog[open]')].at(-1) ?? document.body;
  const slack = 1;
  const name = (element: Element) => {
    const words = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
    const own = element.getAttribute('class') ?? '';
    const parent = element.parentElement?.getAttribute('class') ?? '';
    return `${element.tagName.toLowerCase()}.${own.replaceAll(' ', '.')} in .${parent.replaceAll(' ', '.')} "${words}"`;
  };
  const scrolls = (overflow: string) => overflow === 'auto' || overflow === 'scroll';
  const clips = (overflow: string) => overflow !== 'visible';
  /** Hidden from sight on purpose: for assistive technology alone, or behind a modal dialog. */
  const isHidden = (element: Element) =>
    !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
    element.closest('.visually-hidden, .app-name, .skip-link:not(:focus), option') !== null;

  const page = document.scrollingElement ?? document.documentElement;
  if (page.scrollWidth > innerWidth + slack) problems.push(`the page is ${page.scrollWidth} wide in ${innerWidth}`);
  // Its parts scroll; the page itself does only in a window that is too low for anything.
  if (innerHeight >= 320 && page.scrollHeight > innerHeight + slack) {
    problems.push(`the page is ${page.scrollHeight} high in ${innerHeight}`);
  }
  for (const area of [root, ...root.querySelectorAll<HTMLElement>('*')]) {
    if (!scrolls(getComputedStyle(area).overflowX) || area.scrollWidth <= area.clientWidth + slack) continue;
    if (!area.matches(sidewaysAreas) && !isHidden(area)) {
      problems.push(`scrolls sideways by ${area.scrollWidth - area.clientWidth}: ${name(area)}`);
    }
  }

  /** The part of a box within `holder` that is in sight, and how much of it no scrolling brings into sight. */
  function sight(holder: Element | null, box: Box, isPlacedFixed = false): { seen: Box; lost: number } {
    // A box of the page keeps its sides to itself: they are copied one by one.
    const { left, top, right, bottom } = box;
    const seen = { left, top, right, bottom };
    let rest = { left, top, right, bottom };
    let lost = 0;
    const cut = (by: Box, scrollX: boolean, scrollY: boolean) => {
      if (!scrollX) lost = Math.max(lost, by.left - rest.left, rest.right - by.right);
      if (!scrollY) lost = Math.max(lost, by.top - rest.top, rest.bottom - by.bottom);
      seen.left = Math.max(seen.left, by.left);
      seen.top = Math.max(seen.top, by.top);
      seen.right = Math.min(seen.right, by.right);
      seen.bottom = Math.min(seen.bottom, by.bottom);
      // What scrolls can be brought anywhere within the area: from there on the area's own place counts.
      rest = {
        left: scrollX ? by.left : rest.left,
        right: scrollX ? by.right : rest.right,
        top: scrollY ? by.top : rest.top,
        bottom: scrollY ? by.bottom : rest.bottom,
      };
    };
    let isFixed = isPlacedFixed;
    for (let at = holder; at !== null && !isFixed && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY, position } = getComputedStyle(at);
      if (clips(overflowX) || clips(overflowY)) {
        const frame = at.getBoundingClientRect();
        const [x, y] = [frame.left + at.clientLeft, frame.top + at.clientTop];
        const inside = { left: x, top: y, right: x + at.clientWidth, bottom: y + at.clientHeight };
        if (!clips(overflowX)) Object.assign(inside, { left: -1e6, right: 1e6 });
        if (!clips(overflowY)) Object.assign(inside, { top: -1e6, bottom: 1e6 });
        cut(inside, scrolls(overflowX), scrolls(overflowY));
      }
      isFixed = position === 'fixed';
    }
    // In a window too low for the page, the page scrolls.
    const page = isFixed ? 0 : scrollY;
    const tall = isFixed ? innerHeight : Math.max(innerHeight, document.documentElement.scrollHeight);
    cut({ left: 0, top: -page, right: innerWidth, bottom: tall - page }, false, false);
    return { seen, lost };
  }
  const isEmpty = (box: Box) => box.right - box.left < 1 || box.bottom - box.top < 1;
  const overlap = (a: Box, b: Box) => ({
    x: Math.min(a.right, b.right) - Math.max(a.left, b.left),
    y: Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  });

  const wanted =
    'a[href], button, input:not([type=file]), select, textarea, summary, canvas:not([aria-hidden=true]), [role=separator]';
  const controls = [...root.querySelectorAll<HTMLElement>(wanted)]
    // The words of a radio button that is not drawn are what is seen and pressed.
    .map((each) => (each.matches('.visually-hidden') ? each.closest('label') : each))
    .filter((each) => each !== null)
    .filter((each) => !isHidden(each) && !each.matches('.skip-link'))
    .map((element) => ({
      element,
      ...sight(element.parentElement, element.getBoundingClientRect(), getComputedStyle(element).position === 'fixed'),
    }));
  for (const { element, lost } of controls) {
    if (lost > slack) problems.push(`cut off by ${lost.toFixed(0)}: ${name(element)}`);
    if (element.getBoundingClientRect().width === 0) problems.push(`has no width: ${name(element)}`);
    if (element.getBoundingClientRect().height === 0) problems.push(`has no height: ${name(element)}`);
  }
  /** What sticks to an edge lies over what scrolls past it. */
  const stuck = (element: Element) => {
    for (let at: Element | null = element; at !== null && at !== root; at = at.parentElement) {
      if (getComputedStyle(at).position === 'sticky') return at;
    }
    return null;
  };
  const isPicture = (element: Element) => element.matches('canvas');
  for (const [index, a] of controls.entries()) {
    if (isEmpty(a.seen)) continue;
    for (const b of controls.slice(index + 1)) {
      if (isEmpty(b.seen) || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      // Pictures leave room for the flags and choices that are set on them; notices go away again.
      if (
        (isPicture(a.element) || isPicture(b.element)) &&
        a.element.closest('.panel, .transport') === b.element.closest('.panel, .transport')
      )
        continue;
      if (a.element.closest('.notices') !== b.element.closest('.notices') || stuck(a.element) !== stuck(b.element))
        continue;
      const { x, y } = overlap(a.seen, b.seen);
      if (x > slack && y > slack) problems.push(`lie over each other: ${name(a.element)} and ${name(b.element)}`);
    }
  }

  interface Line {
    element: Element;
    node: Node;
    seen: Box;
  }
  const lines: Line[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (
      element === null ||
      node.textContent?.trim() === '' ||
      isHidden(element) ||
      element.closest('script, style, noscript')
    )
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let worst = 0;
    for (const box of range.getClientRects()) {
      // The box of a line is that of its font, which may be higher than the line: half of the difference is no loss.
      const spare = box.height * 0.2;
      const { seen, lost } = sight(element, {
        left: box.left,
        right: box.right,
        top: box.top + spare,
        bottom: box.bottom - spare,
      });
      worst = Math.max(worst, lost);
      if (!isEmpty(seen)) lines.push({ element, node, seen });
    }
    if (worst > slack) problems.push(`text cut by ${worst.toFixed(0)}: ${name(element)}`);
  }
  for (const [index, a] of lines.entries()) {
    for (const b of lines.slice(index + 1)) {
      if (
        a.node === b.node ||
        a.element.closest('.notices, .tooltip') !== b.element.closest('.notices, .tooltip') ||
        stuck(a.element) !== stuck(b.element)
      )
        continue;
      const { x, y } = overlap(a.seen, b.seen);
      if (x > 2 && y > 3) problems.push(`texts lie over each other: ${name(a.element)} and ${name(b.element)}`);
    }
  }
  return [...new Set(problems)];
}

/** Runs in the page, so it holds all that it needs. */
function findSmallTargets(least: number): string[] {
  const root = [...document.querySelectorAll<HTMLElement>('dialog[open]')].at(-1) ?? document.body;
  // Not the lines between panels, which the pointer takes a little beside them too: their buttons make a panel large, keys move them.
  const wanted = 'a[href], button, input:not([type=file]), select, textarea, summary';
  const targets = [
    ...new Set([...root.querySelectorAll<HTMLElement>(wanted)].map((each) => each.closest('label') ?? each)),
  ].filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches('.skip-link'));
  const boxes = targets.map((each) => each.getBoundingClientRect());
  const found: string[] = [];
  for (const [index, element] of targets.entries()) {
    const box = boxes[index];
    if (Math.min(box.width, box.height) > least - 0.5) continue;
    const { display } = getComputedStyle(element);
    const around = element.parentElement;
    const isInSentence =
      display.startsWith('inline') &&
      [...(around?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      );
    if (isInSentence) continue;
    const x = (box.left + box.right) / 2;
    const y = (box.top + box.bottom) / 2;
    const isCrowded = boxes.some((other, at) => {
      if (at === index || element.contains(targets[at]) || targets[at].contains(element)) return false;
      const away = Math.hypot(
        x - Math.max(other.left, Math.min(x, other.right)),
        y - Math.max(other.top, Math.min(y, other.bottom)),
      );
      const isSmallToo = Math.min(other.width, other.height) < least - 0.5;
      const between = Math.hypot(x - (other.left + other.right) / 2, y - (other.top + other.bottom) / 2);
      return away < least / 2 || (isSmallToo && between < least);
    });
    if (!isCrowded) continue;
    const words = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
    found.push(
      `${box.width.toFixed(0)} × ${box.height.toFixed(0)}: ${element.tagName.toLowerCase()}.${element.className} in .${element.parentElement?.className} "${words}"`,
    );
  }
  return found;
}
