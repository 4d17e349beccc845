/** Shows the change from one step to the next: reads where things were and where they are, and lets them go there. */

import type { Frame } from '../../protocol/frame.ts';
import type { Playback } from '../../state/playback.ts';
import { createCanvasPainter } from '../../ui/canvas-painter.ts';
import type { Theme } from '../../ui/theme.ts';
import { type BlockChanges, blockChanges, drawChange } from '../kv/changes.ts';
import type { Box } from '../kv/layout.ts';
import { type Group, type Move, movesBetween, type Station } from './moves.ts';
import { delayOf, fadeMs, holdTime, type Look, lookOf, mayFlash, paceOf, travelTime } from './pace.ts';
import { boxIn, cellsShown } from './places.ts';

interface How {
  readonly motion: 'full' | 'reduced';
  readonly theme: Theme;
}

/** How far somebody who comes or goes travels from the end of its row, pixels. */
const leaveBy = 48;

/** What a request turns into: the colour of what flies. */
type Kind = 'taken' | 'preempted' | 'finished';

/** From one group's words to the next, pixels: a little more than the line height in `motion.css`. */
const groupPitch = 18;

const appear: Keyframe[] = [{ opacity: 0 }, { opacity: 1 }];
const vanish: Keyframe[] = [{ opacity: 1 }, { opacity: 0 }];

/** Later ones lie over earlier ones. */
const changeKinds = ['evicted', 'lost', 'hit'] as const;

export class StageMotion {
  private readonly layer: HTMLElement;
  private readonly how: () => How;
  private readonly flashes: number[] = [];
  private running: Animation[] = [];

  constructor(layer: HTMLElement, how: () => How) {
    this.layer = layer;
    this.how = how;
  }

  /** Everything that moves is where it was going, at once. */
  land(): void {
    if (this.running.length === 0 && !this.layer.hasChildNodes()) return;
    for (const animation of this.running) animation.cancel();
    this.running = [];
    this.layer.replaceChildren();
  }

  /** Reads the old picture. What it returns is called once the new one is laid out; null where nothing is to be shown. */
  prepare(before: Frame, after: Frame, playback: Playback): (() => void) | null {
    const pace = paceOf(playback);
    const look = lookOf(pace, this.how().motion);
    if (look === 'none') return null;
    const moves = movesBetween(before, after);
    const changes = blockChanges(before, after);
    const froms = moves.each.map((move) => placeOf(move.request, move.from));
    const groupFroms = moves.groups.map(({ from }, at) => placeOfGroup(at, from));
    return () => {
      moves.each.forEach((move, at) => {
        this.show(move, froms[at], look, pace, delayOf(at, moves.each.length));
      });
      moves.groups.forEach((group, at) => {
        this.showGroup(group, groupFroms[at], placeOfGroup(at, group.to), look, pace);
      });
      this.showBlocks(changes, look, pace);
    };
  }

  private show(move: Move, from: Box | null, look: Look, pace: number, delay: number): void {
    const to = placeOf(move.request, move.to);
    const kind = kindOf(move);
    const name = `r${move.request}`;
    const start = move.from === 'gone' && to !== null ? beside(to) : from;
    const end = move.to === 'gone' && from !== null ? beside(from) : to;
    if (look === 'travel' && start !== null && end !== null) {
      this.travel(start, end, kind, name, travelTime(pace), delay);
      if (move.to === 'queue') this.hideCard(move.request, travelTime(pace), delay);
      return;
    }
    // Where it is now, or else where it was.
    const at = to ?? from;
    if (at === null) return;
    const mark = this.add('motion-mark', kind, at);
    // A card says who it is.
    if (to === null || move.to !== 'queue') mark.append(tag(name));
    this.animate(mark, look === 'mark' ? appear : vanish, { duration: fadeMs, fill: 'forwards' });
  }

