import { parseArgs } from 'node:util';
import { calibrate } from './bench-calibration.ts';
import { type BenchCase, cases } from './bench-cases.ts';
import { type FleetFigures, measureFleetGrowth, measureFleetHour } from './bench-fleet.ts';
import { type GrowthFigures, measureGrowth } from './bench-growth.ts';
import { measureSeeks, type SeekFigures } from './bench-seek.ts';
import type { Command } from './command.ts';
import { Failure, meant, quote } from './failure.ts';
import { bytes, count, si } from './format.ts';
import { buildOrFail } from './load.ts';
import { readRepeat, readWorkers } from './run.ts';
import { simulate, simulateEngine } from './simulate.ts';

/** Requests of the three runs of `growth`. */
const growthSizes = [1000, 10_000, 100_000];
const parts = [...cases.map((c) => c.name), 'seek', 'growth'];
/** Only where they are asked for: they take minutes. */
const longParts = ['fleet-hour', 'fleet-growth'];

const help = `Usage: bench [--only NAME]... [--repeat N] [--workers N] [--json]

Speed of the simulation on fixed work: wallMs is the best of N runs (default 5), coldMs the first, both of the simulation
alone; only the first case of a process starts with code that is not compiled yet. cpuMs is user time, the mean of the runs
after the first. 'ratio' is wallMs over the time of a fixed calibration loop on the same core, so that machines can be
compared. seek: 200 seeks to steps all over the hour, and the bytes kept for them. growth: 1,000, 10,000 and 100,000 requests.

  --only NAME   ${parts.join(', ')}; may be given again; and only if named, since they take minutes:
                fleet-hour (200 requests/s for an hour on 64 replicas, once by load, and in turn with and without regrets) and
                fleet-growth (1 to 64 replicas, five minutes)
  --workers N   threads that share the replicas of fleet-hour out where the router looks at none (default 1)
`;

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measures the speed of the simulation on fixed work',
  help,
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        repeat: { type: 'string', default: '5' },
        workers: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
      },
    });
    const repeat = readRepeat(values.repeat);
    const workers = readWorkers(values.workers);
    const wanted = values.only ?? parts;
    for (const name of wanted)
      if (![...parts, ...longParts].includes(name))
        throw new Failure(`--only: found ${quote(name)}, ${meant(name, [...parts, ...longParts], 'bench --help')}`);
    const say = (line: string): void => {
      if (!values.json) io.out(`${line}\n`);
    };

    const calibrationMs = calibrate();
    say(`calibration loop ${ms(calibrationMs).trim()}`);
    const results = [];
    for (const work of cases) {
      if (!wanted.includes(work.name)) continue;
      const result = await measureCase(work, repeat, calibrationMs);
      results.push(result);
      say(caseLine(result));
    }
    const seek = wanted.includes('seek') ? measureSeeks() : undefined;
    if (seek !== undefined) say(seekLines(seek));
    const growth: GrowthFigures[] = [];
    for (const size of wanted.includes('growth') ? growthSizes : []) {
      const figures = await measureGrowth(size);
      growth.push(figures);
      say(growthLine(figures, calibrationMs));
    }
    const fleets: FleetFigures[] = [];
    const fleet = (figures: FleetFigures): void => {
      fleets.push(figures);
      say(fleetLine(figures, calibrationMs));
    };
    if (wanted.includes('fleet-growth')) for await (const figures of measureFleetGrowth()) fleet(figures);
    if (wanted.includes('fleet-hour')) for await (const figures of measureFleetHour(workers)) fleet(figures);
    if (values.json)
      io.out(
        `${JSON.stringify({ calibrationMs, repeat, results, seek, growth: growth.length > 0 ? growth : undefined, fleets })}\n`,
      );
    return 0;
  },
};

type CaseFigures = Awaited<ReturnType<typeof measureCase>>;

async function measureCase({ name, knobs, materials = {} }: BenchCase, repeat: number, calibrationMs: number) {
  const { account, wallMs, coldMs, cpuMs } = await simulate(
    () => buildOrFail({ knobs, materials }),
    simulateEngine,
    repeat,
  );
  const { steps, requests, finished, outputTokens, preemptions } = account.summary;
  const perS = 1000 / wallMs;
  return {
    name,
    requests,
    steps,
    preemptions,
    meanBatch: outputTokens / steps,
    wallMs,
    coldMs,
    cpuMs,
    ratio: wallMs / calibrationMs,
    coldRatio: coldMs / calibrationMs,
    stepsPerS: steps * perS,
    requestsPerS: finished * perS,
    outputTokensPerS: outputTokens * perS,
    fingerprint: account.fingerprint,
  };
}

const ms = (value: number) => `${value.toFixed(1).padStart(7)} ms`;
const ratio = (value: number) => value.toFixed(2).padStart(6);

function caseLine(r: CaseFigures): string {
  return (
    `${r.name.padEnd(24)} ${ms(r.wallMs)}  ratio ${ratio(r.ratio)}  cold ${ms(r.coldMs)}  ratio ${ratio(r.coldRatio)}  user ${ms(r.cpuMs)}  ` +
    `${count(r.steps)} steps of ${r.meanBatch.toFixed(1)} tokens, ${count(r.preemptions)} preemptions: ` +
    `${si(r.stepsPerS)} steps/s, ${si(r.requestsPerS)} requests/s, ${si(r.outputTokensPerS)} tokens/s`
  );
}

function seekLines(s: SeekFigures): string {
  return (
    `seek                     P50 ${ms(s.p50Ms).trim()}, P95 ${ms(s.p95Ms).trim()}, max ${ms(s.maxMs).trim()}  ` +
    `${s.seeks} seeks in ${s.name}, ${count(Math.round(s.meanSteps))} steps simulated again on average, ${count(s.maxSteps)} at most\n` +
    `snapshots                ${s.snapshots}, ${bytes(s.snapshotBytes)}`
  );
}

function growthLine(g: GrowthFigures, calibrationMs: number): string {
  return (
    `${`growth-${g.requests}`.padEnd(24)} ${ms(g.wallMs)}  ratio ${ratio(g.wallMs / calibrationMs)}  user ${ms(g.cpuMs)}  ` +
    `${((1000 * g.wallMs) / g.requests).toFixed(1)} us a request, ${count(g.steps)} steps, holds ${bytes(g.heldBytes)}`
  );
}

function fleetLine(f: FleetFigures, calibrationMs: number): string {
  return (
    `${f.name.padEnd(24)} ${ms(f.wallMs)}  ratio ${ratio(f.wallMs / calibrationMs)}  user ${ms(f.cpuMs)}  ` +
    `${count(f.replicas)} replicas${f.workers > 1 ? ` in ${f.workers} threads` : ''}, ${count(f.requests)} requests, ${count(f.steps)} steps: ${((1000 * f.wallMs) / f.steps).toFixed(2)} us a step` +
    `${f.heldBytes === null ? '' : `, holds ${bytes(f.heldBytes)}`}`
  );
}
