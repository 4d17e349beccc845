import { describe, expect, it } from 'vitest';
import { runCommandLine } from './main.ts';

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

describe('why', () => {
  it('accounts for all of a request, names the step, its rule and what the tail has in common', async () => {
    const { code, out } = await cli('why', 'tiny-paged', '--request', '4');
    expect(code).toBe(0);
    expect(out).toMatch(/^Request 4: \d+ prompt tokens/);
    expect(out).toMatch(/%\s+queued: no seat/);
    expect(out).toMatch(/Step \d+ .*: r4 waited.*all 4 seats taken/);
    expect(out).toContain('The rule reads --max-num-seqs 4 of vLLM');
    expect(out).toMatch(/Speed set by: memory \d/);
    expect(out).toMatch(/\n {2}[\d.]+ [mu]s +[\d.]+ % +gate-up +memory +[\d.]+ FLOP\/B, [\d.]+ TFLOP\/s\n/);
    expect(out).toMatch(/P99 of TTFT is .*; time of the one request at or beyond it: .*queued/);
  });

  it('gives the same to programs', async () => {
    const { out } = await cli('why', 'tiny-paged', '--request', '4', '--step', '60', '--json');
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      request: 4,
      status: 'finished',
      step: { step: 60, state: 'waiting', because: 'seats', limit: { limit: 'bandwidth' } },
    });
    const { operators, limit, startUs, endUs } = report.step;
    const us = operators.reduce((sum: number, each: { us: number }) => sum + each.us, 0);
    expect(Math.abs(us - (endUs - startUs))).toBeLessThan(1);
    const waits = operators.filter((each: { limit: string }) => each.limit === 'bandwidth');
    expect(limit.share).toBeCloseTo(waits.reduce((sum: number, each: { us: number }) => sum + each.us, 0) / us, 9);
    const accounted = Object.values<number>(report.accountUs).reduce((us, part) => us + part, 0);
    expect(accounted).toBe(report.e2eMs * 1000);
  });

  it('tries what could have been decided otherwise, and what would have helped', async () => {
    const { code, out } = await cli('why', 'tiny-paged', '--request', '3', '--what-if', '--advice', 'p99-ttft');
    expect(code).toBe(0);
    expect(out).toMatch(/\nOtherwise, do not admit r3 in this step: TTFT of r3 .* → .*\(\+.*%\)/);
    expect(out).toMatch(/most helpful first:\n {2}--max-num-seqs 8 instead of 4: .* → .*, −\d.* %; P99 TTFT −/);
  });

  it('follows a change from the first decision that differs to the request that it changes most', async () => {
    const { code, out } = await cli('why', 'tiny-paged', '--against', '--set', 'max-num-seqs=2');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^Step 6 differs first: r2 computes 96 tokens in A and nothing in B \(B: all 2 seats taken\)/,
    );
    expect(lines.at(-1)).toMatch(/^So the E2E latency of r4 goes from .* to .* \(\+\d+ %\)/);
    const { out: json } = await cli('why', 'tiny-paged', '--against', '--set', 'max-num-seqs=2', '--json');
    expect(JSON.parse(json)).toMatchObject({ words: lines, chain: { root: { step: 6 }, target: { request: 4 } } });
    const same = await cli('why', 'tiny-paged', '--against', '--set', 'max-num-seqs=4');
    expect(same.out).toBe('No request that finishes in both runs takes longer or shorter.\n');
  });

  it.each([
    [['why', 'tiny-paged', '--against'], '--against: nothing differs'],
    [['why', 'tiny-paged'], '--request: missing'],
    [['why', 'tiny-paged', '--request', '6'], '--request: found "6", expected 0..5'],
    [['why', 'tiny-paged', '--request', '0', '--step', 'x'], '--step: found "x"'],
    [['why', 'tiny-paged', '--request', '0', '--advice', 'p98-ttft'], '--advice: found "p98-ttft"'],
  ])('refuses %j', async (args, message) => {
    const { code, notes } = await cli(...args);
    expect(code).toBe(2);
    expect(notes.join('\n')).toContain(message);
  });
});