  /** A box that takes the shape of its goal, and a name that keeps its own. */
  private travel(from: Box, to: Box, kind: Kind, name: string, duration: number, delay: number): void {
    const timing = { duration, delay, easing: 'ease-out', fill: 'both' } as const;
    const box = this.add('motion-box', kind, to);
    const dx = from.x - to.x;
    const dy = from.y - to.y;
    const size = `scale(${from.width / to.width}, ${from.height / to.height})`;
    this.animate(
      box,
      [
        { transform: `translate(${dx}px, ${dy}px) ${size}`, opacity: 0.9 },
        { transform: 'none', opacity: 0.9, offset: 0.8 },
        { transform: 'none', opacity: 0 },
      ],
      timing,
    );
    const label = tag(name);
    label.style.left = `${to.x}px`;
    label.style.top = `${to.y}px`;
    this.layer.append(label);
    this.animate(
      label,
      [
        { transform: `translate(${dx}px, ${dy}px)` },
        { transform: 'none', opacity: 1, offset: 0.8 },
        { transform: 'none', opacity: 0 },
      ],
      timing,
    );
  }

  private showGroup(group: Group, from: Point | null, to: Point | null, look: Look, pace: number): void {
    if (from === null || to === null) return;
    const label = tag(`+${group.count}`);
    label.style.left = `${to.x}px`;
    label.style.top = `${to.y}px`;
    this.layer.append(label);
    const dx = from.x - to.x;
    const dy = from.y - to.y;
    const frames =
      look === 'travel'
        ? [{ transform: `translate(${dx}px, ${dy}px)` }, { transform: 'none', offset: 0.8 }, { opacity: 0 }]
        : vanish;
    this.animate(label, frames, { duration: travelTime(pace), easing: 'ease-out', fill: 'both' });
  }

  /** A preempted request's card is there once it has arrived. */
  private hideCard(request: number, duration: number, delay: number): void {
    const card = cardOf(request);
    if (card === null) return;
    const timing = { duration, delay, fill: 'backwards' } as const;
    this.animate(card, [{ opacity: 0 }, { opacity: 0, offset: 0.8 }, { opacity: 1 }], timing);
  }

  /** Changed blocks on a picture of their own over the pool, of which only the opacity changes. */
  private showBlocks(changes: BlockChanges, look: Look, pace: number): void {
    const kinds = changeKinds.filter((kind) => changes[kind].length > 0);
    const cells = cellsShown();
    const canvas = canvasOf('kv');
    if (cells === null || canvas === null || kinds.length === 0) return;
    if (!mayFlash(this.flashes, performance.now())) return;
    for (const kind of kinds) {
      const overlay = this.cover(canvas, kind);
      const context = overlay.getContext('2d');
      if (context === null) continue;
      // As sharp as the picture below, and of its zoom.
      const ratio = canvas.width / Math.max(1, canvas.offsetWidth);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      const { theme } = this.how();
      drawChange(createCanvasPainter(context, theme.page, ratio), kind, changes[kind], theme, cells);
      if (look === 'mark') this.animate(overlay, appear, { duration: fadeMs, fill: 'forwards' });
      else this.animate(overlay, ...passing(kind, holdTime(pace)));
    }
  }

  private cover(canvas: HTMLCanvasElement, kind: keyof BlockChanges): HTMLCanvasElement {
    const { x, y, width, height } = canvas.getBoundingClientRect();
    const overlay = document.createElement('canvas');
    overlay.className = 'motion-blocks';
    overlay.dataset.change = kind;
    overlay.width = canvas.width;
    overlay.height = canvas.height;
    overlay.style.cssText = `left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
    this.layer.append(overlay);
    return overlay;
  }

  private add(className: string, kind: Kind, { x, y, width, height }: Box): HTMLElement {
    const element = document.createElement('div');
    element.className = className;
    element.dataset.kind = kind;
    element.style.cssText = `left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
    this.layer.append(element);
    return element;
  }

