import { parseArgs } from 'node:util';
import { Probe } from '../scenario/headlines/probe.ts';
import { headlineRows } from '../scenario/headlines/rows.ts';
import { chosenRows, runRow } from '../scenario/headlines/run.ts';
import type { Command } from './command.ts';

export const headlinesCommand: Command = {
  name: 'headlines',
  summary: 'published results against ours',
  help: '',
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    for (const row of chosenRows(headlineRows, values.only?.split(',') ?? [])) {
      const startMs = performance.now();
      const probe = new Probe(values.quick ? 0.1 : 1, values.json ? io.note : undefined);
      try {
        const r = runRow(row, probe);
        io.out(
          `${row.id}: ours ${r.ours} published ${row.published.low}..${row.published.high} sides ${r.sides.map((s) => s.value).join(' / ')} runs ${r.runs} ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`,
        );
      } catch (e) {
        io.out(`${row.id}: ${e}\n`);
      }
    }
    return 0;
  },
};
