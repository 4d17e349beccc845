/** Values of every function in sim/math.ts. Runs round to whole tokens and microseconds, so one wrong bit in here may not show in them. */

import { exp, ln, normalQuantile, pow } from '../../src/sim/math.ts';

/** Results over arguments of all the sizes the simulation uses, and far beyond. */
export function mathValues(count = 20_000): Float64Array {
  const values = new Float64Array(4 * count);
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < count; i++) {
    values[4 * i] = ln(uniform() * 2 ** ((i % 100) - 50));
    values[4 * i + 1] = exp((uniform() - 0.5) * (i % 1400));
    values[4 * i + 2] = pow(uniform() * (i % 300), (uniform() - 0.5) * 40);
    values[4 * i + 3] = normalQuantile(uniform());
  }
  return values;
}
