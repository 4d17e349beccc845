import { parseArgs } from 'node:util';
import { build } from '../scenario/build.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import type { Command } from './command.ts';
import { Failure, problemLine } from './failure.ts';
import { count, si } from './format.ts';
import { readRepeat } from './run.ts';
import { simulate } from './simulate.ts';

const help = `Usage: bench [--repeat N] [--json]

Speed of the simulation on fixed work: wallMs is the best of N runs (default 5), coldMs the first, both of the simulation
alone. 'ratio' is wallMs over the time of a fixed calibration loop on the same core, so that machines can be compared.
`;

const chat = presetOf('azure-chat').knobs;

/** The work. Changing it makes figures of different versions incomparable, so add rather than change. */
const cases: readonly { readonly name: string; readonly knobs: Knobs }[] = [
  { name: 'chat-hour', knobs: chat },
  { name: 'chat-hour-x4', knobs: { ...chat, rate: 22.12 } },
  { name: 'chat-hour-x4-small-pool', knobs: { ...chat, rate: 22.12, 'num-gpu-blocks-override': 5000 } },
  { name: 'code-hour', knobs: presetOf('azure-code').knobs },
  {
    name: 'decode-heavy',
    knobs: { ...presetOf('static-against-continuous').knobs, engine: 'vllm', requests: 5000, 'max-num-seqs': 180 },
  },
];

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measures the speed of the simulation on fixed work',
  help,
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: { repeat: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
    });
    const repeat = readRepeat(values.repeat);
    const calibrationMs = calibrate();
    const results = [];
    if (!values.json) io.out(`calibration loop ${calibrationMs.toFixed(1)} ms\n`);
    for (const { name, knobs } of cases) {
      const { account, wallMs, coldMs } = simulate(() => buildCase(knobs), repeat);
      const { steps, requests, outputTokens } = account.summary;
      const perS = 1000 / wallMs;
      const result = {
        name,
        requests,
        steps,
        wallMs,
        coldMs,
        ratio: wallMs / calibrationMs,
        stepsPerS: steps * perS,
        outputTokensPerS: outputTokens * perS,
        fingerprint: account.fingerprint,
      };
      results.push(result);
      if (!values.json) {
        io.out(
          `${name.padEnd(24)} ${wallMs.toFixed(1).padStart(8)} ms  cold ${coldMs.toFixed(1).padStart(8)} ms  ratio ${result.ratio.toFixed(2).padStart(6)}  ` +
            `${count(steps)} steps, ${si(result.stepsPerS)} steps/s, ${si(result.outputTokensPerS)} tokens/s\n`,
        );
      }
    }
    if (values.json) io.out(`${JSON.stringify({ calibrationMs, repeat, results })}\n`);
    return 0;
  },
};

function buildCase(knobs: Knobs) {
  const built = build(knobs);
  if (!built.ok) throw new Failure(built.problems.map(problemLine).join('; '));
  return built.value;
}

/** Best of five times of a loop of integer and memory work that no engine can leave out. */
function calibrate(): number {
  const cells = new Int32Array(1 << 16);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now();
    let x = 0x9e3779b9 | 0;
    for (let i = 0; i < 10_000_000; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      cells[x & 0xffff] += x;
    }
    best = Math.min(best, performance.now() - startMs);
    // Every result has been written where the next round reads it.
    cells[0] = x;
  }
  return best;
}
