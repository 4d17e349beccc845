import { describe, expect, it } from 'vitest';
import { illegalRules } from '../sim/policy/custom/illegal.ts';
import type { Hint, PolicyFailure } from './failure.ts';
import { hintFor } from './hint.ts';
import { lineInStack, lineOf } from './position.ts';
import { failurePlace, failureSentence } from './words.ts';

const moment = { step: 12, nowUs: 345_678 };
const numbers = { request: 3, need: 5, have: 4, found: 'nonsense' };
const hints: readonly (Hint | null)[] = [null, 'network', 'page', 'clock', 'chance', 'modules', 'code', 'read-only'];

const failures: readonly PolicyFailure[] = [
  { kind: 'syntax', message: 'Unexpected ";"', line: 2, column: 3 },
  { kind: 'no-function', found: 'undefined' },
  ...hints.map((hint) => ({ kind: 'threw', message: 'mine', line: 7, hint, ...moment }) as const),
  ...illegalRules.map((rule) => ({ kind: 'illegal', rule, numbers, ...moment }) as const),
  { kind: 'silent', afterMs: 1040, ...moment },
  { kind: 'spent', afterMs: 60_040, fraction: 0.856, ...moment },
  { kind: 'died', ...moment },
  { kind: 'scenario', problems: [] },
  { kind: 'cannot-start', detail: '' },
  { kind: 'cancelled' },
];

describe('words of a failure', () => {
  it.each(['en', 'zh'] as const)('are whole sentences, each its own: %s', (language) => {
    const sentences = failures.map((failure) => failureSentence(failure, language));
    for (const sentence of sentences) {
      expect(sentence).toMatch(language === 'en' ? /^[\w{].*[.…} ]$/s : /[。.…}]$/);
      // The braces that are left are those of code.
      expect(sentence).not.toMatch(/\{\w+\}|…[^ }]/);
    }
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('name line, step and simulated time', () => {
    expect(failurePlace({ kind: 'threw', message: '', line: 7, hint: null, ...moment }, 'en')).toBe(
      'Line 7, step 12, at 0.346 s',
    );
    expect(failurePlace({ kind: 'died', ...moment }, 'en')).toBe('Step 12, at 0.346 s');
    expect(failurePlace({ kind: 'silent', afterMs: 1, step: null, nowUs: 0 }, 'zh')).toBe('加载时，第一步之前');
    expect(failurePlace({ kind: 'cancelled' }, 'en')).toBe('');
  });

  it('put nothing into what a program threw', () => {
    const threw = { kind: 'threw', message: '{need} {0} $&', line: null, hint: null, ...moment } as const;
    expect(failureSentence(threw, 'en')).toBe('{need} {0} $&.');
  });
});

describe('hints', () => {
  it.each([
    ['ReferenceError: fetch is not defined', 'network'],
    ["ReferenceError: Can't find variable: document", 'page'],
    ['setTimeout is not defined', 'clock'],
    ['Math.random is not there', 'chance'],
    ['Date is not there', 'clock'],
    ['require is not there (for "fs")', 'modules'],
    ['code from text is not there', 'code'],
    ["TypeError: Cannot assign to read only property '0' of object '[object Array]'", 'read-only'],
    ['TypeError: setting getter-only property', null],
    ['ReferenceError: mine is not defined', null],
    ['fetch', null],
  ])('%s', (message, hint) => {
    expect(hintFor(message)).toBe(hint);
  });
});

describe('lines in stacks', () => {
  const text = { script: 'blob:', first: 11, count: 5 };

  it.each([
    ['Error: x\n    at f (blob:null/1234:13:9)\n    at blob:null/1234:2:1', 3],
    ['Error: x\n    at Array.map (<anonymous>)\n    at blob:null/1234:11:9', 1],
    ['Error: x\n    at ours (blob:null/1234:4:9)\n    at f (blob:null/1234:15:9)', 5],
    ['f@blob:null/1234:12:5\n@blob:null/1234:3:1', 2],
    ['Error: x\n    at f (https://host/app.js:13:9)', null],
    ['Error: x\n    at f (blob:null/1234:16:9)', null],
    ['', null],
  ])('%j', (stack, line) => {
    expect(lineInStack(stack, text)).toBe(line);
  });

  it('are those of the text only', () => {
    expect([10, 11, 15, 16].map((line) => lineOf(line, text))).toEqual([null, 1, 5, null]);
  });
});
