/** The roofline of a calibrated GPU, with its measured products and attention, beside a built-in device. */

import { adapterName } from '../../calibrate/ceilings.ts';
import type { CalibrationResult, Family } from '../../calibrate/result.ts';
import type { Translate } from '../../i18n/i18n.ts';
import type { Roofs } from '../../sim/gpu/roofs.ts';
import type { Format } from '../../ui/use-format.ts';
import { axisWords, ceilingsOf, type OperatorPoint, placeOf, type RooflineModel } from '../roofline/model.ts';
import { shapeText } from './CalibrationView.tsx';

/** What was measured are the roofs: nothing is known of a datasheet. */
export function calibratedRoofs(result: CalibrationResult): Roofs {
  const { fit } = result;
  const bytesPerS = Math.max(fit.copyBytesPerSecond, fit.readBytesPerSecond);
  const f32 = { precision: 'f32' as const, flopsPerS: fit.f32FlopsPerSecond };
  const f16 = fit.f16FlopsPerSecond === null ? [] : [{ precision: 'f16' as const, flopsPerS: fit.f16FlopsPerSecond }];
  const compute = [f32, ...f16].sort((a, b) => a.flopsPerS - b.flopsPerS);
  const flopsPerS = Math.max(...compute.map((each) => each.flopsPerS));
  return { name: adapterName(result), bytesPerS, compute, reached: { bytesPerS, flopsPerS } };
}

const kinds: Partial<Record<Family, OperatorPoint['kind']>> = {
  gemm: 'plain',
  skinny: 'plain',
  'decode-attention': 'decode',
  'prefill-attention': 'prefill',
};

/** Drawn as a plain dot of one size: a kernel alone has no share of a step. */
const dot = 0.09;

export function kernelRoofline(
  result: CalibrationResult,
  other: Roofs | null,
  t: Translate,
  format: Format,
): RooflineModel {
  const roofs = calibratedRoofs(result);
  const fastest = roofs.compute[roofs.compute.length - 1];
  const operators = result.points.flatMap((point): OperatorPoint[] => {
    const kind = kinds[point.family];
    const place = placeOf(point.work.flops, point.work.bytes, point.us);
    if (kind === undefined || place === null) return [];
    const name = t('fit.read', {
      family: t(`calibrate.family.${point.family}`),
      variant: point.variant,
      precision: point.precision,
    });
    return [
      {
        ...place,
        operator: '',
        name: `${name} · ${shapeText(t, format, point.shape)}`,
        label: '',
        kind,
        us: point.us,
        share: dot,
        limit: 'compute',
        isHovered: false,
      },
    ];
  });
  return {
    ...ceilingsOf(roofs, fastest, other, t, format),
    steps: [],
    operators,
    pinned: [],
    words: {
      ...axisWords(t),
      now: '',
      pinned: '',
      legend: [
        { kind: 'plain', text: t('fit.legend.product') },
        { kind: 'decode', text: t('fit.legend.decode') },
        { kind: 'prefill', text: t('fit.legend.prefill') },
      ],
    },
    sentence: '',
    empty: '',
  };
}
