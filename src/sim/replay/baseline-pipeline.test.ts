/** Recorded pipelines, run by the simulation itself: the same batches, and the same slots in which there is none. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EntryFlag } from '../batch.ts';
import type { CostModel } from '../gpu/cost.ts';
import { pipelineCost } from '../gpu/pipeline.ts';
import { RequestTable } from '../request.ts';
import { type Observer, Simulation } from '../simulation.ts';
import type { Source } from '../source.ts';
import { toyCost } from '../testing.ts';
import { type BaselineCase, type BaselineSuite, configOf } from './baseline-replay.ts';

type Run = readonly (readonly [number, number])[];

/**
 * What is scheduled in each iteration. An iteration is a try of the scheduler, since a full pipeline ends its oldest batch
 * in the iteration that filled it; requests arrive in the one that is recorded for them.
 */
function iterationsOf(suite: BaselineSuite['suite'], recorded: BaselineCase): Run[] {
  const { requests, config } = recorded;
  const table = new RequestTable(requests.length);
  const runs: Run[] = [];
  const source: Source = {
    requests: table,
    classes: ['request'],
    next(nowUs) {
      while (table.count < requests.length && requests[table.count].at <= runs.length) {
        const { prompt, output } = requests[table.count];
        table.push({ arrivalUs: nowUs, promptTokens: prompt, outputTokens: output });
      }
      // Asked again at the next try, as long as somebody is to come.
      return table.count < requests.length ? nowUs : Number.POSITIVE_INFINITY;
    },
    finished() {},
    save: () => null,
    restore() {},
  };
  const observer: Observer = {
    launched(_, batch) {
      runs.push(
        Array.from({ length: batch.count }, (_, i): [number, number] => [
          batch.request[i],
          (batch.flags[i] & EntryFlag.prefill) === 0 ? 0 : batch.tokens[i],
        ]),
      );
    },
    stalled: () => runs.push([]),
    idle() {
      // Nobody is there until the next one comes.
      while (runs.length < requests[table.count].at) runs.push([]);
    },
    rejected() {},
  };
  const stages: CostModel[] = Array.from({ length: config.pipeline_stages }, () => toyCost);
  const simulation = new Simulation(
    configOf(suite, recorded),
    source,
    pipelineCost(stages, () => 0),
    observer,
  );
  for (let i = 0; i < recorded.steps.length && simulation.next(); i++);
  return runs;
}

it.each(['vllm', 'sarathi', 'orca', 'faster_transformer', 'simple_chunking'])('%s', (name) => {
  const file = new URL(`../../../fixtures/recorded/baselines/${name}.json`, import.meta.url);
  const { suite, cases }: BaselineSuite = JSON.parse(readFileSync(file, 'utf8'));
  const pipelines = cases.filter(({ config }) => config.pipeline_stages > 1);
  let idle = 0;
  for (const recorded of pipelines) {
    const ours = iterationsOf(suite, recorded);
    const theirs = recorded.steps.map(({ run }) => run ?? []);
    const busy = recorded.steps.map(({ i }) => ours[i] ?? []);
    expect(busy, `${name} ${recorded.seed}`).toEqual(theirs);
    idle += theirs.filter((run) => run.length === 0).length;
  }
  expect(pipelines.length).toBeGreaterThan(0);
  expect(idle).toBeGreaterThan(0);
});
