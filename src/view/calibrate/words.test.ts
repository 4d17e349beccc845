import { describe, expect, it } from 'vitest';
import type { Failure } from '../../calibrate/failure.ts';
import type { Notice } from '../../calibrate/result.ts';
import { type Language, translator } from '../../i18n/i18n.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { adviceText, failureText, importText, noticeText } from './words.ts';

const detail = 'something';
const failures: Failure[] = [
  { kind: 'no-webgpu' },
  { kind: 'insecure-context' },
  { kind: 'no-adapter' },
  { kind: 'no-worker', detail },
  { kind: 'device-request-failed', detail },
  { kind: 'out-of-memory', bytes: 2 ** 22 },
  { kind: 'device-lost', detail },
  { kind: 'wrong-result', kernel: 'copy', expected: 0.5, found: 0 },
  { kind: 'page-hidden' },
  { kind: 'cancelled' },
  { kind: 'timed-out', phase: 'gemm', afterMs: 20_000 },
  { kind: 'shader-error', kernel: 'copy', detail },
  { kind: 'no-usable-time', family: 'copy' },
  { kind: 'unexpected', detail },
];
const notices: Notice[] = [
  { kind: 'software-adapter' },
  { kind: 'wall-clock' },
  { kind: 'rebuilt-smaller' },
  { kind: 'drift', share: 0.12 },
  { kind: 'throttled', share: 0.3 },
  { kind: 'family-missing', family: 'decode-attention' },
  { kind: 'small-pool', bytes: 2 ** 24 },
  { kind: 'kernel-dropped', kernel: 'copy', because: 'shader-error' },
  { kind: 'out-of-time' },
];

describe.each<Language>(['en', 'zh'])('words in %s', (language) => {
  const t = translator(language);
  const format = formatsOf(language);
  const isSentence = /^[^{}]+[.。：:)）]?$/u;

  it('every failure has its own sentence and advice, with nothing left to fill in', () => {
    const texts = failures.map((failure) => failureText(t, format, failure));
    expect(new Set(texts).size).toBe(failures.length);
    for (const text of [...texts, ...failures.map((failure) => adviceText(t, failure))]) {
      expect(text).toMatch(isSentence);
      expect(text).not.toMatch(/undefined|NaN|calibrate\./);
    }
  });

  it('every notice too', () => {
    const texts = notices.map((notice) => noticeText(t, format, notice));
    expect(new Set(texts).size).toBe(notices.length);
    for (const text of texts) expect(text).toMatch(isSentence);
  });
});

it('says what is known', () => {
  const t = translator('en');
  const format = formatsOf('en');
  const wrong: Failure = { kind: 'wrong-result', kernel: 'copy-vec4', expected: 0.5, found: 0 };
  expect(failureText(t, format, wrong)).toBe(
    'The kernel copy-vec4 computed 0 where the CPU computes 0.5, so its time would mean nothing.',
  );
  const silent: Failure = { kind: 'timed-out', phase: 'compile', afterMs: 20_000 };
  expect(failureText(t, format, silent)).toMatch(/20.s \(Compiling kernels\)/);
  expect(importText(t, 'a.json', { ok: false, because: 'invalid-value', field: 'fit.copy', detail: 'too small' })).toBe(
    'a.json: the value at fit.copy is wrong: too small',
  );
});
