/** Finds coefficients: least relative error, by a simplex search in the logarithms of the coefficients. */

/** A measured time, and how much it counts (1 if left out). */
export interface Measured {
  readonly us: number;
  readonly weight?: number;
}

/** Errors below this one count by their square, larger ones in proportion, so that one odd row does not pull the others. */
const SMALL_ERROR = 0.02;

/** Mean of the relative errors. */
export function lossOf<C, R extends Measured>(rows: readonly R[], predict: (c: C, row: R) => number, c: C): number {
  let sum = 0;
  let weights = 0;
  for (const row of rows) {
    const error = predict(c, row) / row.us - 1;
    const weight = row.weight ?? 1;
    sum += weight * (Math.sqrt(error * error + SMALL_ERROR * SMALL_ERROR) - SMALL_ERROR);
    weights += weight;
  }
  return sum / weights;
}

interface Point {
  readonly x: readonly number[];
  readonly y: number;
}

/** Names of the coefficients that are plain numbers. */
export type NumberName<C> = { [K in keyof C]-?: C[K] extends number | undefined ? K : never }[keyof C];

/**
 * Coefficients near `start` with the least loss over `rows`. Those in `free` are searched over positive numbers (the
 * simplex of Nelder and Mead, restarted until it no longer improves), the others are kept. Same input, same output.
 */
export function search<C extends object, R extends Measured>(
  rows: readonly R[],
  predict: (c: C, row: R) => number,
  start: C,
  free: readonly NumberName<C>[],
  restarts = 16,
): C {
  const at = (x: readonly number[]): C => {
    const c = { ...start };
    free.forEach((name, i) => {
      c[name] = Math.exp(x[i]) as C[NumberName<C>];
    });
    return c;
  };
  const point = (x: readonly number[]): Point => ({ x, y: lossOf(rows, predict, at(x)) });
  let best = point(free.map((name) => Math.log(start[name] as number)));
  for (let restart = 0; restart < restarts; restart++) {
    const size = (restart % 2 === 0 ? 0.4 : 0.1) * (restart % 4 < 2 ? 1 : -1);
    const found = descend(best, size, point);
    if (found.y > best.y - 1e-6 && restart > 3) break;
    if (found.y < best.y) best = found;
  }
  return at(best.x);
}

/** One descent of the simplex that starts at `from` and steps by `size` along each axis. */
function descend(from: Point, size: number, point: (x: readonly number[]) => Point): Point {
  const n = from.x.length;
  const simplex = [from, ...from.x.map((_, i) => point(from.x.map((v, j) => (i === j ? v + size : v))))];
  for (let step = 0; step < 150 * n; step++) {
    simplex.sort((a, b) => a.y - b.y);
    const worst = simplex[n];
    if (worst.y - simplex[0].y < 1e-8) break;
    const centre = from.x.map((_, j) => simplex.slice(0, n).reduce((sum, p) => sum + p.x[j], 0) / n);
    const move = (t: number) => point(centre.map((v, j) => v + t * (worst.x[j] - v)));
    const reflected = move(-1);
    if (reflected.y < simplex[0].y) {
      const expanded = move(-2);
      simplex[n] = expanded.y < reflected.y ? expanded : reflected;
      continue;
    }
    if (reflected.y < simplex[n - 1].y) {
      simplex[n] = reflected;
      continue;
    }
    const contracted = move(0.5);
    if (contracted.y < worst.y) simplex[n] = contracted;
    else for (let i = 1; i <= n; i++) simplex[i] = point(simplex[i].x.map((v, j) => (v + simplex[0].x[j]) / 2));
  }
  return simplex.reduce((a, b) => (b.y < a.y ? b : a));
}

/** Four significant digits: what a profile holds. */
export function rounded<C extends object>(c: C): C {
  const entries = Object.entries(c).map(([key, value]) => {
    if (typeof value === 'number') return [key, Number(value.toPrecision(4))];
    return [key, typeof value === 'object' && value !== null ? rounded(value) : value];
  });
  return Object.fromEntries(entries);
}
