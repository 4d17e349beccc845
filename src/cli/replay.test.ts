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

it.each([
  ['radix', 'radix radix 1: identical (', 60],
  ['policy', 'policy policy 1: identical (', 30],
  ['admission', 'admission admission 1: identical (', 120],
  ['loop', 'loop loop 1: identical (', 30],
] as const)('recognises a suite of SGLang by its content: %s', async (suite, first, cases) => {
  let out = '';
  const code = await runCommandLine(['replay', `fixtures/recorded/sglang/${suite}.json`], {
    out: (text) => (out += text),
    note: () => {},
  });
  expect(out.startsWith(`${suite}.json: ${first}`)).toBe(true);
  expect(out.endsWith(`\n${cases} of ${cases} identical\n`)).toBe(true);
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

it("replays runs of transformers' continuous batching, a line a run", async () => {
  let out = '';
  const io = { out: (text: string) => (out += text), note: () => {} };
  expect(await runCommandLine(['replay', 'fixtures/recorded/transformers/h200-engine.json'], io)).toBe(0);
  expect(out).toMatch(/^h200-engine\.json: transformers all_at_once: identical \(833 steps\)\n/);
  expect(out).toMatch(/\n8 of 8 identical\n$/);
});
