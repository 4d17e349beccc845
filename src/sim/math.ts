/**
 * Elementary functions that give the same bits in every JavaScript engine.
 *
 * The language leaves the last bits of Math.log, exp, pow and their kin to the engine, so a simulation that used them
 * would differ between browsers. IEEE 754 fixes the results of + - * / and sqrt; everything here is built on those.
 * Errors are about one unit in the last place, see the test.
 */

/** ln 2 in two pieces. The first has 32 bits, so its product with any exponent of a double is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Constants of the language are fixed doubles, unlike its functions. */
const LOG2_E = Math.LOG2E;
const SQRT_2 = Math.SQRT2;

/** One double seen as two 32-bit words, to read and write its exponent. */
const double = new Float64Array([1]);
const words = new Int32Array(double.buffer);
/** Where the word with sign and exponent lies: 1 on little-endian machines, else 0. */
const HIGH_WORD = words[1] === 0 ? 0 : 1;

/** 2 to the power of a whole number between -1022 and 1023. */
function powerOfTwo(exponent: number): number {
  words[HIGH_WORD] = (exponent + 1023) << 20;
  words[1 - HIGH_WORD] = 0;
  return double[0];
}

/** Splits a finite x > 0 as `mantissa * 2 ** exponent` with the mantissa between sqrt(1/2) and sqrt(2). */
function splitExponent(x: number): { exponent: number; mantissa: number } {
  let shift = 0;
  double[0] = x;
  if (x < 2.2250738585072014e-308) {
    double[0] = x * 18014398509481984;
    shift = -54;
  }
  const high = words[HIGH_WORD];
  let exponent = (high >>> 20) - 1023 + shift;
  words[HIGH_WORD] = (high & 0xfffff) | 0x3ff00000;
  let mantissa = double[0];
  if (mantissa > SQRT_2) {
    mantissa *= 0.5;
    exponent++;
  }
  return { exponent, mantissa };
}

/**
 * atanh(s) - s for |s| <= 3 - 2 sqrt(2), from its power series s^3/3 + s^5/5 + ...: the first term left out is below
 * 1e-18 of s.
 */
function atanhTail(s: number): number {
  const z = s * s;
  const fromFifteenth = 1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21)));
  return s * z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * fromFifteenth))))));
}

/** Natural logarithm. ln(0) is -Infinity; NaN below 0. */
export function ln(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  const { exponent, mantissa } = splitExponent(x);
  // ln m = 2 atanh((m - 1) / (m + 1)); m - 1 is exact.
  const f = mantissa - 1;
  const s = f / (2 + f);
  // 2 s = f - s f, which keeps the leading term free of the division's rounding.
  const tail = 2 * atanhTail(s) - s * f;
  return exponent * LN2_HIGH + (f + (tail + exponent * LN2_LOW));
}

/** e to the power of x. Overflows to Infinity above 709.78, falls to 0 below -745.13. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  if (Number.isNaN(x)) return x;
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const scaled = 1 + (r + r * r * expTail(r));
  if (k > 1023) return scaled * 2 * powerOfTwo(k - 1);
  if (k < -1022) return scaled * powerOfTwo(k + 64) * powerOfTwo(-64);
  return scaled * powerOfTwo(k);
}

/** (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: the power series, whose first term left out is below 1e-17. */
function expTail(r: number): number {
  const fromEighth =
    1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r / 6227020800))));
  return 1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * fromEighth)))));
}

/**
 * `x` to the power of `y`, for x >= 0 (NaN below). The logarithm is carried in two doubles, so that large exponents
 * do not enlarge its error.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y) || x < 0) return Number.NaN;
  if (x === 0 || x === Number.POSITIVE_INFINITY) return (x === 0) === y > 0 ? 0 : Number.POSITIVE_INFINITY;
  const { exponent, mantissa } = splitExponent(x);
  const f = mantissa - 1;
  const d = 2 + f;
  const s = f / d;
  // What the division lost: f - s d, with the rounding of d put back.
  const sLow = (f - s * d - productLow(s, d) - s * (f - (d - 2))) / d;
  const head = exponent * LN2_HIGH;
  const high = head + 2 * s;
  // The larger summand comes first, so that this is exactly what the sum lost.
  const lost = exponent === 0 ? 0 : head - high + 2 * s;
  const rest = lost + (2 * sLow + 2 * atanhTail(s) + exponent * LN2_LOW);
  // ln x = log + low, with low beyond the last bit of log.
  const log = high + rest;
  const low = high - log + rest;
  const p = y * log;
  if (p > 800) return Number.POSITIVE_INFINITY;
  if (p < -800) return 0;
  const power = exp(p);
  return power === Number.POSITIVE_INFINITY ? power : power + power * (productLow(y, log) + y * low);
}

/** a b - fl(a b), exactly, by Dekker's splitting (T. J. Dekker, Numerische Mathematik 18, 1971). */
function productLow(a: number, b: number): number {
  const aWide = 134217729 * a;
  const aHigh = aWide - (aWide - a);
  const aLow = a - aHigh;
  const bWide = 134217729 * b;
  const bHigh = bWide - (bWide - b);
  const bLow = b - bHigh;
  return aLow * bLow - (a * b - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/**
 * Quantile of the standard normal distribution: the x whose probability of not being exceeded is `p`, 0 < p < 1.
 * Relative error about 1e-15. Method and coefficients: M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37,
 * 1988, pages 477-484.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q <= 0.425 && q >= -0.425) {
    const r = 0.180625 - q * q;
    return (q * centreNumerator(r)) / centreDenominator(r);
  }
  if (!(p > 0 && p < 1)) {
    if (p === 0) return Number.NEGATIVE_INFINITY;
    return p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  }
  const r = Math.sqrt(-ln(q < 0 ? p : 1 - p));
  const size = r <= 5 ? middle(r - 1.6) : tail(r - 5);
  return q < 0 ? -size : size;
}

function centreNumerator(r: number): number {
  return (
    ((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) * r +
      13731.69376550946) *
      r +
      1971.5909503065513) *
      r +
      133.14166789178438) *
      r +
    3.3871328727963665
  );
}

function centreDenominator(r: number): number {
  return (
    ((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) * r +
      5394.196021424751) *
      r +
      687.1870074920579) *
      r +
      42.31333070160091) *
      r +
    1
  );
}

function middle(r: number): number {
  const above =
    ((((((7.745450142783414e-4 * r + 0.022723844989269184) * r + 0.2417807251774506) * r + 1.2704582524523684) * r +
      3.6478483247632045) *
      r +
      5.769497221460691) *
      r +
      4.630337846156546) *
      r +
    1.4234371107496835;
  const below =
    ((((((1.0507500716444169e-9 * r + 5.475938084995345e-4) * r + 0.015198666563616457) * r + 0.14810397642748008) * r +
      0.6897673349851) *
      r +
      1.6763848301838038) *
      r +
      2.053191626637759) *
      r +
    1;
  return above / below;
}

function tail(r: number): number {
  const above =
    ((((((2.0103343992922881e-7 * r + 2.7115555687434876e-5) * r + 0.0012426609473880784) * r + 0.026532189526576124) *
      r +
      0.29656057182850487) *
      r +
      1.7848265399172913) *
      r +
      5.463784911164114) *
      r +
    6.657904643501103;
  const below =
    ((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 1.8463183175100548e-5) * r + 7.868691311456133e-4) *
      r +
      0.014875361290850615) *
      r +
      0.1369298809227358) *
      r +
      0.599832206555888) *
      r +
    1;
  return above / below;
}
