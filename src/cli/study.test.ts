import { describe, expect, it } from 'vitest';
import { runCommandLine } from './main.ts';

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

describe('sweep', () => {
  it('prints a line a point, and shards share the lines out', async () => {
    const args = ['sweep', 'tiny-paged', '--over', 'max-num-seqs=1,2', '--over', 'watermark=0,0.1', '--seeds', '2'];
    const { code, out, notes } = await cli(...args);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(JSON.parse(lines[3])).toMatchObject({
      over: { 'max-num-seqs': 1, watermark: 0.1 },
      seed: 8,
      finished: 6,
      ttftP99Ms: expect.any(Number),
    });
    expect(notes.at(-1)).toBe('8 of 8');
    const { out: shard } = await cli(...args, '--shard', '1/3');
    expect(shard.trimEnd().split('\n')).toEqual([lines[1], lines[4], lines[7]]);
  });
});

describe('capacity', () => {
  it('prints the rate, how sure it is, and what each seed found', async () => {
    const args = ['capacity', 'azure-chat', '--slo', 'tpot=0.02', '--seeds', '2', '--set', 'requests=60'];
    const { code, out } = await cli(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^\S+ requests\/s keep tpot=0.02 for 90 % of the requests, 95 % confidence .* \(2 seeds\)\n/);
    expect(out).toMatch(/\n {2}seed 8: .* holds \(9\d.*%|100 %\), .* fails, \d+ runs\n/);
    const { out: json } = await cli(...args, '--json');
    expect(JSON.parse(json)).toMatchObject({
      slo: { tpotUs: 20_000 },
      attain: 0.9,
      bySeed: [{ seed: 7 }, { seed: 8 }],
    });
  });

  it.each(['normalised=0.05', 'gap-p99=0.02,wait-p50=1'])('keeps the promise %s', async (promise) => {
    const { code, out } = await cli(
      ...['capacity', 'published', '--promise', promise, '--seeds', '1', '--set', 'requests=200', '--json'],
    );
    expect(code).toBe(0);
    const { criterion, bySeed } = JSON.parse(out);
    expect(criterion.kind).toBe(promise.startsWith('gap') ? 'gaps' : 'normalised');
    expect(bySeed[0].failsAtPerS).toBeGreaterThan(bySeed[0].ratePerS);
  });
});

it.each([
  [['capacity', 'azure-chat'], '--slo: missing'],
  [['capacity', 'azure-chat', '--slo', 'ttft'], '--slo: found "ttft"'],
  [['capacity', 'azure-chat', '--slo', 'ttft=1', '--attain', '2'], '--attain: found "2"'],
  [['capacity', 'azure-chat', '--promise', 'p99=1'], '--promise: found "p99=1"'],
  [['capacity', 'azure-chat', '--promise', 'normalised=1,gap-p99=1'], 'either normalised or gap-p99'],
  [['capacity', 'tiny-paged', '--slo', 'ttft=1'], 'rate: invalid value'],
  [['sweep', 'tiny-paged'], '--over: missing'],
  [['sweep', 'tiny-paged', '--over', 'sets=1'], '--over: "sets": no such knob'],
  [['sweep', 'tiny-paged', '--over', 'max-num-seqs=1,x'], '--over: max-num-seqs: found "x"'],
  [['sweep', 'tiny-paged', '--over', 'watermark=0', '--shard', '3/3'], '--shard: found "3/3"'],
])('refuses %j', async (args, message) => {
  const { code, notes } = await cli(...args);
  expect(code).toBe(2);
  expect(notes.join('\n')).toContain(message);
});
