/** How a slider's track maps to values. The track has whole positions 0 to `trackSteps`. */
export interface SliderScale {
  readonly min: number;
  readonly max: number;
  /** Values are whole multiples of it. */
  readonly step: number;
  /** `log`: equal ways on the track are equal factors. */
  readonly scale: 'linear' | 'log';
  /** On a log scale that starts with 0 ("off"), the smallest value above it; the track's first step is 0. */
  readonly floor?: number;
}

export const trackSteps = 1000;

/** The smallest value that the logarithm sees. */
function lowest(of: SliderScale): number {
  return of.min > 0 ? of.min : (of.floor ?? of.step);
}

/** Position on the track of a value. */
export function positionOf(value: number, of: SliderScale): number {
  const clamped = Math.min(of.max, Math.max(of.min, value));
  if (of.max <= of.min) return 0;
  if (of.scale === 'linear') return Math.round(((clamped - of.min) / (of.max - of.min)) * trackSteps);
  if (clamped <= 0) return 0;
  const low = lowest(of);
  const share = Math.log(Math.max(clamped, low) / low) / Math.log(of.max / low);
  const first = of.min > 0 ? 0 : 1;
  return Math.round(first + share * (trackSteps - first));
}

/** Value at a position, rounded to the step and, on a log scale, to a power of two nearby or else to two significant digits. */
export function valueAt(position: number, of: SliderScale): number {
  if (position <= 0) return of.min;
  if (position >= trackSteps) return of.max;
  if (of.scale === 'linear') return snap(of.min + (position / trackSteps) * (of.max - of.min), of);
  const low = lowest(of);
  const first = of.min > 0 ? 0 : 1;
  const exact = low * (of.max / low) ** ((position - first) / (trackSteps - first));
  return snap(round(exact), of);
}

/** The next value in a direction: one step on a linear scale, about five percent on a log scale, never the same value. */
export function neighbour(value: number, direction: 1 | -1, of: SliderScale): number {
  const way = of.scale === 'linear' ? of.step : Math.max(of.step, Math.abs(value) * 0.05);
  const rounded = of.scale === 'linear' ? value + direction * way : roundTo2(value + direction * way);
  const next = snap(rounded, of);
  return next === value ? snap(value + direction * of.step, of) : next;
}

/** A large step: a tenth of a linear track, a factor of two on a log one. */
export function bigStep(value: number, direction: 1 | -1, of: SliderScale): number {
  if (of.scale === 'linear') return snap(value + (direction * (of.max - of.min)) / 10, of);
  if (value <= 0) return direction === 1 ? snap(lowest(of), of) : of.min;
  const next = direction === 1 ? value * 2 : value / 2;
  return next < lowest(of) ? of.min : snap(next, of);
}

/** Whether a value is in the scale's range; on a log scale that starts with 0 there is a gap up to `floor`. */
export function isWithin(value: number, of: SliderScale): boolean {
  if (of.min === 0 && value === 0) return true;
  const low = of.min > 0 ? of.min : (of.floor ?? of.min);
  return value >= low && value <= of.max;
}

/** The nearest allowed value. */
export function snap(value: number, of: SliderScale): number {
  const stepped = Math.round(value / of.step) * of.step;
  // Steps like 0.05 leave binary dust behind; nine decimals are more than any knob has.
  return Math.min(of.max, Math.max(of.min, Number(stepped.toFixed(9))));
}

/** Sizes that people set are mostly powers of two: the track catches there. */
function round(value: number): number {
  const power = 2 ** Math.round(Math.log2(value));
  return power >= 8 && Math.abs(value / power - 1) < 0.025 ? power : roundTo2(value);
}

function roundTo2(value: number): number {
  return Number(value.toPrecision(2));
}
