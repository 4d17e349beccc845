import { parseArgs } from 'node:util';
import { bestFirst, type LayoutRow, layoutsOf, otherDeviceOf, simulateLayout } from '../scenario/layouts/layouts.ts';
import type { LinkUse } from '../scenario/layouts/links.ts';
import { encode } from '../scenario/link.ts';
import type { Command } from './command.ts';
import { Failure, problemLine } from './failure.ts';
import { duration, percent, si } from './format.ts';
import { loadScenario } from './load.ts';
import { onePositional, readCount, readSlo, scenarioOptions } from './study.ts';

const help = `Usage: layouts SCENARIO --gpus N --slo ttft=S,tpot=S [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]... [--json]

What to do with N GPUs: simulates the scenario's traffic on every layout of them (tensor x pipeline parallelism x replicas,
prefill and decode together or on replicas of their own), and prints one table, best first.

  --gpus N    how many there are, 1 to 64; those that a layout leaves over are named
  --slo       seconds to the first token (ttft) and mean seconds between tokens (tpot); one or both

Goodput is requests a second within the objective; within a hundredth of the best it counts as equal, and TTFT P99 decides. "Links" says for each layout whether the times of the links it depends on
are measured or estimated, and where they go beyond what was measured.
`;

export const layoutsCommand: Command = {
  name: 'layouts',
  summary: 'compares all layouts of a number of GPUs on the same traffic',
  help,
  async run(args, io) {
    const { seeds, ...options } = scenarioOptions;
    const { values, positionals } = parseArgs({
      args,
      options: { ...options, gpus: { type: 'string' }, slo: { type: 'string' } },
      allowPositionals: true,
    });
    const scenario = onePositional(positionals);
    if (values.gpus === undefined) throw new Failure('--gpus: missing, expected 1 to 64');
    const gpus = readCount('--gpus', values.gpus, 1, 64);
    if (values.slo === undefined) throw new Failure('--slo: missing, expected ttft=SECONDS,tpot=SECONDS');
    const slo = readSlo(values.slo);
    const { knobs, materials } = await loadScenario({ scenario, ...values }, io);
    const rows: LayoutRow[] = [];
    const cases = layoutsOf(knobs, gpus);
    for (const each of cases) {
      rows.push(simulateLayout(each, materials, slo));
      io.note(`${rows.length} of ${cases.length}`);
    }
    const ranked = bestFirst(rows);
    if (values.json) {
      const told = ranked.map(({ knobs: own, ...row }) => ({ ...row, link: encode(own) }));
      io.out(`${JSON.stringify({ gpus, slo, layouts: told })}\n`);
      return 0;
    }
    const other = otherDeviceOf(cases);
    if (other !== null) io.out(`xP:yD: y replicas decode on ${other}, all others are on ${knobs.device}\n`);
    for (const line of table([header, ...ranked.map(lineOf)])) io.out(`${line}\n`);
    return 0;
  },
};

const header = [
  'replicas x TP x PP',
  'split',
  'idle',
  'goodput',
  'kept',
  'TTFT P50',
  'P99',
  'TPOT P50',
  'P99',
  'KV tokens',
  'links',
];

function lineOf(row: LayoutRow): readonly string[] {
  const { tensor, pipeline, replicas, prefills, idle } = row.layout;
  const name = `${replicas} x TP${tensor} x PP${pipeline}`;
  const split = prefills === 0 ? '-' : `${prefills}P:${replicas - prefills}D`;
  const start = [name, split, idle === 0 ? '-' : String(idle)];
  if (!row.ok) return [...start, `does not fit: ${row.problems.map(problemLine).join('; ')}`];
  return [
    ...start,
    si(row.goodputPerS, '/s'),
    percent(row.attainment),
    duration(row.ttftP50Us),
    duration(row.ttftP99Us),
    duration(row.tpotP50Us),
    duration(row.tpotP99Us),
    si(row.kvTokens),
    row.links.map(linkWords).join(', ') || '-',
  ];
}

function linkWords({ use, evidence, isExtrapolated }: LinkUse): string {
  return `${use} ${evidence}${isExtrapolated ? ', extrapolated' : ''}`;
}

/** Columns below each other; the last cell of a row may be as long as it likes. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((_, column) =>
    Math.max(...rows.map((row) => (column < row.length - 1 ? row[column].length : 0))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
