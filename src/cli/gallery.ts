import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { leaves } from '../scenario/gallery/gallery.ts';
import { type LeafResult, measureLeaf } from '../scenario/gallery/measure.ts';
import { galleryMetrics } from '../scenario/gallery/metrics.ts';
import type { Command } from './command.ts';
import { Failure, quote } from './failure.ts';

const help = `Usage: gallery [--only ID,...] [--json] [--data FILE]

Simulates both runs of every leaf of the gallery and prints the number that tells them apart.

  --only ID,...   leaves of these ids; default all
  --json          the results as one JSON object, pictures included
  --data FILE     also writes them to FILE; with --only the other leaves of FILE stay as they are

The data that the page shows are made by

  npm run -s gallery
`;

export const galleryCommand: Command = {
  name: 'gallery',
  summary: 'the phenomena of the gallery, two runs each',
  help,
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: { only: { type: 'string' }, json: { type: 'boolean', default: false }, data: { type: 'string' } },
    });
    const only = values.only?.split(',') ?? [];
    for (const id of only) {
      if (!leaves.some((leaf) => leaf.id === id))
        throw new Failure(`--only: found ${quote(id)}, expected some of ${leaves.map((leaf) => leaf.id).join('|')}`);
    }
    const before = values.data === undefined || only.length === 0 ? [] : await readResults(values.data);
    const known = new Map(before.map((result) => [result.id, result]));
    for (const leaf of leaves) {
      if (only.length > 0 && !only.includes(leaf.id)) continue;
      const result = measureLeaf(leaf);
      known.set(leaf.id, result);
      const { name, unit } = galleryMetrics[leaf.metric];
      const [first, second] = leaf.sides.map((side, i) => `${side.name.en} ${result.values[i]}`);
      if (!values.json) io.out(`${leaf.id.padEnd(22)}  ${name.en} (${unit}): ${first}, ${second}\n`);
    }
    const results = leaves.flatMap((leaf) => known.get(leaf.id) ?? []);
    if (values.json) io.out(`${JSON.stringify({ leaves: results })}\n`);
    if (values.data !== undefined) await writeFile(values.data, textOf(results));
    return 0;
  },
};

/** One leaf a line, so that a change of one is a change of one line. */
function textOf(results: readonly LeafResult[]): string {
  return `{"leaves":[\n${results.map((result) => JSON.stringify(result)).join(',\n')}\n]}\n`;
}

async function readResults(path: string): Promise<readonly LeafResult[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  // Only this command writes the file.
  return text === null ? [] : (JSON.parse(text) as { readonly leaves: readonly LeafResult[] }).leaves;
}
