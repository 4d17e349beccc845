import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import {
  readVidurTimes,
  runLikeVidur,
  type VidurPolicy,
  type VidurResult,
  vidurStatistics,
} from '../sim/peers/vidur.ts';
import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { readText } from './load.ts';

const help = `Usage: vidur FOLDER [--repeat N] [--json]

Runs the requests that Vidur (microsoft/vidur) was given under its own cost model, with the same policies, and holds the
results against the recorded ones. FOLDER has conv2000.csv (u,p,d), cost.json and results.json.
`;

/** Requests a second of the recorded runs. */
const ratePerS = 3;

const statistics = v.object({ mean: v.number(), p50: v.number(), p90: v.number(), p99: v.number() });
const recorded = v.object({
  iterations: v.number(),
  /** Seconds of Vidur's simulation loop alone. */
  loop_s: v.number(),
  out: v.object({ ttft_s: statistics, e2e_s: statistics }),
});
const results = v.object({ w2_vllm: recorded, w2_sarathi: recorded });

export const vidurCommand: Command = {
  name: 'vidur',
  summary: 'holds results and speed against recorded runs of Vidur',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { repeat: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [folder] = positionals;
    if (folder === undefined) throw new Failure('FOLDER: missing, expected the folder of the recorded runs');
    const repeat = Number(values.repeat);
    if (!Number.isInteger(repeat) || repeat < 1) throw new Failure('--repeat: expected 1 or more');
    const read = (name: string) => readText(join(folder, name), name);
    const [csv, cost, resultsText] = await Promise.all([read('conv2000.csv'), read('cost.json'), read('results.json')]);
    const parsed = v.safeParse(results, JSON.parse(resultsText));
    if (!parsed.success)
      throw new Failure(`results.json: ${v.getDotPath(parsed.issues[0]) ?? 'file'}: not as expected`);
    const times = readVidurTimes(cost);
    const compare = (policy: VidurPolicy) => {
      let wallS = Number.POSITIVE_INFINITY;
      let ours: VidurResult | undefined;
      for (let i = 0; i < repeat; i++) {
        const startMs = performance.now();
        ours = runLikeVidur(csv, times, policy, ratePerS);
        wallS = Math.min(wallS, (performance.now() - startMs) / 1000);
      }
      if (ours === undefined) throw new Error('nothing was simulated');
      const theirs = parsed.output[`w2_${policy}`];
      return { policy, rows: rowsOf(ours, theirs.iterations, theirs.out), wallS, loopS: theirs.loop_s };
    };
    const comparisons = [compare('vllm'), compare('sarathi')];
    io.out(values.json ? `${JSON.stringify(comparisons)}\n` : comparisons.map(textOf).join('\n'));
    return 0;
  },
};

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly vidur: number;
}

function rowsOf(ours: VidurResult, iterations: number, theirs: Pick<VidurResult, 'ttft_s' | 'e2e_s'>): Row[] {
  const latencies = (['ttft_s', 'e2e_s'] as const).flatMap((metric) =>
    vidurStatistics.map((name) => ({
      name: `${metric === 'ttft_s' ? 'TTFT' : 'E2E'} ${name}, s`,
      ours: ours[metric][name],
      vidur: theirs[metric][name],
    })),
  );
  return [{ name: 'iterations', ours: ours.iterations, vidur: iterations }, ...latencies];
}

function textOf(comparison: { policy: string; rows: readonly Row[]; wallS: number; loopS: number }): string {
  const { policy, rows, wallS, loopS } = comparison;
  const lines = [`| ${policy} | ours | Vidur | difference |`, '| --- | ---: | ---: | ---: |'];
  for (const { name, ours, vidur } of rows) {
    const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(5));
    lines.push(`| ${name} | ${show(ours)} | ${show(vidur)} | ${(100 * (ours / vidur - 1)).toFixed(3)} % |`);
  }
  lines.push(`| loop, s | ${wallS.toFixed(4)} | ${loopS} | ${(loopS / wallS).toFixed(0)} times faster |`);
  return `${lines.join('\n')}\n`;
}
