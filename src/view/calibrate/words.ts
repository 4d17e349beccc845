/** Failures and notices as sentences. */

import type { Failure } from '../../calibrate/failure.ts';
import type { Notice, Parsed } from '../../calibrate/result.ts';
import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';

/** What went wrong. */
export function failureText(t: Translate, format: Format, failure: Failure): string {
  switch (failure.kind) {
    case 'out-of-memory':
      return t('calibrate.failure.out-of-memory', { bytes: format.bytes(failure.bytes) });
    case 'wrong-result':
      return t('calibrate.failure.wrong-result', {
        kernel: failure.kernel,
        expected: format.number(failure.expected, 4),
        found: format.number(failure.found, 4),
      });
    case 'timed-out':
      return t('calibrate.failure.timed-out', {
        duration: format.duration(failure.afterMs * 1000),
        phase: t(`calibrate.phase.${failure.phase}`),
      });
    case 'shader-error':
      return t('calibrate.failure.shader-error', { kernel: failure.kernel, detail: failure.detail });
    case 'no-worker':
    case 'device-request-failed':
    case 'device-lost':
    case 'unexpected':
      return t(`calibrate.failure.${failure.kind}`, { detail: failure.detail });
    case 'no-webgpu':
    case 'insecure-context':
    case 'no-adapter':
    case 'page-hidden':
    case 'cancelled':
    case 'no-usable-time':
      return t(`calibrate.failure.${failure.kind}`);
  }
}

/** What to do about it. */
export function adviceText(t: Translate, failure: Failure): string {
  return t(`calibrate.advice.${failure.kind}`);
}

export function noticeText(t: Translate, format: Format, notice: Notice): string {
  switch (notice.kind) {
    case 'drift':
    case 'throttled':
      return t(`calibrate.notice.${notice.kind}`, { share: format.percent(notice.share) });
    case 'family-missing':
      return t('calibrate.notice.family-missing', { family: t(`calibrate.family.${notice.family}`) });
    case 'small-pool':
      return t('calibrate.notice.small-pool', { bytes: format.bytes(notice.bytes) });
    case 'kernel-dropped':
      return t('calibrate.notice.kernel-dropped', {
        kernel: notice.kernel,
        because: t(`calibrate.notice.kernel-dropped.${notice.because}`),
      });
    case 'software-adapter':
    case 'wall-clock':
    case 'rebuilt-smaller':
    case 'out-of-time':
      return t(`calibrate.notice.${notice.kind}`);
  }
}

/** Why a file was not taken. */
export function importText(t: Translate, name: string, parsed: Parsed & { ok: false }): string {
  if (parsed.because !== 'invalid-value') return t(`calibrate.import.${parsed.because}`, { name });
  return t('calibrate.import.invalid-value', { name, field: parsed.field, detail: parsed.detail });
}
