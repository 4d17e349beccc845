import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import { describe, expect, it } from 'vitest';
import { type Mutation, mutations } from './mutations.ts';
import type { ReplayReport } from './vllm-replay.ts';
import type { VllmTrace } from './vllm-trace.ts';

const sim = fileURLToPath(new URL('..', import.meta.url));

describe('a broken rule is noticed', () => {
  it('(and nothing is when none is broken)', async () => {
    const replay = await bundle(null);
    for (const run of new Set(mutations.map((mutation) => mutation.run)))
      expect(verdict(replay, run)).toBe('identical');
  });

  for (const mutation of mutations) {
    it(mutation.rule, async () => {
      expect(verdict(await bundle(mutation), mutation.run)).not.toBe('identical');
    });
  }
});

type Replay = (trace: VllmTrace) => ReplayReport;

/** The replay with one rule broken in its sources, which stay as they are. */
async function bundle(mutation: Mutation | null): Promise<Replay> {
  let isApplied = mutation === null;
  const plugin: Plugin = {
    name: 'mutation',
    enforce: 'pre',
    transform(code, id) {
      if (mutation === null || id !== `${sim}${mutation.file}`) return null;
      expect(code.split(mutation.find).length - 1, `occurrences of "${mutation.find}" in ${mutation.file}`).toBe(1);
      isApplied = true;
      return code.replace(mutation.find, () => mutation.replace);
    },
  };
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [plugin],
    build: {
      write: false,
      minify: false,
      lib: { entry: `${sim}replay/vllm-replay.ts`, formats: ['es'] },
    },
  });
  expect(isApplied, `${mutation?.file} is part of the replay`).toBe(true);
  const output = [built].flat()[0];
  if (!('output' in output)) throw new Error('the replay was not built');
  const url = `data:text/javascript;base64,${Buffer.from(output.output[0].code).toString('base64')}`;
  const module: { replayVllm: Replay } = await import(/* @vite-ignore */ url);
  return module.replayVllm;
}

/** A rule that is broken so much that the replay throws is noticed too. */
function verdict(replay: Replay, run: string): string {
  const file = new URL(`../../../fixtures/recorded/vllm/${run}.json`, import.meta.url);
  try {
    return replay(JSON.parse(readFileSync(file, 'utf8')) as VllmTrace).verdict;
  } catch (error) {
    return String(error);
  }
}
