/** A validation in lines for people. */

import { percent, table } from '../format.ts';
import {
  type Compared,
  type NotSimulated,
  type PairComparison,
  type Quantity,
  type RunComparison,
  relativeDifference,
  type Validation,
} from './format.ts';
import { median } from './latencies.ts';
import { hasRightSign, pairSummaries, settingPairs } from './pairs.ts';
import { type ErrorSummary, errorSummaries, errorSummary } from './summary.ts';

/** Runs, and pairs of runs, up to which each has lines of its own. */
const EACH = 20;

export function textOf({ facts, runs, pairs = settingPairs(runs), notSimulated }: Validation): string {
  const isMany = runs.length > EACH;
  const sections = [table(facts), ...(isMany ? [] : runs.map(runText))];
  if (runs.length > 1) sections.push(errorText(isMany ? errorSummaries(runs) : errorSummary('all', runs)));
  if (isMany) sections.push(table([queueingLine(runs)]));
  sections.push(...(pairs.length > EACH ? [pairSummaryText(pairs)] : pairs.map(pairText)));
  if (notSimulated.length > 0) sections.push(notSimulatedText(notSimulated));
  return sections.filter((section) => section !== '').join('\n');
}

function runText(run: RunComparison): string {
  const rows = run.quantities.map((compared) => [
    quantityName(compared.quantity),
    withUnit(compared.measured, compared.unit),
    withUnit(compared.simulated, compared.unit),
    signed(relativeDifference(compared)),
  ]);
  const notes = table([
    ['preemptions', `${run.preemptions}, simulated`],
    ['queueing', queueingWords(run.queueingShare)],
  ]);
  return `${run.name}\n${columns([['', 'measured', 'simulated', 'difference'], ...rows])}${notes}`;
}

function pairText({ from, to, differsIn, changes }: PairComparison): string {
  const isRepetition = differsIn.length === 0;
  const header = ['', 'measured', 'simulated', isRepetition ? '' : 'sign'];
  const rows = changes.map((change) => [
    quantityName(change.quantity),
    signed(change.measured),
    signed(change.simulated),
    isRepetition ? '' : hasRightSign(change) ? 'right' : 'wrong',
  ]);
  const what = isRepetition ? 'nothing, a repetition: the spread' : differsIn.join(' and ');
  return `${from} -> ${to}: changes ${what}\n${columns([header, ...rows])}`;
}

/** How much of the time was waiting, and so what the comparison proves. */
export function queueingWords(share: number): string {
  const proves =
    share > 0.5
      ? 'mostly waiting: proves throughput more than latency'
      : share > 0.1
        ? 'partly waiting: proves both throughput and latency'
        : 'hardly any waiting: proves latency';
  return `${percent(share)} of the end-to-end time, ${proves}`;
}

function queueingLine(runs: readonly RunComparison[]): readonly [string, string] {
  const shares = runs.map((run) => run.queueingShare);
  const many = shares.filter((share) => share > 0.5).length;
  return [
    'queueing',
    `${percent(median(shares))} of the end-to-end time (median of the runs); more than half of it in ${many} of ${runs.length}`,
  ];
}

function errorText(errors: readonly ErrorSummary[]): string {
  const rows = errors.map((e) => [
    e.of,
    quantityName(e.quantity),
    String(e.runs),
    percent(e.medianAbsolute),
    percent(e.p90Absolute),
    signed(e.medianSigned),
  ]);
  return columns([['errors', '', 'runs', 'median', 'P90', 'signed median'], ...rows]);
}

function pairSummaryText(pairs: readonly PairComparison[]): string {
  const rows = pairSummaries(pairs).map((p) => [
    p.setting,
    quantityName(p.quantity),
    String(p.pairs),
    percent(p.rightSigns),
    signed(p.measuredMedian),
    signed(p.simulatedMedian),
  ]);
  return columns([
    ['pairs that differ in', '', 'pairs', 'right signs', 'measured median', 'simulated median'],
    ...rows,
  ]);
}

function notSimulatedText(runs: readonly NotSimulated[]): string {
  const rows = runs.map(({ name, reason }) => [name, reason] as const);
  return `not simulated: ${runs.length}\n${table(rows)}`;
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
  if (unit === 'requests') return value.toFixed(1);
  if (unit === 'share') return percent(value);
  return value < 1 ? `${(value * 1000).toFixed(2)} ms` : `${value.toFixed(3)} s`;
}

/** `0.0123` -> `+1.23 %`. */
function signed(share: number): string {
  const size = (100 * Math.abs(share)).toFixed(2);
  return `${share < 0 && Number(size) > 0 ? '-' : '+'}${size} %`;
}

/** Lines of cells: the first two columns to the left where they are words, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const isWords = rows[0].map((head, i) => i === 0 || (i === 1 && head === ''));
  return rows
    .map((row) => row.map((cell, i) => (isWords[i] ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
