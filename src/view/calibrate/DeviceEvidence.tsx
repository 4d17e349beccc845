import { addMessages } from '../../i18n/i18n.ts';
import { calibrateFit } from '../../i18n/messages/calibrate-fit.ts';
import { useT } from '../../i18n/use-t.ts';
import { type DeviceProfile, devices } from '../../sim/gpu/device.ts';
import { useFormat } from '../../ui/use-format.ts';
import { byteRate, flopRate } from '../rates.ts';
import './fit.css';

addMessages(calibrateFit);

/** The bar of errors is this long in all: what lies beyond is no step time any more. */
const mostShown = 0.5;

/** Every device with its evidence, its error and its source. A default export because it is loaded lazily. */
export default function DeviceEvidence({ own }: { readonly own: DeviceProfile | null }) {
  const t = useT();
  return (
    <div className="fit">
      <p>{t('devices.intro')}</p>
      <ul className="device-list">
        {[...(own === null ? [] : [own]), ...Object.values(devices)].map((device) => (
          <Device key={device.id} device={device} />
        ))}
      </ul>
    </div>
  );
}

function Device({ device }: { readonly device: DeviceProfile }) {
  const t = useT();
  const format = useFormat();
  const { error, hostLink, peerLink } = device;
  const isKnown = error.count > 0;
  const unknown = t('devices.links.unknown');
  return (
    <li data-device={device.id} data-evidence={device.evidence}>
      <h3>{device.name}</h3>
      <p className="device-facts">
        <strong>{t(`devices.evidence.${device.evidence}`)}</strong> · {byteRate(format, device.peakBytesPerS)},{' '}
        {flopRate(format, device.peakFlops)}
      </p>
      <p className="device-error">
        {isKnown && (
          <span className="error-bar" aria-hidden="true">
            <span className="error-p95" style={{ '--part': Math.min(1, error.p95 / mostShown) }} />
            <span className="error-median" style={{ '--part': Math.min(1, error.median / mostShown) }} />
          </span>
        )}
        {t('devices.error')}:{' '}
        {isKnown
          ? t('devices.error.known', {
              median: format.percent(error.median),
              p95: format.percent(error.p95),
              count: format.count(error.count),
            })
          : t('devices.error.none')}{' '}
        <span lang="en">{error.against}</span>
      </p>
      {error.byKind !== undefined && error.byKind.length > 0 && (
        <ul className="device-kinds">
          {error.byKind.map(({ kind, median, p95, count }) => (
            <li key={kind}>
              {t('devices.error.kind', {
                kind: t(`devices.kind.${kind}`),
                median: format.percent(median),
                p95: format.percent(p95),
                count: format.count(count),
              })}
            </li>
          ))}
        </ul>
      )}
      <p lang="en">{device.source}</p>
      {(hostLink !== null || peerLink !== null) && (
        <p className="device-links">
          {t('devices.links', { host: hostLink?.source ?? unknown, peer: peerLink?.source ?? unknown })}
        </p>
      )}
    </li>
  );
}
