import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from './format.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('formats', () => {
  it.each([
    [0, '0 s'],
    [950, '950 µs'],
    [999.6, '1 ms'],
    [12_345, '12.3 ms'],
    [999_600, '1 s'],
    [4_560_000, '4.56 s'],
    [90_000_000, '90 s'],
    [200_000_000, '3 min 20 s'],
    [3_900_000_000, '1 h 5 min'],
    [Number.NaN, '–'],
  ])('writes %d microseconds as %s', (us, text) => {
    expect(plain(formatDuration(us, 'en'))).toBe(text);
  });

  it.each([
    [950, '950'],
    [1234, '1,234'],
    [19_366, '19.4 k'],
    [999_400, '999 k'],
    [999_600, '1 M'],
    [1_234_567, '1.23 M'],
  ])('writes the count %d in little room as %s', (value, text) => {
    expect(plain(formatCompact(value, 'en'))).toBe(text);
  });

  it('writes bytes, rates, counts and clocks', () => {
    expect(plain(formatBytes(15 * 2 ** 30, 'en'))).toBe('15 GiB');
    expect(plain(formatRate(12_300, 'tok', 'en'))).toBe('12.3 k tok/s');
    expect(formatCount(57_344, 'en')).toBe('57,344');
    expect(plain(formatClock(12_345_678))).toBe('12.345 s');
    expect(formatClock(200_500_000)).toBe('3:20.500');
  });

  it('never rounds a share up to all of it', () => {
    expect(plain(formatPercent(0.999, 'en'))).toBe('99 %');
    expect(plain(formatPercent(1, 'en'))).toBe('100 %');
    expect(plain(formatPercent(0.004, 'en'))).toBe('0.4 %');
  });
});
