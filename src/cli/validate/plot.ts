/**
 * Measured against simulated on logarithmic axes, a panel a quantity, a colour and a shape an engine, as an SVG that reads on light
 * and dark pages alike. The lines are equality and 30 % above and below it.
 */

import type { Quantity, RunComparison } from './format.ts';

const PANEL = 360;
const MARGIN = { left: 58, top: 34, right: 14, bottom: 76 } as const;
const HEIGHT = MARGIN.top + PANEL + MARGIN.bottom;
const BAND = 0.3;

/** Light, dark. Distinct also without colour vision, by lightness and shape. */
const colours = [
  ['#1b6ca8', '#6cb6f0'],
  ['#c2571a', '#f2a25c'],
  ['#3d7d3a', '#8fd18b'],
  ['#7a4fa3', '#c6a3ea'],
] as const;

const marks: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${n(x - 2.6)} ${n(y)}a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0z`,
  (x, y) => `M${n(x)} ${n(y - 3.2)}l3 5.4h-6z`,
  (x, y) => `M${n(x - 2.4)} ${n(y - 2.4)}h4.8v4.8h-4.8z`,
  (x, y) => `M${n(x)} ${n(y - 3.3)}l3.3 3.3l-3.3 3.3l-3.3 -3.3z`,
];

interface Panel {
  readonly quantity: Quantity;
  readonly title: string;
}

const panels: readonly Panel[] = [
  { quantity: 'ttft', title: 'TTFT, mean' },
  { quantity: 'tpot', title: 'TPOT, mean' },
];

/** `title` is read out by screen readers. */
export function plotSvg(runs: readonly RunComparison[], title: string): string {
  const engines = [...new Set(runs.map((run) => String(run.settings.engine).split(' ')[0]))].sort();
  const used = panels.filter(({ quantity }) => runs.some((run) => run.quantities.some((q) => q.quantity === quantity)));
  const width = used.length * (MARGIN.left + PANEL + MARGIN.right);
  const body = used.map((panel, i) => panelSvg(panel, runs, engines, i * (MARGIN.left + PANEL + MARGIN.right)));
  const light = engines.map((_, i) => `.e${i}{fill:${colours[i % colours.length][0]}}`).join('');
  const dark = engines.map((_, i) => `.e${i}{fill:${colours[i % colours.length][1]}}`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>text{font:12px system-ui,sans-serif;fill:#26313d}.page{fill:#fff}.frame{fill:none;stroke:#8793a0}.grid{stroke:#dfe4e9}.equal{stroke:#26313d}.band{fill:#26313d;opacity:.07}.mark{opacity:.75}${light}
@media (prefers-color-scheme:dark){text{fill:#d7dee6}.page{fill:#11161c}.frame{stroke:#6b7784}.grid{stroke:#28313b}.equal{stroke:#d7dee6}.band{fill:#d7dee6;opacity:.09}${dark}}</style>
<rect class="page" width="${width}" height="${HEIGHT}"/>
${body.join('\n')}
${legendSvg(engines, runs)}
</svg>
`;
}

function panelSvg(
  { quantity, title }: Panel,
  runs: readonly RunComparison[],
  engines: readonly string[],
  left: number,
): string {
  const points = runs.flatMap((run) => {
    const compared = run.quantities.find((q) => q.quantity === quantity);
    if (compared === undefined) return [];
    return [
      {
        x: compared.measured,
        y: compared.simulated,
        engine: engines.indexOf(String(run.settings.engine).split(' ')[0]),
      },
    ];
  });
  const values = points.flatMap(({ x, y }) => [x, y]);
  const low = Math.log10(Math.min(...values)) - 0.05;
  const high = Math.log10(Math.max(...values)) + 0.05;
  const at = (value: number) => ((Math.log10(value) - low) / (high - low)) * PANEL;
  const x0 = left + MARGIN.left;
  const y0 = MARGIN.top + PANEL;
  // Three digits a decade if their labels have room.
  const ticks = (PANEL / (high - low) > 150 ? [1, 2, 5] : [1, 3])
    .flatMap((digit) => Array.from({ length: 9 }, (_, i) => digit * 10 ** (i - 4)))
    .filter((value) => Math.log10(value) > low && Math.log10(value) < high);
  const lines = ticks
    .map((value) => {
      const p = at(value);
      return `<path class="grid" d="M${n(x0 + p)} ${MARGIN.top}V${y0}M${x0} ${n(y0 - p)}H${x0 + PANEL}"/><text x="${n(x0 + p)}" y="${y0 + 16}" text-anchor="middle">${tickText(value)}</text><text x="${x0 - 6}" y="${n(y0 - p + 4)}" text-anchor="end">${tickText(value)}</text>`;
    })
    .join('\n');
  const shift = (Math.log10(1 + BAND) / (high - low)) * PANEL;
  const shiftDown = (-Math.log10(1 - BAND) / (high - low)) * PANEL;
  const band = `M${x0} ${y0}L${x0} ${n(y0 - shift)}L${n(x0 + PANEL - shift)} ${MARGIN.top}L${x0 + PANEL} ${MARGIN.top}L${x0 + PANEL} ${n(MARGIN.top + shiftDown)}L${n(x0 + shiftDown)} ${y0}z`;
  const dots = engines
    .map((_, i) => {
      const path = points
        .filter(({ engine }) => engine === i)
        .map(({ x, y }) => marks[i % marks.length](x0 + at(x), y0 - at(y)))
        .join('');
      return path === '' ? '' : `<path class="mark e${i}" d="${path}"/>`;
    })
    .join('\n');
  return `<text x="${x0}" y="${MARGIN.top - 12}" font-weight="600">${title}: simulated over measured</text>
${lines}
<path class="band" d="${band}"/>
<path class="equal" d="M${x0} ${y0}L${x0 + PANEL} ${MARGIN.top}"/>
<rect class="frame" x="${x0}" y="${MARGIN.top}" width="${PANEL}" height="${PANEL}"/>
${dots}
<text x="${x0 + PANEL / 2}" y="${y0 + 34}" text-anchor="middle">measured</text>
<text transform="translate(${left + 13} ${MARGIN.top + PANEL / 2}) rotate(-90)" text-anchor="middle">simulated</text>`;
}

function legendSvg(engines: readonly string[], runs: readonly RunComparison[]): string {
  const y = HEIGHT - 18;
  let x: number = MARGIN.left;
  const parts = engines.map((engine, i) => {
    const count = runs.filter((run) => String(run.settings.engine).split(' ')[0] === engine).length;
    const words = `${engine} (${count})`;
    const part = `<path class="e${i}" d="${marks[i % marks.length](x + 4, y - 4)}"/><text x="${x + 14}" y="${y}">${escaped(words)}</text>`;
    x += 30 + 7 * words.length;
    return part;
  });
  parts.push(`<text x="${x}" y="${y}">shaded: within 30 %</text>`);
  return parts.join('\n');
}

function tickText(seconds: number): string {
  return seconds < 0.9995 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${Number(seconds.toPrecision(2))} s`;
}

/** One digit after the point is finer than a pixel can show. */
function n(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
