/** Builds a replay with one rule broken in its sources, which stay as they are. */

import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import { expect } from 'vitest';
import type { Mutation } from './mutations.ts';

const sim = fileURLToPath(new URL('..', import.meta.url));

/** The module of `entry`, a file below `src/sim`, with the mutation in one of the files that it is built from; null = as it is. */
export async function bundle<Module>(entry: string, mutation: Mutation | null): Promise<Module> {
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
      lib: { entry: `${sim}${entry}`, formats: ['es'] },
    },
  });
  expect(isApplied, `${mutation?.file} is part of the replay`).toBe(true);
  const output = [built].flat()[0];
  if (!('output' in output)) throw new Error('the replay was not built');
  const url = `data:text/javascript;base64,${Buffer.from(output.output[0].code).toString('base64')}`;
  return await import(/* @vite-ignore */ url);
}
