import { parseArgs } from 'node:util';
import { type ComparedRun, compareEngines, compareRun, traffics } from '../scenario/comparison.ts';
import { engineOf, engines } from '../scenario/engines/engines.ts';
import { encode } from '../scenario/link.ts';
import { type SanityCheck, sanityOf } from '../scenario/sanity.ts';
import type { Command } from './command.ts';
import { Failure, meant, problemLine, quote } from './failure.ts';
import { count, duration, percent, si } from './format.ts';
import { loadScenario } from './load.ts';
import { scenarioOptions } from './study.ts';

const help = `Usage: compare [SCENARIO] [--engines A,B,...] [--trace FILE] [--set KNOB=VALUE]... [--json]

Gives every engine the same traffic and prints, side by side: requests served, throughput, TTFT, TPOT and E2E, requests
at once, KV use and fragmentation. Then checks what must hold between them. Each engine has its own defaults; the KV
memory is the same for all, and the length of sequences for all that have a knob for it (llama.cpp has none). Exit code 1 if a rule does not hold.

  SCENARIO        traffic and KV memory to compare on; left out: the three of the table
${traffics.map((t) => `                  ${t.id}: ${t.about}\n`).join('')}  --engines A,B   only these
`;

export const compareCommand: Command = {
  name: 'compare',
  summary: 'runs every engine on the same traffic, side by side, and checks what must hold',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { ...scenarioOptions, engines: { type: 'string' } },
      allowPositionals: true,
    });
    const ids = values.engines?.split(',') ?? engines().map((entry) => entry.id);
    for (const id of ids) {
      const expected = engines().map((e) => e.id);
      if (engineOf(id) === undefined)
        throw new Failure(`--engines: found ${quote(id)}, ${meant(id, expected, 'engines')}`);
    }
    const [scenario] = positionals;
    const loaded = scenario === undefined ? undefined : await loadScenario({ scenario, ...values }, io);
    const chosen =
      loaded === undefined ? traffics : [{ id: 'scenario', about: encode(loaded.knobs), knobs: loaded.knobs }];
    const tables: { traffic: string; runs: ComparedRun[]; checks: SanityCheck[] }[] = [];
    for (const { id, about, knobs } of chosen) {
      const runs: ComparedRun[] = [];
      for (const run of compareEngines(knobs, loaded?.materials, ids)) {
        runs.push(run);
        io.note(`${id}: ${run.engine} (${runs.length} of ${ids.length})`);
      }
      const checks = sanityOf(runs, (other) => compareRun(other, loaded?.materials));
      tables.push({ traffic: id, runs, checks });
      if (!values.json) io.out(`${id}: ${about}\n\n${tableOf(runs)}\n${checks.map(checkLine).join('')}\n`);
    }
    if (values.json) io.out(`${JSON.stringify({ tables: tables.map(jsonOf) })}\n`);
    return tables.some((t) => t.checks.some((check) => !check.holds)) ? 1 : 0;
  },
};

const columns: readonly (readonly [head: string, value: (run: NonNullable<ComparedRun['metrics']>) => string])[] = [
  ['finished', (m) => `${count(m.summary.finished)}/${count(m.summary.requests)}`],
  ['tokens/s', (m) => si(m.summary.outputTokensPerS)],
  ['requests/s', (m) => si(m.summary.requestsPerS)],
  ['TTFT P50', (m) => duration(m.ttft.p50Us)],
  ['TTFT P99', (m) => duration(m.ttft.p99Us)],
  ['TPOT P50', (m) => duration(m.tpot.p50Us)],
  ['TPOT P99', (m) => duration(m.tpot.p99Us)],
  ['E2E P50', (m) => duration(m.e2e.p50Us)],
  ['E2E P99', (m) => duration(m.e2e.p99Us)],
  ['at once', (m) => `${si(m.summary.runningMean)}/${count(m.summary.runningPeak)}`],
  ['KV use', (m) => percent(m.summary.kvUseMean)],
  ['wasted', (m) => percent(m.summary.fragmentation)],
  ['preempted', (m) => count(m.summary.preemptions)],
];

function tableOf(runs: readonly ComparedRun[]): string {
  const rows = [
    ['engine', ...columns.map(([head]) => head)],
    ...runs.map(({ engine, metrics, problems }) =>
      metrics === null
        ? [engine, `cannot run: ${problems.map(problemLine).join('; ')}`]
        : [engine, ...columns.map(([, value]) => value(metrics))],
    ),
  ];
  const widths = columns.map((_, i) =>
    Math.max(...rows.filter((row) => row.length > 2).map((row) => row[i + 1].length)),
  );
  const first = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(
      ([name, ...cells]) => `${name.padEnd(first)}  ${cells.map((cell, i) => cell.padStart(widths[i])).join('  ')}\n`,
    )
    .join('');
}

function checkLine({ rule, holds, found }: SanityCheck): string {
  return `${holds ? 'holds' : 'FAILS'}  ${rule} (${found})\n`;
}

function jsonOf({
  traffic,
  runs,
  checks,
}: {
  traffic: string;
  runs: readonly ComparedRun[];
  checks: readonly SanityCheck[];
}) {
  return {
    traffic,
    checks,
    engines: runs.map(({ engine, knobs, problems, metrics }) => ({
      engine,
      link: encode(knobs, { fingerprint: metrics?.fingerprint }),
      problems,
      ...metrics?.summary,
      ...(metrics === null
        ? {}
        : Object.fromEntries(
            (['ttft', 'tpot', 'itl', 'e2e'] as const).flatMap((name) => [
              [`${name}P50Ms`, metrics[name].p50Us / 1000],
              [`${name}P99Ms`, metrics[name].p99Us / 1000],
            ]),
          )),
    })),
  };
}
