import { describe, expect, it } from 'vitest';
import { build } from '../../scenario/build.ts';
import type { Knobs } from '../../scenario/knobs.ts';
import { presets } from '../../scenario/presets.ts';
import { Fate } from './fates.ts';
import { Fleet } from './fleet.ts';
import { accountOf, type FleetAccount } from './fleet-account.ts';
import { plainFleet } from './fleet-config.ts';
import { routerNames } from './routers/routers.ts';

const REPLICAS = 4;

/** Four replicas of an engine under the whole traffic. */
function serve(knobs: Knobs, kind: string, settings = {}): FleetAccount {
  const built = build(knobs);
  if (!built.ok) throw new Error(built.problems[0].code);
  const { config, cost, device, source } = built.value;
  const spec = {
    role: 'serve',
    config,
    cost,
    peakFlopsPerS: device.peakFlops,
    peakBytesPerS: device.peakBytesPerS,
  } as const;
  const instances = Array.from({ length: REPLICAS }, () => spec);
  const fleet = new Fleet({ ...plainFleet, instances, router: { kind, seed: 1, settings } }, source);
  while (!fleet.advance(10_000));
  return accountOf(fleet);
}

const chat = presets.find(({ id }) => id === 'azure-chat')?.knobs as Knobs;

/** Conversations of six questions each; every group of them begins with the same 1000 tokens. */
const conversations: Knobs = {
  ...chat,
  workload: 'sessions',
  requests: 600,
  rate: 12,
  'kv-tokens': 100_000,
  turns: 6,
  branches: 1,
  rounds: 1,
  'prefix-groups': 12,
  'prefix-tokens': 1000,
};

describe('routers under real traffic', () => {
  it('that count waiting requests only load replicas very unevenly; to count running ones as well cures it', () => {
    const knobs = { ...chat, rate: 12, requests: 600 };
    const alone = serve(knobs, 'least-waiting').summary;
    const both = serve(knobs, 'least-waiting-and-running').summary;
    // 1 = even, 4 = one replica does everything.
    expect(alone.imbalance).toBeGreaterThan(2);
    expect(both.imbalance).toBeLessThan(1.15);
  });

  it('that keep conversations or prefixes together find more in caches than round robin', () => {
    const turns = serve(conversations, 'round-robin').summary;
    for (const kind of ['session-affinity', 'sticky', 'prefix-hash', 'cache-aware', 'llm-d', 'dynamo', 'dynamo-2025']) {
      const { hitRate, regretTokens } = serve(conversations, kind).summary;
      expect(hitRate, kind).toBeGreaterThan(turns.hitRate + 0.1);
      expect(regretTokens, kind).toBeLessThan(turns.regretTokens / 2);
    }
  });

  it('may refuse requests: those are shed and use no time of an engine', () => {
    const { summary, fate } = serve(conversations, 'mooncake', { 'ttft-slo-ms': 1 });
    expect(summary.steps).toBe(0);
    expect(new Set(fate)).toEqual(new Set([Fate.shed]));
  });

  // TOKENYARD_TABLE=1 prints the table of docs/routers.md.
  it.runIf(process.env.TOKENYARD_TABLE)('are compared', () => {
    const ms = (us: number) => (us / 1000).toFixed(1);
    const rows = routerNames.map((kind) => {
      const { summary, distributions } = serve(conversations, kind);
      const { ttft, tpot } = distributions;
      const times = [ttft.p50Us, ttft.p99Us, tpot.p50Us, tpot.p99Us].map(ms).join(' | ');
      const shares = `${(100 * summary.hitRate).toFixed(1)} | ${summary.imbalance.toFixed(2)}`;
      return `| ${kind} | ${shares} | ${summary.regretTokens.toFixed(0)} | ${times} |`;
    });
    process.stdout.write(`${rows.join('\n')}\n`);
  });
});
