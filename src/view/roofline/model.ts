/** What the roofline shows: the device's ceilings, the last steps, the shown one and its operators. Plain data, no pixels. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Frame, OperatorName, OperatorTime, StepWindow } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { type Roofs, roofAt } from '../../sim/gpu/roofs.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate, flopRate, withPrefix } from '../rates.ts';

/** Ends of the axis of operations a byte: a decode of one sequence does about one, a long prompt some thousands. */
const intensityFrom = 0.3;
const intensityTo = 10_000;
/** Rates down to this share of what memory allows at the left end: small operators reach little. */
const leastShare = 0.05;

/** Mostly prompt tokens or mostly decodes: prompts make a step what it is, also where more requests decode beside them. */
export type WorkKind = 'decode' | 'prefill';

export interface Place {
  /** Operations a byte. */
  readonly intensity: number;
  /** Operations a second. */
  readonly flopsPerS: number;
}

export interface StepPoint extends Place {
  readonly step: number;
  readonly us: number;
  readonly kind: WorkKind;
  /** 0 = the oldest shown, 1 = now. */
  readonly age: number;
  /** When it ran. */
  readonly startUs: number;
  readonly endUs: number;
  /** The selected request took part in it. */
  readonly isSelected: boolean;
}

/** An operator of the shown step; where no step is shown, any kernel. */
export interface OperatorPoint extends Place {
  readonly operator: OperatorName | '';
  readonly name: string;
  /** What fits beside a dot, or ''. */
  readonly label: string;
  readonly kind: WorkKind | 'plain';
  readonly us: number;
  /** Of the step's time. */
  readonly share: number;
  readonly limit: OperatorTime['limit'];
  readonly isHovered: boolean;
}

/** A slanted roof and a flat one. */
export interface Roof {
  readonly kind: 'own' | 'precision' | 'reached' | 'other';
  readonly bytesPerS: number;
  readonly flopsPerS: number;
  readonly slope: string;
  readonly flat: string;
}