  /** What has faded away is taken off the page; what stays as a mark stays until the next landing. */
  private animate(element: HTMLElement, frames: Keyframe[], timing: KeyframeAnimationOptions): void {
    const animation = element.animate(frames, timing);
    this.running.push(animation);
    const stays = frames[frames.length - 1].opacity !== 0;
    animation.onfinish = () => {
      this.running = this.running.filter((each) => each !== animation);
      if (!stays) element.remove();
    };
  }
}

/** What was evicted fades at once, what was lost stays hatched a while first, what was found glows once. */
function passing(kind: keyof BlockChanges, hold: number): [Keyframe[], KeyframeAnimationOptions] {
  const duration = hold + fadeMs;
  const timing = { duration, fill: 'forwards' } as const;
  const held = { opacity: 1, offset: hold / duration };
  if (kind === 'evicted') return [vanish, timing];
  if (kind === 'lost') return [[{ opacity: 1 }, held, { opacity: 0 }], timing];
  return [
    [{ opacity: 0 }, { opacity: 1, offset: 0.2 }, { ...held, offset: Math.max(0.2, hold / duration) }, { opacity: 0 }],
    timing,
  ];
}

function tag(text: string): HTMLElement {
  const label = document.createElement('span');
  label.className = 'motion-tag';
  label.textContent = text;
  return label;
}

function kindOf({ from, to }: Move): Kind {
  if (to === 'gone' || from === 'gone') return 'finished';
  return to === 'queue' ? 'preempted' : 'taken';
}

/** Just right of a row's end: out of the picture, towards the figures. */
function beside({ x, y, width, height }: Box): Box {
  return { x: x + width + leaveBy, y, width, height };
}

function placeOf(request: number, station: Station): Box | null {
  if (station === 'gone') return null;
  if (station === 'batch') return onPage('rows', boxIn('rows', request)) ?? onPage('batch', boxIn('batch', request));
  const list = panelBox('queue');
  const card = cardOf(request);
  if (list === null) return null;
  if (card !== null) {
    const box = card.getBoundingClientRect();
    if (box.left < list.x + list.width) return { x: box.left, y: box.top, width: box.width, height: box.height };
  }
  // Behind the last card that is in view, or where the first would be.
  const last = document.querySelector('[data-panel="queue"] .queue-cards > :last-child')?.getBoundingClientRect();
  const x = Math.min(last?.right ?? list.x, list.x + list.width - cardSize.width);
  return { x, y: last?.top ?? list.y, ...cardSize };
}

/** As in `queue.css`. */
const cardSize = { width: 96, height: 46 };

function cardOf(request: number): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-panel="queue"] [data-key="${request}"]`);
}

function canvasOf(panel: string): HTMLCanvasElement | null {
  return document.querySelector<HTMLCanvasElement>(`[data-panel="${panel}"] .surface > canvas`);
}

/** The body of a panel; null where it is not on the page. */
function panelBox(panel: string): Box | null {
  const box = document.querySelector(`[data-panel="${panel}"] .panel-body`)?.getBoundingClientRect();
  return box === undefined ? null : { x: box.x, y: box.y, width: box.width, height: box.height };
}

type Point = Pick<Box, 'x' | 'y'>;

/**
 * Where a group is to be seen: in the middle of the panel, and at the end of the rows whoever comes from nowhere or goes
 * there. Each has a line of its own, since two may start or end at the same place.
 */
function placeOfGroup(at: number, station: Station): Point | null {
  const box = panelBox(station === 'queue' ? 'queue' : 'rows');
  if (box === null) return null;
  const x = station === 'gone' ? box.x + box.width - leaveBy : box.x + box.width / 2;
  return { x, y: box.y + box.height / 2 + at * groupPitch };
}

/** From a panel's canvas to the page, which may zoom it. */
function onPage(panel: string, box: Box | null): Box | null {
  const canvas = canvasOf(panel);
  if (box === null || canvas === null) return null;
  const { x, y, width } = canvas.getBoundingClientRect();
  const zoom = canvas.offsetWidth === 0 ? 1 : width / canvas.offsetWidth;
  return { x: x + box.x * zoom, y: y + box.y * zoom, width: box.width * zoom, height: box.height * zoom };
}
