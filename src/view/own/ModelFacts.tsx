import { useT } from '../../i18n/use-t.ts';
import { commonKnob } from '../../scenario/common-knobs.ts';
import { fitOf, fittingOf } from '../../scenario/fit.ts';
import type { Knobs } from '../../scenario/knobs.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import { activeParameters, kvBytesPerToken, type ModelSpec, parameters, weightBytes } from '../../sim/gpu/model.ts';
import { useFormat } from '../../ui/use-format.ts';

export interface ModelFactsProps {
  readonly model: ModelSpec;
  /** Names the model, where it is not what the form is about. */
  readonly isNamed?: boolean;
  readonly knobs: Knobs;
  /** The scenario's device; null where it is this computer's GPU and nobody has measured it. */
  readonly device: DeviceProfile | null;
}

/** What follows from a model's shape: its size, what a token takes, and whether it fits on the scenario's device. */
export function ModelFacts({ model, isNamed = false, knobs, device }: ModelFactsProps) {
  const t = useT();
  const format = useFormat();
  const ranks = Number(commonKnob(knobs, 'tensor-parallel-size'));
  const fit = device === null ? null : fitOf(knobs, model, device);
  const isSparse = model.experts !== undefined;
  return (
    <section className="own-facts" aria-label={t('own.follows')}>
      {isNamed && <h3>{t('own.follows.of', { model: model.name })}</h3>}
      <dl>
        <div>
          <dt>{t('own.follows.parameters')}</dt>
          <dd>{format.compact(parameters(model))}</dd>
        </div>
        {isSparse && (
          <div>
            <dt>{t('own.follows.active')}</dt>
            <dd>{format.compact(activeParameters(model))}</dd>
          </div>
        )}
        <div>
          <dt>{ranks > 1 ? t('own.follows.weights-each', { count: ranks }) : t('own.follows.weights')}</dt>
          <dd>{format.bytes(fit?.weightBytes ?? weightBytes(model))}</dd>
        </div>
        <div>
          <dt>{t('own.follows.kv')}</dt>
          <dd>{format.bytes(kvBytesPerToken(model))}</dd>
        </div>
      </dl>
      <p role="status" data-fits={fit?.missingBytes === 0}>
        {verdict()}
      </p>
    </section>
  );

  function verdict(): string {
    if (device === null) return t('own.follows.no-device');
    if (fit === null) return t('own.follows.split', { count: ranks });
    if (fit.missingBytes === 0) return t('own.follows.fits', { device: device.name, tokens: format.count(fit.tokens) });
    const values = { device: device.name, bytes: format.bytes(fit.missingBytes) };
    const fitting = fittingOf(knobs, model, device);
    return fitting.kind === 'fits-in'
      ? t('own.follows.missing-but', { ...values, precision: fitting.weights })
      : t('own.follows.missing', values);
  }
}