export interface RooflineModel {
  readonly roofs: readonly Roof[];
  /** Operations a byte at which the two roofs meet. */
  readonly knee: number;
  readonly x: Axis;
  readonly y: Axis;
  /** Older steps first; the shown one is the last. */
  readonly steps: readonly StepPoint[];
  readonly operators: readonly OperatorPoint[];
  /** The last steps of a run that is kept beside it, the one at the linked moment last; empty without one. */
  readonly pinned: readonly StepPoint[];
  readonly words: {
    readonly x: string;
    readonly y: string;
    readonly memory: string;
    readonly arithmetic: string;
    readonly now: string;
    readonly pinned: string;
    readonly legend: readonly { readonly kind: WorkKind | 'plain'; readonly text: string }[];
  };
  readonly sentence: string;
  readonly empty: string;
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export interface RooflineInput {
  readonly frame: Frame | null;
  readonly result: RunResult | null;
  /** Another device to compare with. */
  readonly other: Roofs | null;
  readonly selected: number;
  readonly hovered: OperatorName | '';
  /** What goes with the shown step of the run that is kept beside it. */
  readonly pinned?: Frame | null;
}

/** Null before the first run. */
export function rooflineModel(input: RooflineInput, t: Translate, format: Format): RooflineModel | null {
  const { frame, result, other } = input;
  if (result === null) return null;
  const { roofs, products } = result;
  const own = roofs.compute.find(({ precision }) => precision === products) ?? roofs.compute[0];
  const ceilings = ceilingsOf(roofs, own, other, t, format);
  const { knee } = ceilings;
  const steps = frame === null ? [] : stepsOf(frame, input.selected);
  const now = steps.at(-1);
  return {
    ...ceilings,
    steps,
    pinned: input.pinned == null ? [] : stepsOf(input.pinned, input.selected),
    operators: frame === null ? [] : operatorsOf(frame.operators, input.hovered, t),
    words: {
      ...axisWords(t),
      now: now === undefined ? '' : t('roofline.step', { step: format.count(now.step) }),
      pinned: input.pinned == null ? '' : t('roofline.pinned', { step: format.count(input.pinned.step) }),
      legend: [
        { kind: 'decode', text: t('roofline.legend.decode') },
        { kind: 'prefill', text: t('roofline.legend.prefill') },
        { kind: 'plain', text: t('roofline.legend.operator') },
      ],
    },
    sentence: sentenceOf(frame, result, own.flopsPerS, knee, t, format),
    empty: frame === null || frame.work.count === 0 ? t('roofline.empty') : '',
  };
}

/** The names of the axes and of their halves. */
export function axisWords(t: Translate): Pick<RooflineModel['words'], 'x' | 'y' | 'memory' | 'arithmetic'> {
  return {
    x: t('roofline.x'),
    y: t('roofline.y'),
    memory: t('roofline.memoryDecides'),
    arithmetic: t('roofline.arithmeticDecides'),
  };
}

type Compute = Roofs['compute'][number];

/** The roofs of a device, `own` the one in use, with those of another device to compare, and axes that hold them all. */
export function ceilingsOf(
  roofs: Roofs,
  own: Compute,
  other: Roofs | null,
  t: Translate,
  format: Format,
): Pick<RooflineModel, 'roofs' | 'knee' | 'x' | 'y'> {
  const flat = (flopsPerS: number, compute: readonly Compute[]) => {
    const names = compute.filter((each) => each.flopsPerS === flopsPerS).map(({ precision }) => nameOf(precision, t));
    return t('roofline.roof', { precision: names.join(', '), rate: flopRate(format, flopsPerS) });
  };
  const { bytesPerS } = roofs;
  const rates = [...new Set(roofs.compute.map((each) => each.flopsPerS))].filter((rate) => rate !== own.flopsPerS);
  const lines: Roof[] = [
    {
      kind: 'own',
      bytesPerS,
      flopsPerS: own.flopsPerS,
      slope: byteRate(format, bytesPerS),
      flat: flat(own.flopsPerS, [own]),
    },
    ...rates.map(
      (flopsPerS): Roof => ({
        kind: 'precision',
        bytesPerS,
        flopsPerS,
        slope: '',
        flat: flat(flopsPerS, roofs.compute),
      }),
    ),
    ...reachedOf(roofs, own === roofs.compute[0], t),
  ];
  if (other !== null) {
    const [usual] = other.compute;
    lines.push({
      kind: 'other',
      bytesPerS: other.bytesPerS,
      flopsPerS: usual.flopsPerS,
      slope: byteRate(format, other.bytesPerS),
      flat: `${other.name}: ${flat(usual.flopsPerS, [usual])}`,
    });
  }
  const slowest = Math.min(...lines.map((line) => line.bytesPerS));
  const fastest = Math.max(...lines.map((line) => line.flopsPerS));
  return {
    roofs: lines,
    knee: own.flopsPerS / bytesPerS,
    x: axisOf(intensityFrom, intensityTo, (value) => format.number(value, 1)),
    y: axisOf(intensityFrom * slowest * leastShare, fastest * 2.5, (value) => withPrefix(format, value)),
  };
}

function nameOf(precision: Compute['precision'], t: Translate): string {
  return precision === 'measured' ? t('roofline.measured') : precision;
}

/** What large products were seen to reach; known for the usual precision only, and not drawn where it is the roof itself. */
function reachedOf(roofs: Roofs, isUsual: boolean, t: Translate): readonly Roof[] {
  const { bytesPerS, flopsPerS } = roofs.reached;
  const isRoof = bytesPerS >= 0.99 * roofs.bytesPerS && flopsPerS >= 0.99 * roofs.compute[0].flopsPerS;
  if (!isUsual || isRoof) return [];
  return [{ kind: 'reached', bytesPerS, flopsPerS, slope: '', flat: t('roofline.reached') }];
}

function stepsOf({ work, window }: Frame, selected: number): readonly StepPoint[] {
  const points: StepPoint[] = [];
  for (let i = 0; i < work.count; i++) {
    const place = placeOf(work.flops[i], work.bytes[i], work.us[i]);
    if (place === null) continue;
    const step = work.firstStep + i;
    const at = step - window.firstStep;
    points.push({
      ...place,
      step,
      us: work.us[i],
      startUs: window.startUs[at] ?? Number.NaN,
      endUs: window.endUs[at] ?? Number.NaN,
      kind: kindAt(window, at) === 'decode' ? 'decode' : 'prefill',
      age: (i + 1) / work.count,
      isSelected: selected >= 0 && takesPart(window, at, selected),
    });
  }
  // A step without products has no place, and must not let an older one pass for it.
  const last = work.firstStep + work.count - 1;
  return points.at(-1)?.step === last ? points : [];
}

function kindAt(window: StepWindow, at: number): WorkKind | 'mixed' {
  if (at < 0 || window.prefillTokens[at] === 0) return 'decode';
  if (window.decodeTokens[at] === 0) return 'prefill';
  return window.decodeTokens[at] > window.prefillTokens[at] ? 'decode' : 'mixed';
}

function takesPart(window: StepWindow, at: number, request: number): boolean {
  if (at < 0) return false;
  for (let entry = window.entryStart[at]; entry < window.entryStart[at + 1]; entry++) {
    if (window.entryRequest[entry] === request) return true;
  }
  return false;
}

export function placeOf(flops: number, bytes: number, us: number): Place | null {
  if (flops <= 0 || bytes <= 0 || us <= 0) return null;
  return { intensity: flops / bytes, flopsPerS: (flops / us) * 1e6 };
}

/** Operators with products; the others have no place on the axes. The longest comes first. */
function operatorsOf(operators: readonly OperatorTime[], hovered: OperatorName | '', t: Translate) {
  const all = operators.reduce((sum, each) => sum + each.us, 0);
  return operators
    .flatMap((each): OperatorPoint[] => {
      const place = placeOf(each.flops, each.bytes, each.us);
      if (place === null) return [];
      const { operator, us, limit } = each;
      return [
        {
          ...place,
          operator,
          name: t(`operator.${operator}`),
          label: t(shortNames[operator] ?? `operator.${operator}`),
          kind: operator === 'attention-prefill' ? 'prefill' : operator === 'attention-decode' ? 'decode' : 'plain',
          us,
          share: us / all,
          limit,
          isHovered: operator === hovered,
        },
      ];
    })
    .sort((a, b) => b.us - a.us);
}

const shortNames: Partial<Record<OperatorName, MessageKey>> = {
  'attention-prefill': 'operator.short.attention-prefill',
  'attention-decode': 'operator.short.attention-decode',
  'o-proj': 'operator.short.o-proj',
  'gate-up': 'operator.short.gate-up',
  down: 'operator.short.down',
};

function sentenceOf(
  frame: Frame | null,
  { roofs, facts }: RunResult,
  flopsPerS: number,
  knee: number,
  t: Translate,
  format: Format,
): string {
  if (frame === null || frame.work.count === 0) return t('roofline.empty');
  const { work, window } = frame;
  const i = work.count - 1;
  const place = placeOf(work.flops[i], work.bytes[i], work.us[i]);
  if (place === null) return t('roofline.sentence.none', { step: format.count(frame.step) });
  const roof = roofAt(roofs.bytesPerS, flopsPerS, place.intensity);
  const sentence = t(place.intensity < knee ? 'roofline.sentence.memory' : 'roofline.sentence.arithmetic', {
    kind: t(`roofline.kind.${kindAt(window, window.count - 1)}`),
    intensity: intensityText(format, place.intensity),
    knee: intensityText(format, knee),
    rate: flopRate(format, place.flopsPerS),
    share: format.percent(place.flopsPerS / roof),
  });
  return facts.devices > 1 ? `${sentence} ${t('roofline.devices', { count: facts.devices })}` : sentence;
}

/** Operations a byte: 0.98, 12.3, 205. */
export function intensityText(format: Format, intensity: number): string {
  return format.number(intensity, intensity >= 99.5 ? 0 : intensity >= 9.95 ? 1 : 2);
}

/** Whole powers of ten. */
function axisOf(from: number, to: number, label: (value: number) => string): Axis {
  const ticks: { at: number; label: string }[] = [];
  for (let power = Math.ceil(Math.log10(from)); power <= Math.floor(Math.log10(to)); power++) {
    ticks.push({ at: 10 ** power, label: label(10 ** power) });
  }
  return { from, to, ticks };
}
