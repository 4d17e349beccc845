/** Numbers for reading: three significant digits with SI prefixes (bytes: binary prefixes). JSON output has them plain. */

const large = ['', 'k', 'M', 'G', 'T', 'P'];
const small = ['', 'm', 'u', 'n'];

/** `1234567` -> `1.23 M`; `0.0042` -> `4.20 m`. */
export function si(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return unit === '' ? '0' : `0 ${unit}`;
  const isSmall = Math.abs(value) < 0.9995;
  const steps = isSmall ? small : large;
  let scaled = value;
  let step = 0;
  while (step < steps.length - 1 && (isSmall ? Math.abs(scaled) < 0.9995 : Math.abs(scaled) >= 999.5)) {
    scaled = isSmall ? scaled * 1000 : scaled / 1000;
    step++;
  }
  const suffix = `${steps[step]}${unit}`;
  return suffix === '' ? significant(scaled) : `${significant(scaled)} ${suffix}`;
}

/** Whole numbers in full: `19366` -> `19,366`. */
export function count(value: number): string {
  return Number.isFinite(value) ? String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',') : '-';
}

/** Microseconds as seconds with a prefix: `236000` -> `236 ms`. */
export function duration(us: number): string {
  return si(us / 1e6, 's');
}

/** `0.0123` -> `1.23 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${significant(share * 100)} %` : '-';
}

/** A relative change: `0.0123` -> `+1.23 %`. */
export function signedPercent(share: number): string {
  return share > 0 ? `+${percent(share)}` : percent(share);
}

/** `112742891520` -> `105 GiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value;
  let step = 0;
  while (step < units.length - 1 && Math.abs(scaled) >= 1023.5) {
    scaled /= 1024;
    step++;
  }
  return `${significant(scaled)} ${units[step]}`;
}

/** Three significant digits, without an exponent and without a point where whole digits suffice. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1000) return String(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  return size === 0 ? '0' : value.toPrecision(3);
}

/** Lines of label and value, the values in one column. */
export function table(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}
