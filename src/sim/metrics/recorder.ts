import type { Batch } from '../batch.ts';
import type { CostModel } from '../gpu/cost.ts';
import { reservedTokens } from '../memory/reserved.ts';
import { Status } from '../request.ts';
import type { Observer, Simulation } from '../simulation.ts';
import { distributionOf, fromHistogram } from './distribution.ts';
import { EventRecorder } from './events.ts';
import { ExternalBlocks } from './external-blocks.ts';
import type { Distribution, EventColumns, LatencyMetric, Outcomes, Series, StageSeries, Summary } from './result.ts';
import { SeriesRecorder, type Stretch } from './series.ts';
import { tpotUsOf, ttftUsOf } from './summarise.ts';

/** Collects everything a run amounts to while it goes on. */
export class Recorder implements Observer {
  private readonly series: SeriesRecorder;
  private readonly events = new EventRecorder();
  private readonly external = new ExternalBlocks();
  private readonly cost: CostModel;
  private readonly peakFlopsPerS: number;
  private readonly peakBytesPerS: number;
  private readonly stepsByBound = [0, 0, 0, 0, 0];
  private busyUs = 0;
  private readonly stageBusyUs: Float64Array;
  private communicationUs = 0;
  private endUs = 0;
  private computedTokens = 0;
  private recomputedTokens = 0;
  private paddingTokens = 0;
  private hitTokens = 0;
  private prefillTokens = 0;
  private flops = 0;
  private bytes = 0;
  private usedBlocksUs = 0;
  private wastedTokensUs = 0;
  /** The same while nothing runs: it counts once another step comes, since the run ends with its last one. */
  private idleBlocksUs = 0;
  private idleWastedUs = 0;
  /** End of the last stretch, be it idle. */
  private recordedUs = 0;
  private peakBlocks = 0;
  private runningUs = 0;
  private peakRunning = 0;
  private readonly stretch: Stretch = { ...nothing };

  /** Datasheet rates of the device, the bases of MFU and MBU. */
  constructor(cost: CostModel, peakFlopsPerS: number, peakBytesPerS = 0) {
    this.cost = cost;
    this.stageBusyUs = new Float64Array(cost.stages?.count ?? 1);
    this.series = new SeriesRecorder(this.stageBusyUs.length);
    this.peakBytesPerS = peakBytesPerS;
    this.peakFlopsPerS = peakFlopsPerS;
  }

  launched(simulation: Simulation, batch: Batch): void {
    const { memory, policy } = simulation.engine;
    // In a pipeline steps run beside each other: each stands for the time by which it ends later than the one before.
    const startUs = Math.max(batch.startUs, this.endUs);
    const durationUs = batch.endUs - startUs;
    const usedBlocks = memory.usableBlocks - memory.freeBlocks;
    this.stepsByBound[batch.bound]++;
    this.busyUs += durationUs;
    this.endUs = batch.endUs;
    for (let stage = 0; stage < this.stageBusyUs.length; stage++)
      this.stageBusyUs[stage] += batch.stageEndUs[stage] - batch.stageStartUs[stage];
    if (this.cost.communicationUs !== undefined) this.communicationUs += this.cost.communicationUs(batch.shape);
    this.computedTokens += batch.prefillTokens + batch.decodeTokens;
    this.recomputedTokens += batch.recomputedTokens;
    this.paddingTokens += batch.paddingTokens;
    this.hitTokens += batch.hitTokens;
    this.prefillTokens += batch.prefillTokens;
    this.flops += this.cost.flops(batch.shape);
    if (this.cost.bytes !== undefined) this.bytes += this.cost.bytes(batch.shape);
    this.usedBlocksUs += usedBlocks * durationUs + this.idleBlocksUs;
    this.wastedTokensUs += memory.wastedTokens * durationUs + this.idleWastedUs;
    this.idleBlocksUs = 0;
    this.idleWastedUs = 0;
    this.recordedUs = Math.max(this.recordedUs, batch.endUs);
    if (usedBlocks > this.peakBlocks) this.peakBlocks = usedBlocks;
    const running = policy.running.length;
    this.runningUs += running * durationUs;
    if (running > this.peakRunning) this.peakRunning = running;
    const { stretch } = this;
    stretch.step = batch.step;
    stretch.startUs = startUs;
    stretch.endUs = batch.endUs;
    stretch.isBusy = true;
    stretch.prefillTokens = batch.prefillTokens;
    stretch.decodeTokens = batch.decodeTokens;
    stretch.paddingTokens = batch.paddingTokens;
    stretch.waiting = policy.waitingCount;
    stretch.running = running;
    stretch.usedBlocks = usedBlocks;
    stretch.wastedTokens = memory.wastedTokens;
    if (memory.preallocates) {
      // What single requests have computed may be kept lazily.
      policy.settle();
      stretch.reservedTokens = Math.min(reservedTokens(simulation.engine), memory.wastedTokens);
    }
    if (memory.unusableBlocks !== undefined) stretch.externalBlocks = this.external.blocks(simulation);
    stretch.cachedBlocks = memory.cachedBlocks;
    stretch.preemptions = batch.preemptions;
    this.series.add(stretch);
    if (this.stageBusyUs.length > 1) this.addStages(batch);
    this.events.launched(simulation, batch);
  }

