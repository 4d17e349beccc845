import { useMemo, useRef, useState } from 'react';
import type { CalibrationResult } from '../../calibrate/result.ts';
import { addMessages } from '../../i18n/i18n.ts';
import { calibrateFit } from '../../i18n/messages/calibrate-fit.ts';
import { roofline } from '../../i18n/messages/roofline.ts';
import { useT } from '../../i18n/use-t.ts';
import { type DeviceId, devices } from '../../sim/gpu/device.ts';
import { roofsOf } from '../../sim/gpu/roofs.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { flopRate } from '../rates.ts';
import { draw as drawRoofline, hit as hitRoofline } from '../roofline/draw.ts';
import { draw, hit } from './fit-draw.ts';
import { type FamilyChoice, familiesOf, fitModel, seriesRows } from './fit-model.ts';
import { kernelRoofline } from './kernel-roofline.ts';
import './fit.css';

addMessages(calibrateFit);
addMessages(roofline);

/** How well the fitted model holds for the measured kernels. A default export because it is loaded lazily. */
export default function CalibrationFit({ result }: { readonly result: CalibrationResult | null }) {
  const t = useT();
  return result === null ? <p className="fit-none">{t('fit.none')}</p> : <Fit result={result} />;
}

function Fit({ result }: { readonly result: CalibrationResult }) {
  const t = useT();
  const format = useFormat();
  const [family, setFamily] = useState<FamilyChoice>('all');
  const [pointed, setPointed] = useState(-1);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const model = useMemo(() => fitModel(result, family, t, format), [result, family, t, format]);
  const rows = useMemo(() => seriesRows(result, family, t, format), [result, family, t, format]);
  const words = model.points[pointed]?.words ?? [];

  /** From shape to shape by predicted time. */
  function move(arrow: Arrow): boolean {
    const order = model.points
      .map((_, i) => i)
      .sort((a, b) => model.points[a].predictedUs - model.points[b].predictedUs);
    if (order.length === 0) return false;
    const forward = arrow === 'right' || arrow === 'up';
    const here = pointed < 0 ? (forward ? -1 : order.length) : order.indexOf(pointed);
    setPointed(order[Math.min(order.length - 1, Math.max(0, here + (forward ? 1 : -1)))]);
    return true;
  }

  return (
    <div className="fit">
      <div className="fit-choice">
        <span>{t('fit.family')}</span>
        <Choice
          label={t('fit.family')}
          value={family}
          options={[
            { value: 'all' as FamilyChoice, label: t('fit.family.all') },
            ...familiesOf(result).map((each) => ({
              value: each as FamilyChoice,
              label: t(`calibrate.family.${each}`),
            })),
          ]}
          onChange={(chosen) => {
            setPointed(-1);
            setFamily(chosen);
          }}
        />
      </div>
      <p>{model.sentence}</p>
      <div className="fit-picture">
        <ReadoutPlace parts={words}>
          <Surface
            label={t('fit.label')}
            description={words.length > 0 ? words.join(', ') : model.sentence}
            version={[model, pointed]}
            draw={(painter, at, theme) => {
              size.current = at;
              draw(painter, model, theme, at, pointed);
            }}
            onPointerMove={({ x, y }) => setPointed(hit(model, size.current, x, y))}
            onPointerLeave={() => setPointed(-1)}
            onClick={({ x, y }) => setPointed(hit(model, size.current, x, y))}
            onArrow={move}
            onKey={(key) => {
              if (key !== 'Escape' || pointed < 0) return false;
              setPointed(-1);
              return true;
            }}
          />
        </ReadoutPlace>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="fit-scroll" aria-label={t('fit.table')} tabIndex={0}>
        <table className="fit-table">
          <thead>
            <tr>
              <th scope="col">{t('fit.table.series')}</th>
              <th scope="col">{t('fit.table.shapes')}</th>
              <th scope="col">{t('fit.table.seen')}</th>
              <th scope="col">{t('fit.table.heldOut')}</th>
              <th scope="col">{t('fit.table.how')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">{row.name}</th>
                <td>{row.shapes}</td>
                <td>{row.seen}</td>
                <td>{row.heldOut}</td>
                <td>{row.how}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Kernels result={result} />
    </div>
  );
}

/** The roofline of what was measured, beside a built-in device. */
function Kernels({ result }: { readonly result: CalibrationResult }) {
  const t = useT();
  const format = useFormat();
  const [beside, setBeside] = useState<DeviceId | 'none'>('apple-m4');
  const [pointed, setPointed] = useState(-1);
  const size = useRef<Size>({ width: 0, height: 0 });
  const model = useMemo(
    () => kernelRoofline(result, beside === 'none' ? null : roofsOf(devices[beside]), t, format),
    [result, beside, t, format],
  );
  const point = model.operators[pointed];
  const words = point === undefined ? [] : [point.name, format.duration(point.us), flopRate(format, point.flopsPerS)];
  const indexAt = (x: number, y: number) => {
    const found = hitRoofline(model, size.current, x, y);
    return found?.of === 'operator' ? found.index : -1;
  };
  return (
    <>
      <h3>{t('fit.roofline')}</h3>
      <div className="fit-choice">
        <span>{t('fit.roofline.with')}</span>
        <Choice
          label={t('fit.roofline.with')}
          value={beside}
          options={[
            ...Object.entries(devices).map(([id, device]) => ({ value: id as DeviceId | 'none', label: device.name })),
            { value: 'none', label: '–' },
          ]}
          onChange={setBeside}
        />
      </div>
      <div className="fit-picture">
        <ReadoutPlace parts={words}>
          <Surface
            label={t('fit.roofline.label')}
            description={words.join(', ')}
            version={[model, pointed]}
            draw={(painter, at, theme) => {
              size.current = at;
              drawRoofline(painter, model, theme, at);
            }}
            onPointerMove={({ x, y }) => setPointed(indexAt(x, y))}
            onPointerLeave={() => setPointed(-1)}
            onClick={({ x, y }) => setPointed(indexAt(x, y))}
            onArrow={(arrow) => {
              const step = arrow === 'right' || arrow === 'up' ? 1 : -1;
              setPointed(Math.min(model.operators.length - 1, Math.max(0, pointed + step)));
              return model.operators.length > 0;
            }}
          />
        </ReadoutPlace>
      </div>
    </>
  );
}
