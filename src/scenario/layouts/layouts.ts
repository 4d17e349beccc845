/** What can be done with a fixed number of GPUs: all ways to divide them among replicas, and what each does with the same traffic. */

import { type Slo, summarise } from '../../sim/metrics/summarise.ts';
import type { Materials } from '../build.ts';
import { decodeDeviceOf, prefillsOf } from '../fleet/knobs.ts';
import type { Knobs } from '../knobs.ts';
import type { Problem } from '../problem.ts';
import { findKnob, isRead, knobEntry } from '../registry.ts';
import { type Simulated, simulateScenario } from '../simulate.ts';
import { differences, withValue } from '../value.ts';
import { type LinkUse, linksOf } from './links.ts';

/** How many GPUs do what. */
export interface Layout {
  /** GPUs that share every layer, and stages of layers: a replica has tensor times pipeline GPUs. */
  readonly tensor: number;
  readonly pipeline: number;
  readonly replicas: number;
  /** Replicas that prefill only, the others decode; 0 = each does both. */
  readonly prefills: number;
  /** GPUs that are left over. */
  readonly idle: number;
}

export interface LayoutCase {
  readonly layout: Layout;
  readonly knobs: Knobs;
}

/** What a layout does with the traffic. */
export interface LayoutResult extends LayoutCase {
  /** Share of the requests within the objective, and their number a second. */
  readonly attainment: number;
  readonly goodputPerS: number;
  readonly ttftP50Us: number;
  readonly ttftP99Us: number;
  readonly tpotP50Us: number;
  readonly tpotP99Us: number;
  /** Tokens that the KV memories of all replicas have room for. */
  readonly kvTokens: number;
  /** The links that its times depend on, and how well they are known. */
  readonly links: readonly LinkUse[];
}

export type LayoutRow =
  | ({ readonly ok: true } & LayoutResult)
  | ({ readonly ok: false; readonly problems: readonly Problem[] } & LayoutCase);

/** Shares of replicas that prefill. */
const prefillShares = [
  [1, 4],
  [1, 3],
  [1, 2],
  [2, 3],
] as const;

/** All layouts of `gpus` GPUs: those that cannot be built say so when they are simulated. */
export function layoutsOf(base: Knobs, gpus: number): readonly LayoutCase[] {
  const cases: LayoutCase[] = [];
  for (const tensor of powersUpTo(mostOf('tensor-parallel-size'))) {
    for (const pipeline of powersUpTo(mostOf('pipeline-parallel-size'))) {
      const ofReplica = tensor * pipeline;
      if (ofReplica > gpus || (pipeline > 1 && !takes(base, 'pipeline-parallel-size'))) continue;
      const replicas = Math.min(mostOf('replicas'), Math.floor(gpus / ofReplica));
      const plain = withLayout(base, { tensor, pipeline, replicas, prefills: 0 });
      const layout = { tensor, pipeline, replicas, idle: gpus - replicas * ofReplica };
      cases.push({ layout: { ...layout, prefills: 0 }, knobs: plain });
      for (const prefills of prefillNumbers(replicas)) {
        const knobs = withLayout(base, { tensor, pipeline, replicas, prefills });
        if (prefillsOf(knobs) === prefills) cases.push({ layout: { ...layout, prefills }, knobs });
      }
    }
  }
  return cases;
}

/** The device on which layouts decode that split, where it is not that of the scenario: their GPUs are of two kinds. null = all are of one. */
export function otherDeviceOf(cases: readonly LayoutCase[]): string | null {
  const other = cases.find(({ knobs }) => decodeDeviceOf(knobs) !== knobs.device);
  return other === undefined ? null : decodeDeviceOf(other.knobs);
}

/** The largest value of a knob that is a number. */
function mostOf(name: string): number {
  return (knobEntry(name) as { readonly max: number }).max;
}

