import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOfJsonMistake, placeOfJsonMistake } from './json-line.ts';

describe('lineOfJsonMistake', () => {
  it.each([
    ['{\n"a": ]', 2],
    ['[1,\n2,\n\n]', 4],
    ['{"a": 1,\n"b" 2}', 2],
    ['{"a": 1}\n\nx', 3],
    ['x', 1],
    ['{"a": "open\n"}', 1],
    ['[1, 2', 1],
    ['[1,\n2}', 2],
    ['{"a": 1,\n}', 2],
    ['[01]', 1],
    ['', 1],
  ])('finds the mistake in %j', (text, line) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(lineOfJsonMistake(text)).toBe(line);
  });

  it('goes through strings of megabytes, and through one that is cut', () => {
    const long = 'abc\\n'.repeat(4_000_000);
    expect(placeOfJsonMistake(`{"a": "${long}", }`)).toBe(long.length + 10);
    expect(placeOfJsonMistake(`{"a": "${long}`)).toBe(long.length + 7);
    expect(placeOfJsonMistake('{"a": "b\\x"}')).toBe(6);
  });

  it('passes over everything that is right', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('!', ']', '}', ',', ':', '"'), (json, mistake) => {
        const pretty = JSON.stringify(JSON.parse(json), null, 1);
        const lines = pretty.split('\n').length;
        expect(lineOfJsonMistake(`${pretty}\n${mistake}`)).toBe(lines + 1);
      }),
    );
  });
});
