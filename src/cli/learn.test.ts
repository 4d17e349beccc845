import { describe, expect, it } from 'vitest';
import { runCommandLine } from './main.ts';

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

const chat = ['learned-lengths', '--set', 'requests=600'];

describe('learn', () => {
  it('prints predictors beside the oracle, with what each loses', async () => {
    const { code, out, notes } = await cli('learn', ...chat);
    expect(code).toBe(0);
    expect(notes).toEqual(['seed 7: none', 'seed 7: learned', 'seed 7: noisy', 'seed 7: oracle']);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'prediction',
      'none',
      'learned',
      'noisy 0.5',
      'oracle',
    ]);
    expect(lines[4]).toMatch(/ 0\.000 +0 s +0 s$/);
  });

  it('gives the same as one object, seed by seed', async () => {
    const { out } = await cli('learn', ...chat, '--seeds', '2', '--json');
    const { what, seeds } = JSON.parse(out);
    expect(what).toBe('predictor');
    expect(seeds.map((each: { seed: number }) => each.seed)).toEqual([7, 8]);
    const [none, learned, , oracle] = seeds[0].rows;
    expect(none).toMatchObject({ prediction: 'none', finished: 600, logError: null, logErrorOverTime: [] });
    expect(learned.logErrorOverTime).toHaveLength(60);
    expect(oracle).toMatchObject({ prediction: 'oracle', logError: 0, regretE2eMs: 0, regretPerTokenMs: 0 });
    expect(learned.regretE2eMs).toBeCloseTo(learned.e2eMeanMs - oracle.e2eMeanMs, 6);
  });

  it('prints the bandit beside each of its arms', async () => {
    const args = ['learn', 'bandit-budget', '--what', 'token-budget', '--set', 'requests=600'];
    const { out } = await cli(...args);
    expect(out).toMatch(/^ +reward +share +regret +windows\nbandit .*\n8192.*\n2048.*\n512.*\n$/);
    expect(out).toMatch(/\(best\)/);
    const [seed] = JSON.parse((await cli(...args, '--json')).out).seeds;
    const sum = (name: string) => seed.windows.reduce((total: number, w: Record<string, number>) => total + w[name], 0);
    expect(sum('ended')).toBe(600);
    expect(sum('kept')).toBe(seed.reward);
    expect(seed.regret).toBe(Math.max(...seed.rewardOfArms) - seed.reward);
    expect(seed.regretOverTime.at(-1).requests).toBe(seed.regret);
  });

  it.each([
    [['learn'], /SCENARIO: missing/],
    [
      ['learn', 'azure-chat', '--what', 'weather'],
      /--what: found "weather", expected predictor\|token-budget\|queue-order/,
    ],
    [['learn', 'static-against-continuous', '--what', 'token-budget'], /bandit: budget is fixed, found "token-budget"/],
  ])('says what is wrong: %j', async (args, message) => {
    const { code, notes } = await cli(...args);
    expect(code).toBe(2);
    expect(notes.join('\n')).toMatch(message);
  });
});