  private addStages({ stageStartUs, stageEndUs, prefillTokens, decodeTokens }: Batch): void {
    for (let stage = 0; stage < this.stageBusyUs.length; stage++)
      this.series.addStage(stage, stageStartUs[stage], stageEndUs[stage], prefillTokens > 0, decodeTokens > 0);
  }

  idle(fromUs: number, toUs: number, { engine }: Simulation): void {
    const waiting = engine.policy.waitingCount;
    const { cachedBlocks, usableBlocks, freeBlocks, wastedTokens } = engine.memory;
    // An engine that has nothing to run may hold blocks that others are still to fetch, or that wait for their KV.
    const usedBlocks = usableBlocks - freeBlocks;
    if (waiting === 0 && cachedBlocks === 0 && usedBlocks === 0) return;
    this.idleBlocksUs += usedBlocks * (toUs - fromUs);
    this.idleWastedUs += wastedTokens * (toUs - fromUs);
    this.recordedUs = Math.max(this.recordedUs, toUs);
    const levels = { waiting, cachedBlocks, usedBlocks, wastedTokens };
    Object.assign(this.stretch, nothing, { startUs: fromUs, endUs: toUs, ...levels });
    this.series.add(this.stretch);
  }

  rejected(simulation: Simulation, request: number): void {
    this.events.rejected(simulation, request);
  }

  /** The account of a run that has ended (or was stopped). */
  finish(simulation: Simulation): RunAccount {
    const outcomes = readOutcomes(simulation);
    const { clock, memory } = simulation.engine;
    const { steps } = simulation;
    const durationUs = Math.max(this.endUs, 1);
    let promptTokens = 0;
    let outputTokens = 0;
    let queueingUs = 0;
    let normalisedUs = 0;
    for (let r = 0; r < outcomes.count; r++) {
      promptTokens += outcomes.promptTokens[r];
      outputTokens += outcomes.outputTokens[r];
      if (outcomes.status[r] !== Status.finished) continue;
      queueingUs += outcomes.firstScheduledUs[r] - outcomes.arrivalUs[r];
      normalisedUs += (outcomes.finishUs[r] - outcomes.arrivalUs[r]) / outcomes.outputTokens[r];
    }
    const wantedTokens = this.hitTokens + this.prefillTokens;
    const count = (status: number): number => outcomes.status.reduce((sum, s) => sum + (s === status ? 1 : 0), 0);
    const finished = count(Status.finished);
    const perS = 1e6 / durationUs;
    const summary: Summary = {
      requests: outcomes.count,
      finished,
      rejected: count(Status.rejected),
      aborted: count(Status.aborted),
      steps,
      durationUs,
      busyUs: this.busyUs,
      promptTokens,
      outputTokens,
      computedTokens: this.computedTokens,
      recomputedTokens: this.recomputedTokens,
      paddingTokens: this.paddingTokens,
      hitTokens: this.hitTokens,
      preemptions: simulation.preemptions,
      outputTokensPerS: outputTokens * perS,
      requestsPerS: finished * perS,
      gpuUtilisation: this.busyUs / durationUs,
      mfu: this.flops / ((this.peakFlopsPerS * durationUs) / 1e6),
      mbu:
        this.cost.bytes !== undefined && this.peakBytesPerS > 0
          ? this.bytes / ((this.peakBytesPerS * durationUs) / 1e6)
          : null,
      hitRate: wantedTokens > 0 ? this.hitTokens / wantedTokens : 0,
      queueingMeanUs: finished > 0 ? queueingUs / finished : Number.NaN,
      normalisedUs: finished > 0 ? normalisedUs / finished : Number.NaN,
      runningMean: this.runningUs / durationUs,
      runningPeak: this.peakRunning,
      kvUseMean: this.usedBlocksUs / (memory.usableBlocks * durationUs),
      kvUsePeak: this.peakBlocks / memory.usableBlocks,
      fragmentation: this.usedBlocksUs > 0 ? this.wastedTokensUs / (this.usedBlocksUs * memory.blockSize) : 0,
      stepsByBound: this.stepsByBound.slice(),
    };
    return {
      summary,
      stages: {
        busyUs: this.stageBusyUs.slice(),
        bubbleShare: bubbleShare(this.stageBusyUs, this.busyUs),
        communicationUs: this.communicationUs,
      },
      recordedUs: this.recordedUs,
      outcomes,
      distributions: {
        ...latencies(outcomes),
        itl: fromHistogram(clock.itl),
      },
      series: this.series.finish(steps),
      stageSeries: this.series.finishStages(),
      events: this.events.finish(),
    };
  }
}