function powersUpTo(most: number): readonly number[] {
  const powers: number[] = [];
  for (let power = 1; power <= most; power *= 2) powers.push(power);
  return powers;
}

function prefillNumbers(replicas: number): readonly number[] {
  if (replicas < 2) return [];
  const numbers = prefillShares.map(([part, of]) => Math.round((replicas * part) / of));
  return [...new Set(numbers)].filter((n) => n > 0 && n < replicas);
}

/** Knobs that a layout sets: ranks that it does not know of would need more GPUs than it says, so there are none. */
const valuesOf = ({ tensor, pipeline, replicas, prefills }: Omit<Layout, 'idle'>) => ({
  'tensor-parallel-size': tensor,
  'pipeline-parallel-size': pipeline,
  'prefill-context-parallel-size': 1,
  'data-parallel-size': 1,
  replicas,
  'prefill-replicas': prefills,
  replica: 0,
});

export const layoutKnobNames: readonly string[] = Object.keys(
  valuesOf({ tensor: 1, pipeline: 1, replicas: 1, prefills: 0 }),
);

/** A scenario on another layout of GPUs. */
export function withLayout(knobs: Knobs, layout: Omit<Layout, 'idle'>): Knobs {
  return Object.entries(valuesOf(layout)).reduce((laid, [name, value]) => withValue(laid, name, value), knobs);
}

/** Whether a scenario is laid out so, whichever of its replicas is looked at. */
export function isLaidOut(knobs: Knobs, layout: Layout): boolean {
  return differences(withLayout(knobs, layout), knobs).every((name) => name === 'replica');
}

/** Where somebody waits for the answers, a layout is given so many requests at most. */
export const SAMPLED_REQUESTS = 1000;

/** The beginning of a long traffic. */
export function sampleOf(knobs: Knobs): Knobs {
  return { ...knobs, requests: Math.min(knobs.requests, SAMPLED_REQUESTS) };
}

function takes(knobs: Knobs, name: string): boolean {
  const entry = findKnob(name);
  return entry !== undefined && isRead(entry, knobs);
}

/** Simulates a layout's traffic to its end. */
export function simulateLayout(each: LayoutCase, materials: Materials, slo: Slo): LayoutRow {
  const simulated = simulateScenario(each.knobs, materials);
  return simulated.ok ? layoutRow(each, simulated.value, slo) : { ok: false, ...each, problems: simulated.problems };
}

/** What a simulated layout came to. */
export function layoutRow({ layout, knobs }: LayoutCase, { built, replicas, account }: Simulated, slo: Slo): LayoutRow {
  const { attainment, goodputPerS, ttft, tpot } = summarise(account.outcomes, { slo });
  return {
    ok: true,
    layout,
    knobs,
    attainment,
    goodputPerS,
    ttftP50Us: ttft.p50Us,
    ttftP99Us: ttft.p99Us,
    tpotP50Us: tpot.p50Us,
    tpotP99Us: tpot.p99Us,
    kvTokens: replicas.reduce((sum, { facts }) => sum + facts.blocks * facts.blockSize, 0),
    links: linksOf(layout, knobs, built.topology),
  };
}

/** Goodputs within this share of the best one count as equal: when the last request ends makes as much of a difference. */
export const CLOSE = 0.01;

/** Best first: by goodput in steps of a hundredth of the best one, then by the time to the first token; what cannot be built comes last. */
export function bestFirst(rows: readonly LayoutRow[]): readonly LayoutRow[] {
  const most = Math.max(...rows.map((row) => (row.ok ? row.goodputPerS : 0)));
  const lost = (row: LayoutResult) => (most > 0 ? Math.floor((1 - row.goodputPerS / most) / CLOSE) : 0);
  return [...rows].sort((a, b) => {
    if (!a.ok || !b.ok) return Number(b.ok) - Number(a.ok);
    return lost(a) - lost(b) || a.ttftP99Us - b.ttftP99Us || 0;
  });
}
