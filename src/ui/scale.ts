/**
 * Places of values along a line of pixels, in 0.3 kB compressed. d3's linear, root and logarithmic scales are 9.7 kB alone: they also mix
 * colours and format numbers, and hang on its code for that.
 */

/** From a value to a place, and back. */
export interface Scale {
  (value: number): number;
  invert(place: number): number;
}

type Ends = readonly [from: number, to: number];

/** `clamp`: what lies outside of the values is placed at their end; `open`: beyond it. */
type Outside = 'clamp' | 'open';

/** Equal differences are equally far apart. */
export function linearScale(values: Ends, places: Ends, outside: Outside = 'clamp'): Scale {
  const same = (value: number) => value;
  return scaleOf(values, places, same, same, outside);
}

/** By square root: small values are still seen beside large ones, and 0 has a place. The values are not below 0. */
export function sqrtScale(values: Ends, places: Ends): Scale {
  return scaleOf(values, places, Math.sqrt, (root) => root * Math.abs(root));
}

/** Equal ratios are equally far apart. The values are above 0. */
export function logScale(values: Ends, places: Ends): Scale {
  return scaleOf(values, places, Math.log, Math.exp);
}

function scaleOf(
  values: Ends,
  places: Ends,
  bend: (value: number) => number,
  unbend: (bent: number) => number,
  outside: Outside = 'clamp',
): Scale {
  const [valueFrom, valueTo] = values;
  const [placeFrom, placeTo] = places;
  const least = Math.min(valueFrom, valueTo);
  const most = Math.max(valueFrom, valueTo);
  const bentFrom = bend(valueFrom);
  const bentTo = bend(valueTo);
  const within = (value: number) => (outside === 'clamp' ? Math.max(least, Math.min(most, value)) : value);
  // Pictures ask thousands of times a frame: nothing is made on the way.
  const scale = (value: number) => between(placeFrom, placeTo, share(bentFrom, bentTo, bend(within(value))));
  const invert = (place: number) => within(unbend(between(bentFrom, bentTo, share(placeFrom, placeTo, place))));
  return Object.assign(scale, { invert });
}

/** How far from the first end to the second; where both are the same, the middle. */
function share(from: number, to: number, at: number): number {
  return to === from ? 0.5 : (at - from) / (to - from);
}

/** Either end exactly at a share of 0 and of 1. */
function between(from: number, to: number, at: number): number {
  return from * (1 - at) + to * at;
}
