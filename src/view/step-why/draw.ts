/** Draws the life of the selected request as one bar, and says which phase lies under a point. */

import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { LifeModel, Phase, PhaseKind } from './life.ts';

const barTop = 4;
const axisHeight = 15;
/** What the shown run's bar takes where another one lies under it. */
const shownShare = 0.58;
/** A phase of no visible length keeps a line. */
const leastWidth = 1.5;

function scaleOf(model: LifeModel, size: Size) {
  return linearScale([model.startUs, Math.max(model.startUs + 1, model.endUs)], [2, size.width - 2]);
}

export function draw(painter: Painter, model: LifeModel, theme: Theme, size: Size): void {
  const x = scaleOf(model, size);
  const whole = Math.max(6, size.height - barTop - axisHeight);
  const height = model.pinned.length === 0 ? whole : Math.round(whole * shownShare);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  for (const phase of model.phases) drawPhase(painter, phase, theme, x, height);
  for (const phase of model.pinned) drawPinned(painter, phase, theme, x, barTop + height + 2, whole - height - 2);
  const y = barTop + whole + 8;
  painter.text(2, y, model.startLabel, small);
  painter.text(size.width - 2, y, model.endLabel, { ...small, align: 'right' });
  if (model.cursorUs >= model.startUs && model.cursorUs <= model.endUs) {
    const at = x(model.cursorUs);
    painter.rect(at - 1.75, 0, 3.5, barTop + whole + 3, { fill: theme.page });
    painter.rect(at - 0.75, 0, 1.5, barTop + whole + 3, { fill: theme.ink });
  }
}

/** Simulated time at a place along the bar. */
export function timeAt(model: LifeModel, size: Size, x: number): number {
  return scaleOf(model, size).invert(x);
}

export function hit(model: LifeModel, size: Size, x: number, y: number): Phase | null {
  if (y < 0 || y > size.height - axisHeight + 3) return null;
  const scale = scaleOf(model, size);
  return (
    model.phases.findLast(
      (phase) => x >= scale(phase.fromUs) && x <= Math.max(scale(phase.toUs), scale(phase.fromUs) + leastWidth),
    ) ?? null
  );
}

/** A phase in the other run: an outline in the colour of the phase, and its duration where there is room. */
function drawPinned(
  painter: Painter,
  phase: Phase,
  theme: Theme,
  x: (us: number) => number,
  top: number,
  height: number,
): void {
  const from = x(phase.fromUs);
  const width = Math.max(leastWidth, x(phase.toUs) - from);
  const stroke = { queued: theme.waiting, prefill: theme.prefill, decode: theme.decode }[phase.kind];
  painter.rect(from + 0.5, top + 0.5, Math.max(1, width - 1.5), height - 1, { stroke, lineWidth: 1.25 });
  const style: TextStyle = { color: theme.ink, size: 9, align: 'center', baseline: 'middle' };
  const label = `A ${phase.label}`;
  if (height < 10 || painter.measure(label, style) > width - 6) return;
  painter.text(from + width / 2, top + height / 2, label, style);
}

function drawPhase(painter: Painter, phase: Phase, theme: Theme, x: (us: number) => number, height: number): void {
  const from = x(phase.fromUs);
  const width = Math.max(leastWidth, x(phase.toUs) - from);
  painter.rect(from, barTop, width, height, inkOf(theme, phase.kind));
  const style: TextStyle = { color: onInk(theme, phase.kind), size: 10, align: 'center', baseline: 'middle' };
  const label = [phase.label, phase.name].find((text) => painter.measure(text, style) <= width - 8);
  if (label === undefined || height < 12) return;
  const middle = from + width / 2;
  if (phase.kind === 'decode') {
    const plate = painter.measure(label, style) + 6;
    painter.rect(middle - plate / 2, barTop + height / 2 - 6, plate, 12, { fill: theme.decode });
  }
  painter.text(middle, barTop + height / 2, label, style);
}

function inkOf(theme: Theme, kind: PhaseKind): Ink {
  if (kind === 'queued') return { fill: theme.page, stroke: theme.waiting };
  return kind === 'prefill' ? { fill: theme.prefill } : { fill: theme.decode, texture: 'rule', mark: theme.page };
}

function onInk(theme: Theme, kind: PhaseKind): string {
  if (kind === 'queued') return theme.ink;
  return kind === 'prefill' ? theme.onPrefill : theme.onDecode;
}
