import { describe, expect, it } from 'vitest';
import { devices } from '../sim/gpu/device.ts';
import { runCommandLine } from './main.ts';

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

const chat = ['run', 'azure-chat', '--band', '--set', 'requests=600', '--set', 'device=rtx-4090', '--set'];

describe('run --band', () => {
  it('tells load, intervals and what they mean', async () => {
    const { code, out } = await cli(...chat, 'rate=3');
    expect(code).toBe(0);
    expect(out).toMatch(/\nload +rho 0\.\d\d to 0\.\d\d, offered work over capacity\n/);
    expect(out).toMatch(/\nband +step times by [\d.]+ % shorter and longer \(P95 of the profile's step errors\)\n/);
    expect(out).toMatch(/\n {2}TTFT +P50 .* \(.* to .*\), P90 .*, P99 .* s \(.* to .*\)\n/);
    expect(out).toMatch(
      /\n +near saturation: an error of [\d.]+ % of the step times grows to -\d.* % to \+\d.* % of the P\d\d /,
    );
  });

  it('gives the same to programs', async () => {
    const report = JSON.parse((await cli(...chat, 'rate=0.5', '--json')).out);
    const { band } = report;
    expect(band).toMatchObject({
      stepError: devices['rtx-4090'].error.p95,
      stepErrorQuantile: 'p95',
      loadUnknown: null,
    });
    expect(band.load.low).toBeGreaterThan(0.1);
    expect(band.load.high).toBeLessThan(0.2);
    for (const name of ['ttftP50Ms', 'itlP50Ms', 'tpotP90Ms', 'e2eP99Ms']) {
      const { value, low, high } = band[name];
      expect(value, name).toBe(report[name]);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
    expect(band.outputTokensPerS.low).toBeLessThanOrEqual(report.outputTokensPerS);
  });

  it('says why there is none', async () => {
    const { out } = await cli('run', 'tiny-paged', '--band', '--set', 'device=l4');
    expect(out).toMatch(/load +no load: fewer than a hundred requests\n/);
    expect(out).toMatch(/band +none: no step of this device and these phases was compared with a measured one\n/);
  });

  it("is not for policies of one's own", async () => {
    const { code, notes } = await cli('run', 'tiny-paged', '--band', '--policy', 'x.ts');
    expect(code).toBe(2);
    expect(notes.join()).toContain('--band: not together with --policy');
  });
});
