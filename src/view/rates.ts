/** Rates of arithmetic and of memory as datasheets write them: decimal units. */

import type { Format } from '../ui/use-format.ts';

const units = ['', 'k', 'M', 'G', 'T', 'P'];

/** 12.3 T, 989 T, 4.8 T: three digits and a prefix. */
export function withPrefix(format: Format, value: number): string {
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const decimals = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${format.number(scaled, decimals)}\u00a0${units[unit]}`;
}

/** 34.4 TFLOP/s. */
export function flopRate(format: Format, flopsPerS: number): string {
  return `${withPrefix(format, flopsPerS)}FLOP/s`;
}

/** 4.8 TB/s. */
export function byteRate(format: Format, bytesPerS: number): string {
  return `${withPrefix(format, bytesPerS)}B/s`;
}
