import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { EventKind, type RunResult } from '../../protocol/run.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleResult } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { type EventName, eventNames, eventsModel, neighbour } from './model.ts';
import { readoutOf } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const size = { width: 360, height: 180 };

const happened: readonly (readonly [EventName, number, number, number])[] = [
  ['longPrompt', 3, 500_000, 0],
  ['hold', 10, 1_000_000, 4],
  ['kvFull', 12, 2_000_000, -1],
  ['preempt', 14, 2_500_000, 2],
  ['preempt', 20, 6_000_000, 3],
  ['boundChange', 30, 8_000_000, -1],
  ['reject', 40, 9_000_000, 9],
  ['precision', 50, 9_500_000, -1],
];

function sample(): RunResult {
  const base = sampleResult([]);
  return {
    ...base,
    events: {
      count: happened.length,
      kind: Uint8Array.from(happened, ([kind]) => EventKind[kind]),
      step: Float64Array.from(happened, ([, step]) => step),
      timeUs: Float64Array.from(happened, ([, , us]) => us),
      request: Int32Array.from(happened, ([, , , request]) => request),
      dropped: 7,
    },
  };
}

const model = (...hidden: EventName[]) => eventsModel(sample(), new Set(hidden));

describe('events model', () => {
  it('has a name for every kind', () => {
    expect([...eventNames].sort()).toEqual(Object.keys(EventKind).sort());
  });

  it('keeps counting kinds that are hidden', () => {
    const shown = model('preempt', 'hold');
    expect(shown.counts.preempt).toBe(2);
    expect(shown.rows).toEqual(['reject', 'kvFull', 'longPrompt', 'boundChange', 'precision']);
    expect(shown.events).toHaveLength(5);
  });

  it('goes through events by time, and to the nearest one of the next row', () => {
    const all = model();
    expect(neighbour(all, 3, 'right')).toBe(4);
    expect(neighbour(all, 0, 'left')).toBe(0);
    // Under "preempted" are the refused ones, under them those held first.
    expect(neighbour(all, 3, 'down')).toBe(6);
    expect(neighbour(all, 6, 'up')).toBe(4);
    expect(neighbour(all, 3, 'up')).toBe(3);
    expect(neighbour(all, 99, 'up')).toBe(-1);
  });
});

describe('events drawing', () => {
  it('finds each event at its glyph', () => {
    const all = model();
    const found = new Set<number>();
    for (let x = 0; x < size.width; x++) for (let y = 2; y < size.height; y += 4) found.add(hit(all, size, x, y));
    found.delete(-1);
    expect([...found].sort((a, b) => a - b)).toEqual(happened.map((_, i) => i));
  });

  it.each([light, dark])('draws a row a kind, $name', async (theme) => {
    const painter = createSvgPainter(size, theme.page);
    draw(painter, { model: model(), nowUs: 4e6, pointed: 3, focus: 9, t, format }, theme, size);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/events-${theme.name}.svg`);
  });

  it('draws those of another run hollow, and gives kinds that only it has a row', async () => {
    const less = sample();
    const none = { ...less, events: { ...less.events, count: 3 } };
    const both = eventsModel(none, new Set(), sample());
    expect(both.rows).toContain('reject');
    expect(both.counts.reject).toBe(0);
    const painter = createSvgPainter(size, light.page);
    draw(painter, { model: both, nowUs: 4e6, pointed: 1, focus: 2, t, format }, light, size);
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('says so where all kinds are hidden', () => {
    const painter = createSvgPainter(size, light.page);
    draw(painter, { model: model(...eventNames), nowUs: 0, pointed: -1, focus: -1, t, format }, light, size);
    expect(painter.toSvg()).toContain(t('events.empty'));
  });
});

it('says when, what and whom', () => {
  expect(readoutOf(model().events[3], t, format)[0].replaceAll('\u00a0', ' ')).toBe('2.500 s, step 14: r2 preempted');
  expect(readoutOf(model().events[2], t, format)[0].replaceAll('\u00a0', ' ')).toBe('2.000 s, step 12: KV above 95 %');
});
