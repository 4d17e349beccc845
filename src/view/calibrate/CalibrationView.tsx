import { useState } from 'react';
import { adapterName } from '../../calibrate/ceilings.ts';
import type { CalibrationResult, Point, Shape } from '../../calibrate/result.ts';
import type { Translate } from '../../i18n/i18n.ts';
import { useT } from '../../i18n/use-t.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Choice } from '../../ui/controls/Choice.tsx';
import { type Format, useFormat } from '../../ui/use-format.ts';
import { noticeText } from './words.ts';

export interface CalibrationViewProps {
  readonly result: CalibrationResult;
  readonly onUse: (memoryBytes: number) => void;
}

const gibibyte = 2 ** 30;
const memorySizes = [
  '4',
  '6',
  '8',
  '10',
  '12',
  '16',
  '20',
  '24',
  '32',
  '48',
  '64',
  '80',
  '96',
  '128',
  '141',
  '192',
] as const;

/** A result: the headline figures, what to know about them, every measured shape, and the way to use it. */
export function CalibrationView({ result, onUse }: CalibrationViewProps) {
  const t = useT();
  const format = useFormat();
  const [memory, setMemory] = useState<(typeof memorySizes)[number]>('16');
  const { fit, overhead, adapter, notices } = result;
  const figures = [
    { name: t('calibrate.result.copy'), value: bandwidth(format, fit.copyBytesPerSecond) },
    { name: t('calibrate.result.read'), value: bandwidth(format, fit.readBytesPerSecond) },
    { name: t('calibrate.result.f32'), value: arithmetic(format, fit.f32FlopsPerSecond) },
    ...(fit.f16FlopsPerSecond === null
      ? []
      : [{ name: t('calibrate.result.f16'), value: arithmetic(format, fit.f16FlopsPerSecond) }]),
    { name: t('calibrate.result.dispatch'), value: format.duration(overhead.dispatchUs) },
    ...(fit.heldOut === null
      ? []
      : [
          {
            name: t('calibrate.result.error', { count: fit.heldOut.count }),
            value: t('calibrate.result.error-value', {
              median: format.percent(fit.heldOut.median),
              p90: format.percent(fit.heldOut.p90),
            }),
          },
        ]),
  ];

  return (
    <div className="calibrate-result">
      <h3>
        {adapterName(result) || t('calibrate.result.unnamed')}
        {adapter.isSoftware && <strong className="calibrate-label">{t('calibrate.result.software-label')}</strong>}
      </h3>
      <dl className="calibrate-figures">
        {figures.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!adapter.isSoftware && <p className="calibrate-soft">{t('calibrate.result.what')}</p>}
      {notices.length > 0 && (
        <ul className="calibrate-notices">
          {notices.map((notice) => {
            const text = noticeText(t, format, notice);
            return <li key={text}>{text}</li>;
          })}
        </ul>
      )}

      <details>
        <summary>{t('calibrate.details')}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('calibrate.details.family')}</th>
              <th scope="col">{t('calibrate.details.shape')}</th>
              <th scope="col">{t('calibrate.details.time')}</th>
              <th scope="col">{t('calibrate.details.rate')}</th>
            </tr>
          </thead>
          <tbody>
            {result.points.map((point) => (
              <tr key={`${point.precision} ${point.kernel} ${shapeText(t, format, point.shape)}`}>
                <th scope="row">
                  {t(`calibrate.family.${point.family}`)}, {point.variant}, {point.precision}
                </th>
                <td>{shapeText(t, format, point.shape)}</td>
                <td>{format.duration(point.us)}</td>
                <td>{rateText(format, point)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {result.skipped.length > 0 && (
          <p className="calibrate-soft">
            {t('calibrate.details.skipped', {
              shapes: result.skipped
                .map((left) => `${t(`calibrate.family.${left.family}`)} ${shapeText(t, format, left.shape)}`)
                .join(', '),
            })}
          </p>
        )}
      </details>

      <div className="calibrate-actions">
        <span>{t('calibrate.result.memory')}</span>
        <Choice
          label={t('calibrate.result.memory')}
          value={memory}
          options={memorySizes.map((size) => ({ value: size, label: format.bytes(Number(size) * gibibyte) }))}
          onChange={setMemory}
        />
        <span className="calibrate-soft">{t('calibrate.result.memory-why')}</span>
        <Button look="strong" onPress={() => onUse(Number(memory) * gibibyte)}>
          {t(adapter.isSoftware ? 'calibrate.use-software' : 'calibrate.use')}
        </Button>
      </div>
    </div>
  );
}

/** Decimal units, as datasheets give bandwidth. */
function bandwidth(format: Format, bytesPerSecond: number): string {
  const gigabytes = bytesPerSecond / 1e9;
  return `${format.number(gigabytes, gigabytes < 100 ? 1 : 0)}\u00a0GB/s`;
}

function arithmetic(format: Format, flopsPerSecond: number): string {
  if (flopsPerSecond >= 1e12) return `${format.number(flopsPerSecond / 1e12, 1)}\u00a0TFLOP/s`;
  return `${format.number(flopsPerSecond / 1e9, 1)}\u00a0GFLOP/s`;
}

export function shapeText(t: Translate, format: Format, shape: Shape): string {
  switch (shape.kind) {
    case 'memory':
      return t('calibrate.details.moved', { bytes: format.bytes(shape.bytes) });
    case 'product':
      return `${shape.m} × ${shape.n} × ${shape.k}`;
    case 'decode':
      return t('calibrate.details.decode', shape);
    case 'prefill':
      return t('calibrate.details.prefill', shape);
  }
}

function rateText(format: Format, { family, work, us }: Point): string {
  const isArithmetic = family === 'gemm' || family === 'prefill-attention';
  return isArithmetic ? arithmetic(format, (work.flops / us) * 1e6) : bandwidth(format, (work.bytes / us) * 1e6);
}
