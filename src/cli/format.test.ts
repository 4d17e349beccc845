import { describe, expect, it } from 'vitest';
import { problemLine } from './failure.ts';
import { bytes, count, duration, percent, si, table } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [999.6, '1.00 k'],
    [1234567, '1.23 M'],
    [-45000, '-45 k'],
    [0.0042, '4.20 m'],
    [0.99999, '1.00'],
    [Number.NaN, '-'],
  ])('%d with SI prefixes is %s', (value, text) => {
    expect(si(value)).toBe(text);
  });

  it('writes durations, counts, shares and bytes', () => {
    expect(duration(236_000)).toBe('236 ms');
    expect(duration(12)).toBe('12 us');
    expect(duration(3_504_000_000)).toBe('3.50 ks');
    expect(count(19366)).toBe('19,366');
    expect(percent(0.0123)).toBe('1.23 %');
    expect(percent(1)).toBe('100 %');
    expect(bytes(112_742_891_520)).toBe('105 GiB');
    expect(bytes(512)).toBe('512 B');
  });

  it('puts values into one column', () => {
    expect(
      table([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toBe('a     1\nlong  2\n');
  });
});

describe('problems', () => {
  it('are one line with file, line, field, found and expected', () => {
    const line = problemLine({
      code: 'bad-line',
      where: 'a.csv',
      line: 3,
      field: 'ContextTokens',
      found: 'x\ny',
      expected: 'integer',
      used: 'nothing',
    });
    expect(line).toBe('a.csv:3: ContextTokens: bad line, found "x\\ny", expected integer, using nothing');
  });
});
