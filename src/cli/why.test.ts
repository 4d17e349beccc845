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
    expect(out).toMatch(/%\s+queued: every seat \(max-num-seqs\) was taken/);
    expect(out).toMatch(/Step \d+ .*: it waited.*all 4 seats were taken/);
    expect(out).toMatch(/\. It was limited by memory bandwidth: [\d.]+ % of its time\.\n/);
    expect(out).toMatch(/\n {2}[\d.]+ [mu]s +[\d.]+ % +gate-up +memory +[\d.]+ FLOP\/B, [\d.]+ TFLOP\/s\n/);
    expect(out).toMatch(/P99 of TTFT is .*; time of the 1 request at or beyond it: .*queued/);
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
    expect(out).toMatch(/\nOtherwise, do not admit request 3 in this step: TTFT of this request .* -> .*\(\+.*%\)/);
    expect(out).toMatch(/most helpful first:\n {2}max-num-seqs 8 \(instead of 4\): .* -> .*, -\d.* %; P99 TTFT -/);
  });

  it.each([
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
