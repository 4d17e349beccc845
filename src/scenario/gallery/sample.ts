/** What thumbnails draw, read from runs: small columns that a file can hold. */

import { EntryFlag } from '../../sim/batch.ts';
import { Status } from '../../sim/request.ts';
import { Simulation } from '../../sim/simulation.ts';
import { build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import type { Simulated } from '../simulate.ts';
import { type Stay, thumbColumns, thumbRows, thumbSteps } from './thumb.ts';

/** One bar a request, from the first that arrives in the time shown on. */
export function sampleRows(knobs: Knobs, fromUs: number, toUs: number): string[] {
  const simulation = simulationOf(knobs);
  const { sequences } = simulation.engine;
  const { requests, status } = sequences;
  const columnUs = (toUs - fromUs) / thumbColumns;
  const cells = new Map<number, Stay[]>();
  let shown: number | undefined;
  const mark = (request: number, startUs: number, endUs: number, stay: Stay) => {
    if (shown === undefined || request < shown || request >= shown + thumbRows) return;
    const row = cells.get(request) ?? new Array<Stay>(thumbColumns).fill('.');
    cells.set(request, row);
    const from = Math.max(0, Math.floor((startUs - fromUs) / columnUs));
    const to = Math.min(thumbColumns, Math.max(from + 1, Math.round((endUs - fromUs) / columnUs)));
    // A short stretch of work is not hidden by the waiting around it.
    for (let c = from; c < to; c++) if (row[c] === '.' || stay !== 'w') row[c] = stay;
  };

  let waitedFromUs = 0;
  while (simulation.next()) {
    const batch = simulation.lastBatch;
    if (batch.endUs >= fromUs) {
      shown ??= firstArrival(requests.arrivalUs, simulation.arrived, fromUs);
      const last = Math.min(simulation.arrived, (shown ?? 0) + thumbRows);
      const works = new Set<number>();
      for (let i = 0; i < batch.count; i++) {
        works.add(batch.request[i]);
        mark(batch.request[i], batch.startUs, batch.endUs, stayOf(batch.flags[i]));
      }
      for (let r = shown ?? last; r < last; r++) {
        if (works.has(r)) continue;
        if (status[r] === Status.waiting || status[r] === Status.running)
          mark(r, Math.max(requests.arrivalUs[r], waitedFromUs), batch.endUs, 'w');
        else if (status[r] === Status.preempted) mark(r, waitedFromUs, batch.endUs, 'l');
      }
    }
    waitedFromUs = batch.endUs;
    if (batch.startUs > toUs) break;
  }
  return [...cells.keys()].toSorted((a, b) => a - b).map((request) => packed(cells.get(request) ?? []));
}

/** Steps that end in the time shown, the first `thumbSteps` of them. */
export function sampleSteps(knobs: Knobs, fromUs: number, toUs: number): number[] {
  const simulation = simulationOf(knobs);
  const steps: number[] = [];
  while (steps.length < 4 * thumbSteps && simulation.next()) {
    const { startUs, endUs, prefillTokens, decodeTokens, paddingTokens } = simulation.lastBatch;
    if (startUs >= toUs) break;
    if (endUs > fromUs) steps.push(endUs - fromUs, prefillTokens, decodeTokens, paddingTokens);
  }
  return steps;
}

/** Use of the KV pool over time. */
export function sampleMemory({ account, built }: Simulated, fromUs: number, toUs: number): number[] {
  const { series } = account;
  const places = built.facts.blocks * built.facts.blockSize;
  const columnUs = (toUs - fromUs) / thumbColumns;
  const shares: number[] = [];
  for (let column = 0; column < thumbColumns; column++) {
    const first = Math.floor((fromUs + column * columnUs) / series.binUs);
    const last = Math.max(first + 1, Math.ceil((fromUs + (column + 1) * columnUs) / series.binUs));
    let held = 0;
    let empty = 0;
    for (let bin = first; bin < Math.min(last, series.count); bin++) {
      held += series.usedBlocksUs[bin] * built.facts.blockSize;
      empty += series.wastedTokensUs[bin];
    }
    const whole = places * series.binUs * (last - first);
    shares.push(share((held - empty) / whole), share(empty / whole));
  }
  return shares;
}

function simulationOf(knobs: Knobs): Simulation {
  const built = build(knobs);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost } = built.value;
  const simulation = new Simulation(config, source, cost);
  simulation.engine.policy.watch(true);
  return simulation;
}

function firstArrival(arrivalUs: Float64Array, arrived: number, fromUs: number): number | undefined {
  for (let r = 0; r < arrived; r++) if (arrivalUs[r] >= fromUs) return r;
  return undefined;
}

function stayOf(flags: number): Stay {
  if ((flags & EntryFlag.idle) !== 0) return 'i';
  if ((flags & EntryFlag.recompute) !== 0) return 'r';
  return (flags & EntryFlag.prefill) !== 0 ? 'p' : 'd';
}

/** Equal cells in a row become their number and the letter. */
function packed(cells: readonly Stay[]): string {
  let text = '';
  for (let i = 0; i < cells.length; ) {
    let end = i;
    while (end < cells.length && cells[end] === cells[i]) end++;
    text += `${end - i}${cells[i]}`;
    i = end;
  }
  return text;
}

const share = (x: number): number => Number(Math.max(0, x).toFixed(3));