/** What a `Recorder` has to say. */
export interface RunAccount {
  readonly summary: Summary;
  readonly stages: StageAccount;
  /** Up to when the series tells: past the last step where blocks are held, or kept in the cache, after it. */
  readonly recordedUs: number;
  readonly outcomes: Outcomes;
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  readonly series: Series;
  readonly stageSeries: StageSeries;
  readonly events: EventColumns;
}

/** What the stages of a pipeline did; a GPU that does everything is the only one. */
export interface StageAccount {
  /** Time of each stage in which a step is there. */
  readonly busyUs: Float64Array;
  /** Share of the stages' time in which a stage has nothing to do although a step runs somewhere: 1 - busy / (stages x span). */
  readonly bubbleShare: number;
  /** Time, within the steps and between their stages, in which devices send each other something. */
  readonly communicationUs: number;
}

/** `spanUs`: time in which any stage has a step, or one is on its way between two. */
export function bubbleShare(busyUs: Float64Array, spanUs: number): number {
  if (busyUs.length === 1 || spanUs === 0) return 0;
  let all = 0;
  for (const us of busyUs) all += us;
  return 1 - all / (busyUs.length * spanUs);
}

/** Nothing runs. */
const nothing: Stretch = {
  step: -1,
  startUs: 0,
  endUs: 0,
  isBusy: false,
  prefillTokens: 0,
  decodeTokens: 0,
  paddingTokens: 0,
  running: 0,
  usedBlocks: 0,
  wastedTokens: 0,
  reservedTokens: 0,
  externalBlocks: 0,
  cachedBlocks: 0,
  waiting: 0,
  preemptions: 0,
};

/** What happened to every request that has arrived so far. */
export function readOutcomes(simulation: Simulation): Outcomes {
  const { sequences } = simulation.engine;
  const { requests } = sequences;
  const count = simulation.arrived;
  return {
    count,
    arrivalUs: requests.arrivalUs.slice(0, count),
    promptTokens: requests.promptTokens.slice(0, count),
    outputTokens: sequences.generated.slice(0, count),
    firstScheduledUs: sequences.firstScheduledUs.slice(0, count),
    firstTokenUs: sequences.firstTokenUs.slice(0, count),
    finishUs: sequences.finishUs.slice(0, count),
    preemptions: sequences.preemptions.slice(0, count),
    status: sequences.status.slice(0, count),
    klass: requests.klass.slice(0, count),
    user: requests.user.slice(0, count),
  };
}

/** Latencies that a request has one of, over those that finished. */
export function latencies(outcomes: Outcomes): Record<'ttft' | 'tpot' | 'e2e', Distribution> {
  return {
    ttft: perRequest(outcomes, (r) => ttftUsOf(outcomes, r)),
    tpot: perRequest(outcomes, (r) => tpotUsOf(outcomes, r)),
    e2e: perRequest(outcomes, (r) => outcomes.finishUs[r] - outcomes.arrivalUs[r]),
  };
}

/** Over finished requests; `value` is NaN for requests that have none. */
function perRequest(outcomes: Outcomes, value: (request: number) => number): Distribution {
  const values = new Float64Array(outcomes.count);
  for (let r = 0; r < outcomes.count; r++) {
    values[r] = outcomes.status[r] === Status.finished ? value(r) : Number.NaN;
  }
  return distributionOf(values);
}
