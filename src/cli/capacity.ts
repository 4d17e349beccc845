import { parseArgs } from 'node:util';
import { findCapacity } from '../scenario/capacity.ts';
import { encode } from '../scenario/link.ts';
import type { Command } from './command.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { percent, si } from './format.ts';
import { loadScenario } from './load.ts';
import { onePositional, readCount, readPromise, readSlo, scenarioOptions } from './study.ts';

const help = `Usage: capacity SCENARIO (--slo ttft=S,tpot=S [--attain SHARE] | --promise PROMISE) [--seeds N] [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]... [--json]

Finds the highest rate at which a share of the requests keeps the SLO, with its 95 % confidence interval over seeds.

  --slo             seconds to the first token (ttft) and mean seconds between tokens (tpot); one or both
  --attain SHARE    share of the requests that must keep it, default 0.9
  --promise         another promise, of the whole run: normalised=S (mean latency by output token, as in the papers of Orca
                    and vLLM), or gap-p99=S,wait-p50=S (99th percentile of gaps, median wait; as in Sarathi-Serve)
  --seeds N         traffic seeds to search with, default 5
`;

/** A search ends when the rate is known to this share. */
const tolerance = 0.01;

export const capacityCommand: Command = {
  name: 'capacity',
  summary: 'finds the highest rate that keeps a service-level objective',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        ...scenarioOptions,
        slo: { type: 'string' },
        promise: { type: 'string' },
        attain: { type: 'string', default: '0.9' },
      },
      allowPositionals: true,
    });
    const scenario = onePositional(positionals);
    const criterion = values.promise === undefined ? undefined : readPromise(values.promise);
    if (values.slo === undefined && criterion === undefined)
      throw new Failure('--slo: missing, expected ttft=SECONDS,tpot=SECONDS, or --promise');
    const slo = values.slo === undefined ? {} : readSlo(values.slo);
    const attain = Number(values.attain);
    if (!(attain > 0 && attain <= 1))
      throw new Failure(`--attain: found ${quote(values.attain)}, expected above 0, to 1`);
    const seeds = readCount('--seeds', values.seeds ?? '5', 1, 1000);
    const { knobs, materials } = await loadScenario({ scenario, ...values }, io);
    const found = findCapacity(
      knobs,
      materials,
      { slo, attain, criterion, seeds, tolerance },
      (seed, rate, attainment) => io.note(`seed ${seed}: ${rate.toFixed(3)} requests/s: ${percent(attainment)}`),
    );
    if (!found.ok) throw new Failure(found.problems.map(problemLine).join('; '));
    const { ratePerS, bySeed } = found.value;
    if (values.json) {
      io.out(`${JSON.stringify({ link: encode(knobs), slo, attain, criterion, ratePerS, bySeed })}\n`);
      return 0;
    }
    const { mean, low, high } = ratePerS;
    const interval = low === null || high === null ? '' : `, 95 % confidence ${si(low)} to ${si(high)}`;
    const kept = criterion === undefined ? `${values.slo} for ${percent(attain)} of the requests` : values.promise;
    io.out(`${si(mean)} requests/s keep ${kept}${interval} (${seeds} seeds)\n`);
    for (const seed of bySeed) {
      const fails = seed.failsAtPerS === null ? 'none fails' : `${si(seed.failsAtPerS)} fails`;
      io.out(
        `  seed ${seed.seed}: ${si(seed.ratePerS)} holds (${percent(seed.attainment)}), ${fails}, ${seed.runs} runs\n`,
      );
    }
    return 0;
  },
};
