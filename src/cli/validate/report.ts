/** A validation in lines for people. Times have three digits after the point where they are seconds, shares a sign. */

import { percent, table } from '../format.ts';
import {
  type Compared,
  type PairComparison,
  type Quantity,
  type RunComparison,
  relativeDifference,
  type Validation,
} from './format.ts';

export function textOf({ facts, runs, pairs = [], notSimulated }: Validation): string {
  const sections = [table(facts), ...runs.map(runText), ...pairs.map(pairText)];
  if (notSimulated.length > 0)
    sections.push(table(notSimulated.map(({ name, reason }) => [`not simulated: ${name}`, reason])));
  return sections.filter((section) => section !== '').join('\n');
}

function runText(run: RunComparison): string {
  const header = ['', 'measured', 'simulated', 'difference'];
  const rows = run.quantities.map((compared) => [
    quantityName(compared.quantity),
    withUnit(compared.measured, compared.unit),
    withUnit(compared.simulated, compared.unit),
    signed(relativeDifference(compared)),
  ]);
  const notes = table([
    ['preemptions', `${run.preemptions} (simulated)`],
    ['queueing', queueingWords(run.queueingShare)],
  ]);
  return `${run.name}\n${columns([header, ...rows])}${notes}`;
}

function pairText({ from, to, differsIn, changes }: PairComparison): string {
  const header = ['', 'measured', 'simulated', 'sign'];
  const rows = changes.map(({ quantity, measured, simulated }) => [
    quantityName(quantity),
    signed(measured),
    signed(simulated),
    measured * simulated > 0 ? 'same' : 'other',
  ]);
  const what = differsIn.length === 0 ? 'nothing, a repetition: the spread' : differsIn.join(' and ');
  return `${from} -> ${to}: changes ${what}\n${columns([header, ...rows])}`;
}

/** How much of the time was waiting, and so what the comparison proves. */
export function queueingWords(share: number): string {
  const meaning =
    share > 0.5
      ? 'mostly waiting: the run proves throughput more than latency'
      : share > 0.1
        ? 'partly waiting: the run proves both throughput and latency'
        : 'hardly any waiting: the run proves latency';
  return `${percent(share)} of the end-to-end time, ${meaning}`;
}

const metricNames = { ttft: 'TTFT', tpot: 'TPOT', e2e: 'E2E' } as const;

function quantityName(quantity: Quantity): string {
  const [metric, statistic] = quantity.split('.');
  const name = Object.hasOwn(metricNames, metric) ? metricNames[metric as keyof typeof metricNames] : metric;
  if (statistic === undefined) return name;
  return `${name} ${statistic.startsWith('p') ? statistic.toUpperCase() : statistic}`;
}

function withUnit(value: number, unit: Compared['unit']): string {
  if (unit === 'steps') return String(value);
  if (unit === 'tokens/s') return `${value.toFixed(1)} tokens/s`;
  return value < 1 ? `${(value * 1000).toFixed(2)} ms` : `${value.toFixed(3)} s`;
}

/** `0.0123` -> `+1.23 %`. */
export function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${(100 * Math.abs(share)).toFixed(2)} %`;
}

/** Lines of cells: the first column to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
