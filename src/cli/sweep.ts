import { parseArgs } from 'node:util';
import { sweep, sweepPoints } from '../scenario/sweep.ts';
import type { Command } from './command.ts';
import { Failure, problemLine } from './failure.ts';
import { loadScenario } from './load.ts';
import { reportOf } from './report.ts';
import { onePositional, readAxis, readCount, readShard, scenarioOptions } from './study.ts';

const help = `Usage: sweep SCENARIO --over KNOB=A,B,C... [--seeds N] [--shard I/N] [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]...

Simulates a grid and prints one JSON object a line and point: its place in the grid, what was set, its seed, all metrics.

  --over KNOB=A,B   values of a knob; given again, the grid of all combinations
  --seeds N         every point with N traffic seeds from the scenario's own on, default 1
  --shard I/N       only the points whose place, divided by N, leaves I (0 to N - 1)
`;

export const sweepCommand: Command = {
  name: 'sweep',
  summary: 'simulates a grid of knob values, one JSON line a point',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        ...scenarioOptions,
        over: { type: 'string', multiple: true },
        shard: { type: 'string', default: '0/1' },
      },
      allowPositionals: true,
    });
    const scenario = onePositional(positionals);
    if (values.over === undefined) throw new Failure('--over: missing, expected KNOB=A,B,C');
    const axes = values.over.map(readAxis);
    const seeds = readCount('--seeds', values.seeds ?? '1', 1, 10_000);
    const shard = readShard(values.shard);
    const { knobs, materials } = await loadScenario({ scenario, ...values }, io);
    const points = sweepPoints(knobs, axes, seeds, shard);
    let done = 0;
    for (const { index, over, knobs: point, result } of sweep(points, materials)) {
      const place = { index, over, seed: point.seed };
      if (result.ok) {
        const { built, account } = result.value;
        // Wall time is not a result: shards must give the same lines on every machine.
        const { wallMs, coldMs, ...report } = reportOf(point, built.facts, { account, wallMs: 0, coldMs: 0, cpuMs: 0 });
        io.out(`${JSON.stringify({ ...place, ...report })}\n`);
      } else io.out(`${JSON.stringify({ ...place, problem: result.problems.map(problemLine).join('; ') })}\n`);
      done++;
      io.note(`${done} of ${points.length}`);
    }
    return 0;
  },
};
