import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import type { CostModel } from '../gpu/cost.ts';
import type { DeviceProfile } from '../gpu/device.ts';
import { withHost } from '../gpu/host-cost.ts';
import { createCost } from '../gpu/operator-cost.ts';
import { withUnfusedLayers } from '../gpu/unfused-layers.ts';
import { RequestTable, Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import type { Source } from '../source.ts';
import {
  areTogether,
  configOf,
  type EngineRun,
  longestOutput,
  modelOfRun,
  type RecordedRequest,
  type Submission,
  submissionOf,
  unfusedOf,
} from './transformers-runs.ts';

/** Times of one request, seconds. `tokens` are those that were asked for. */
export interface SimulatedTimes {
  readonly arrivalS: number;
  readonly scheduledS: number;
  readonly firstS: number;
  readonly finishS: number;
  readonly tokens: number;
}

export interface SimulatedRun {
  readonly iterations: number;
  readonly preemptions: number;
  readonly requests: readonly SimulatedTimes[];
}

/** A step of `model.generate`, eager, on the recorded machine: 67 to 82 ms whatever the batch, for 32 layers. An observation, not a fit. */
const GENERATE_US_PER_LAYER = 74_500 / 32;

/** Simulates a recorded run from its arrivals and lengths alone, on a clock of its own. */
export function simulateEngineRun(name: string, run: EngineRun, device: DeviceProfile): SimulatedRun {
  const submission = submissionOf(name);
  const source = sourceOf(run.requests, submission);
  const simulation = new Simulation(engineConfigOf(run, submission), source, costOf(name, run, submission, device));
  while (simulation.next());
  const { sequences } = simulation.engine;
  const requests = run.requests.map(([, , tokens], r): SimulatedTimes => {
    if (sequences.status[r] !== Status.finished) throw new Error(`request ${r} of ${name} never ended`);
    return {
      arrivalS: source.arrivalS(r),
      scheduledS: sequences.firstScheduledUs[r] / 1e6,
      firstS: sequences.firstTokenUs[r] / 1e6,
      finishS: source.endS(r) ?? sequences.finishUs[r] / 1e6,
      tokens,
    };
  });
  return { iterations: simulation.steps, preemptions: simulation.preemptions, requests };
}

function engineConfigOf(run: EngineRun, submission: Submission): EngineConfig {
  if (submission.kind === 'open' || submission.by === 'engine') return configOf(run.engine);
  const longest = Math.max(...run.requests.map(([, prompt]) => prompt)) + longestOutput(run.requests);
  return {
    ...defaultEngineConfig(1 + submission.size * longest),
    policy: 'static',
    memory: 'contiguous',
    blockSize: 1,
    batchesInFlight: 1,
    asyncScheduling: false,
    enablePrefixCaching: false,
    maxModelLen: longest,
    maxNumSeqs: submission.size,
    staticBatchSize: submission.size,
    // Who is left over at the end does not wait for others.
    staticTimeoutUs: 0,
  };
}

function costOf(name: string, run: EngineRun, submission: Submission, device: DeviceProfile): CostModel {
  const model = modelOfRun(name);
  const inner = createCost(model, device, { maxTokens: 4096, maxSequences: 1024 });
  if (submission.kind === 'open' || submission.by === 'engine')
    return withUnfusedLayers(inner, model, device, unfusedOf(run));
  return withHost(inner, model, device, { launchUsPerLayer: GENERATE_US_PER_LAYER, stepUs: 0, copiesKv: true });
}

interface RunSource extends Source {
  /** When a request was asked for, which may be before it reached the engine. */
  arrivalS(request: number): number;
  /** When its batch had ended; null where there are no batches. */
  endS(request: number): number | null;
}

function sourceOf(requests: readonly RecordedRequest[], submission: Submission): RunSource {
  return submission.kind === 'open' ? openSource(requests) : barrierSource(requests, submission.size);
}

function openSource(requests: readonly RecordedRequest[]): RunSource {
  const table = new RequestTable(requests.length);
  const lastS = requests.at(-1)?.[3] ?? 0;
  for (const [, promptTokens, outputTokens, arrivalS] of requests)
    table.push({ arrivalUs: micro(areTogether(requests) ? lastS : arrivalS), promptTokens, outputTokens });
  return {
    ...fixed(table),
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    arrivalS: (r) => requests[r][3],
    endS: () => null,
  };
}

/**
 * Batches of `size` in the order of arrival. A batch is submitted when the one before has ended and all its members are there.
 * Where the recording has a batch arrive only after the one before, its members are taken to arrive when they are submitted.
 */
function barrierSource(requests: readonly RecordedRequest[], size: number): RunSource {
  const table = new RequestTable(requests.length);
  const arrivalS: number[] = [];
  const endS: number[] = [];
  let submitted = 0;
  let waiting = 0;

  function submit(nowUs: number): void {
    const batch = requests.slice(submitted, submitted + size);
    const before = requests.slice(Math.max(0, submitted - size), submitted);
    const lastS = Math.max(...batch.map(([, , , arrival]) => arrival));
    const previousEndS = Math.max(0, ...before.map(([, , , , , finish]) => finish));
    const comesAfter = before.length > 0 && batch[0][3] >= previousEndS;
    const startUs = comesAfter ? nowUs : Math.max(nowUs, micro(lastS));
    const longest = longestOutput(batch);
    for (const [, promptTokens, , arrival] of batch) {
      table.push({ arrivalUs: startUs, promptTokens, outputTokens: longest });
      arrivalS.push(comesAfter ? nowUs / 1e6 : arrival);
    }
    submitted += batch.length;
    waiting = batch.length;
  }

  submit(0);
  return {
    ...fixed(table),
    next: () => Number.POSITIVE_INFINITY,
    finished(_request, nowUs) {
      waiting--;
      if (waiting > 0) return;
      for (let r = endS.length; r < submitted; r++) endS.push(nowUs / 1e6);
      if (submitted < requests.length) submit(nowUs);
    },
    arrivalS: (r) => arrivalS[r],
    endS: (r) => endS[r],
  };
}

/** What a source needs that is played once, from its start. */
function fixed(requests: RequestTable): Pick<Source, 'requests' | 'classes' | 'save' | 'restore'> {
  return { requests, classes: ['request'], save: () => null, restore: () => {} };
}

function micro(seconds: number): number {
  return Math.round(seconds * 1e6);
}
