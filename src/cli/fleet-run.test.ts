/** Threads run the bundled program, which tests of the sources do not have: the command as people start it. */

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

function run(...more: string[]) {
  const args = ['tools/cli.mjs', 'run', 'azure-chat', '--set', 'requests=300', '--set', 'rate=40', ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, out: stdout, notes: stderr.split('\n').filter((line) => line !== '') };
}

const fleet = ['--set', 'replicas=4'];
const looking = [...fleet, '--set', 'router=least-requests'];

describe('run --workers', () => {
  it('gives the same figures, whatever the number of threads', () => {
    const reports = ['1', '9'].map((workers) => {
      const { code, out, notes } = run(...fleet, '--workers', workers, '--json');
      expect([code, notes]).toEqual([0, []]);
      const { wallMs, coldMs, ...report } = JSON.parse(out);
      return report;
    });
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[0].fleet).toMatchObject({ coupling: null, attempts: 300 });
    expect(reports[0].fleet.regretMeanTokens).toBeGreaterThan(0);
  });

  it('leaves out the regret alone where that is asked for', () => {
    const { out } = run(...fleet, '--workers', '2', '--no-regret', '--json');
    const { out: with_ } = run(...fleet, '--json');
    const [without, known] = [JSON.parse(out), JSON.parse(with_)];
    expect(without.fingerprint).toBe(known.fingerprint);
    expect(without.fleet).toEqual({ ...known.fleet, regretMeanTokens: null });
  });

  it('says why it has no effect', () => {
    expect(run(...looking, '--workers', '2', '--no-regret').notes).toEqual([
      '--workers: without effect, since the router looks at the replicas',
      '--no-regret: without effect, since the router looks at the replicas',
    ]);
    expect(run(...fleet, '--set', 'client-timeout-s=9', '--workers', '2').notes).toEqual([
      '--workers: without effect, since clients give up after a time',
    ]);
    expect(run('--workers', '2').notes).toEqual(['--workers: without effect, since it is one engine alone']);
    expect(run(...looking).out).toMatch(/coupling +the router looks at the replicas: all of them in one thread\n/);
    expect(run(...fleet, '--workers', 'two')).toMatchObject({
      code: 2,
      notes: ['tokenyard: --workers: found "two", expected 1..64'],
    });
  });
});
