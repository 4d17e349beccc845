import { expect, it } from 'vitest';
import { runCommandLine } from './main.ts';

it('recognises a suite of recorded schedulers by its content, and prints a line a case', async () => {
  let out = '';
  const code = await runCommandLine(['replay', 'fixtures/recorded/baselines/sarathi.json'], {
    out: (text) => (out += text),
    note: () => {},
  });
  expect(out).toMatch(/^sarathi\.json: sarathi 1: identical \(209 steps\)\n/);
  expect(out).toMatch(/\n12 of 12 identical\n$/);
  expect(code).toBe(0);
});

it('replays DeepSpeed-FastGen, a line a case', async () => {
  const path = 'fixtures/recorded/fastgen/fastgen.json';
  let out = '';
  const io = { out: (text: string) => (out += text), note: () => {} };
  expect(await runCommandLine(['replay', path], io)).toBe(0);
  expect(out).toMatch(/^fastgen\.json: fastgen 1: identical \(228 steps\)\n/);
  expect(out).toMatch(/\n24 of 24 identical\n$/);
});
