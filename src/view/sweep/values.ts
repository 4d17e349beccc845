/** Which values of a knob are worth a simulation, and in which order. */

import type { NumberKnob } from '../../scenario/knob-entry.ts';

/** As many values as a chart shows well. */
const count = 11;
/** A log scale is swept this far up and down from the present value: the whole of it would be mostly absurd values. */
const reach = 16;

/** Values from the smallest to the largest, the present one among them; equal factors apart where the knob is logarithmic. */
export function sweepValues(entry: NumberKnob, present: number): readonly number[] {
  const isSpecial = present < entry.min;
  // What 0 stands for ("off", "from memory") is no place on the scale; around it everything is possible.
  const from = isSpecial ? entry.min : Math.max(entry.min, entry.scale === 'log' ? present / reach : entry.min);
  const to = isSpecial ? entry.max : Math.min(entry.max, entry.scale === 'log' ? present * reach : entry.max);
  const whole = Math.floor((to - from) / entry.step) + 1;
  const spaced =
    whole <= count + 4
      ? Array.from({ length: whole }, (_, i) => from + i * entry.step)
      : Array.from({ length: count }, (_, i) => {
          const share = i / (count - 1);
          return entry.scale === 'log' ? from * (to / from) ** share : from + (to - from) * share;
        });
  const values = spaced.map((value) => onGrid(entry, value));
  return [...new Set([...values, present])].sort((a, b) => a - b);
}

/** The nearest allowed value, of two digits where the knob has many. */
function onGrid({ step, min, max, scale }: NumberKnob, value: number): number {
  const rounded = scale === 'log' ? friendly(value) : value;
  // Steps such as 0.01 are not exact in binary; nine decimals are more than any knob has.
  return Math.min(max, Math.max(min, Number((Math.round(rounded / step) * step).toFixed(9))));
}

/** A power of two nearby, as sizes mostly are, or two digits. */
function friendly(value: number): number {
  const power = 2 ** Math.round(Math.log2(value));
  return power >= 8 && Math.abs(value / power - 1) < 0.025 ? power : Number(value.toPrecision(2));
}

/** The values in the order in which they are simulated: the present one, then its neighbours outwards. */
export function outwards(values: readonly number[], present: number): readonly number[] {
  const at = values.indexOf(present);
  const distance = (value: number) => Math.abs(values.indexOf(value) - at);
  return values.toSorted((a, b) => distance(a) - distance(b) || a - b);
}
