/**
 * The micro-benchmark: opens the GPU, compiles everything, checks every kernel against the CPU, warms the GPU up, measures
 * without pauses, and looks at the end whether the beginning still holds.
 *
 * The order matters. A GPU that has been idle runs at a fraction of its clock, perfectly repeatably, for a quarter of a second
 * and more; whoever compiles or uploads between measurements measures that.
 */

import { compileKernels } from './compile-kernels.ts';
import { type Host, openSession, type Session } from './device.ts';
import { CalibrationError, type Failure, type Phase, toFailure } from './failure.ts';
import { fitPoints, markHeldOut } from './fit.ts';
import { checkShapes, indispensable, type KernelSet, standardKernels, type Task, tasks } from './kernels/kernels.ts';
import { fillGrid } from './kernels/memory.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { measureOverhead } from './overhead.ts';
import { compile } from './pipelines.ts';
import { forSoftware, type Plan, smaller, standardPlan } from './plan.ts';
import { allocatePool, type Pool } from './pool.ts';
import { type CalibrationResult, families, type Notice, type Shape } from './result.ts';
import { createTimer, encodePass } from './timing.ts';
import { warmUp } from './warm-up.ts';
import { bind, checkAll, expectedWords, type ReadyKernel } from './work.ts';

export interface CalibrationProgress {
  readonly phase: Phase;
  /** 0 to 1 over the whole run; never falls, except when a lost device makes the run start again. */
  readonly fraction: number;
}

export interface BenchmarkOptions {
  /** Abort with a `StopReason`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CalibrationProgress) => void;
  readonly plan?: Plan;
  readonly kernels?: KernelSet;
  /** False measures by the wall clock even where timestamps are offered, to compare the two. */
  readonly useTimestamps?: boolean;
}

export type Outcome =
  | { readonly ok: true; readonly result: CalibrationResult }
  | { readonly ok: false; readonly failure: Failure };

/** Share of the whole run at which each phase begins. */
const phaseStart: Record<Phase, number> = {
  adapter: 0,
  compile: 0.02,
  allocate: 0.1,
  check: 0.13,
  'warm-up': 0.18,
  bandwidth: 0.35,
  gemm: 0.4,
  skinny: 0.6,
  'decode-attention': 0.7,
  'prefill-attention': 0.85,
  drift: 0.92,
  overhead: 0.93,
  fit: 0.98,
};
/** The phase in which a task is measured. */
const phaseOf: Record<Task, Phase> = {
  copy: 'bandwidth',
  read: 'bandwidth',
  'gemm-f32': 'gemm',
  'gemm-f16-packed': 'gemm',
  'gemm-f16': 'gemm',
  gemv: 'skinny',
  'skinny-gemm': 'skinny',
  'decode-attention': 'decode-attention',
  'flash-attention': 'prefill-attention',
  'materialised-attention': 'prefill-attention',
};

/** A lost GPU process takes this long to come back in a browser; `requestAdapter` gives null meanwhile. */
const recoveryTries = 8;
const recoveryPauseMs = 500;

/** Runs the whole benchmark. Every failure is an answer; nothing is thrown. */
export async function runBenchmark(host: Host, options: BenchmarkOptions = {}): Promise<Outcome> {
  const plan = options.plan ?? standardPlan;
  try {
    return { ok: true, result: await runOnce(host, plan, options, []) };
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.kind !== 'device-lost') return { ok: false, failure };
    return runAgainSmaller(host, plan, options, failure);
  }
}

async function runAgainSmaller(host: Host, plan: Plan, options: BenchmarkOptions, lost: Failure): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { ok: true, result: await runOnce(host, smaller(plan), options, [{ kind: 'rebuilt-smaller' }]) };
    } catch (thrown) {
      const failure = toFailure(thrown);
      const isGone = failure.kind === 'no-adapter' || failure.kind === 'device-request-failed';
      if (!isGone) return { ok: false, failure };
      if (attempt === recoveryTries) return { ok: false, failure: lost };
      await new Promise((resolve) => setTimeout(resolve, recoveryPauseMs));
    }
  }
}

async function runOnce(
  host: Host,
  wantedPlan: Plan,
  options: BenchmarkOptions,
  earlierNotices: readonly Notice[],
): Promise<CalibrationResult> {
  const report = (phase: Phase, share = 0) => {
    const starts = Object.values(phaseStart);
    const end = starts.find((start) => start > phaseStart[phase]) ?? 1;
    options.onProgress?.({ phase, fraction: phaseStart[phase] + (end - phaseStart[phase]) * share });
  };
  report('adapter');
  const session = await openSession(host, {
    signal: options.signal,
    waitMs: wantedPlan.waitMs,
    bufferBytes: Math.max(wantedPlan.poolBytes, wantedPlan.halfPoolBytes),
    useTimestamps: options.useTimestamps,
  });
  const enter = (phase: Phase, share = 0) => {
    session.setPhase(phase);
    report(phase, share);
  };
  try {
    const plan = session.adapter.isSoftware ? forSoftware(wantedPlan) : wantedPlan;
    const notices = [...earlierNotices];
    if (session.adapter.isSoftware) notices.push({ kind: 'software-adapter' });
    return await measureAll(session, plan, options.kernels ?? standardKernels, notices, enter);
  } finally {
    session.close();
  }
}

type Enter = (phase: Phase, share?: number) => void;

/** The right kernels of each task; none where nothing works. */
type ReadyTasks = Readonly<Record<Task, ReadyKernel[]>>;

async function measureAll(
  session: Session,
  plan: Plan,
  kernels: KernelSet,
  notices: Notice[],
  enter: Enter,
): Promise<CalibrationResult> {
  enter('compile');
  const tick = await compile(session, kernels.tick);
  const fillFloats = await compile(session, kernels.fillFloats);
  const fillHalves = await compile(session, kernels.fillHalves);
  const compiled = await compileKernels(session, plan, kernels, notices, (share) => enter('compile', share));

  const startMs = session.now();
  enter('allocate');
  const pool = await allocatePool(session, plan);
  if (pool.room.source < plan.poolBytes) notices.push({ kind: 'small-pool', bytes: pool.room.source });
  fill(session, pool.buffers.source, fillFloats);
  fill(session, pool.buffers.halves, fillHalves);
  const timer = await createTimer(session, plan.windowUs);

  enter('check');
  const ready = await keepRight(session, pool, compiled, notices, (share) => enter('check', share));

  enter('warm-up');
  const [anchorKernel] = ready['gemm-f32'];
  const warm = await warmUp(session, timer, plan, {
    work: (shape) => bind(session, pool, anchorKernel, shape),
    onProgress: (share) => enter('warm-up', share),
  });
  const elapsedMs = () => session.now() - startMs;
  const isLate = () => elapsedMs() > plan.budgetMs;
  const ledger = createLedger(session, pool, timer, plan, { isLate, flopsPerSecond: warm.bestFlopsPerSecond });

  const measureOnce = async (): Promise<number> => {
    ledger.clear();
    enter('bandwidth');
    const first = await timer.measure(warm.work.job, 'gemm');
    for (const task of tasks) {
      const phase = phaseOf[task];
      const together = tasks.filter((other) => phaseOf[other] === phase);
      const before = together.indexOf(task);
      const onProgress = (share: number) => enter(phase, (before + share) / together.length);
      await measureTask(ledger, plan, task, ready[task], notices, onProgress);
    }
    enter('drift');
    const last = await timer.measure(warm.work.job, 'gemm');
    return (last.us - first.us) / first.us;
  };

  let drift = await measureOnce();
  // Half of a second run would be worth less than the whole of the first one.
  if (Math.abs(drift) > plan.maxDrift && elapsedMs() < plan.budgetMs / 2) drift = await measureOnce();
  const lastFlopsPerSecond = (warm.work.computation.work.flops / (await timer.measure(warm.work.job, 'gemm')).us) * 1e6;
  notices.push(...speedNotices(drift, lastFlopsPerSecond / warm.bestFlopsPerSecond));
  warm.work.destroy();
  if (ledger.skipped.some(({ because }) => because === 'out-of-time')) notices.push({ kind: 'out-of-time' });

  enter('overhead');
  const overhead = await measureOverhead(session, timer, kernels.tick.id, tick);
  if (timer.source() === 'wall') notices.push({ kind: 'wall-clock' });
  for (const family of families) {
    if (!ledger.points.some((point) => point.family === family)) notices.push({ kind: 'family-missing', family });
  }

  const measuredMs = elapsedMs();
  enter('fit');
  const points = markHeldOut(ledger.points);
  const result: CalibrationResult = {
    format: 'tokenyard-calibration',
    version: 2,
    adapter: session.adapter,
    features: [...session.features],
    subgroups: session.subgroups,
    maxBufferBytes: session.maxBufferBytes,
    maxBindingBytes: session.maxBindingBytes,
    timing: { source: timer.source(), quantumNs: timer.quantumNs(), clockStepUs: timer.clock.stepUs },
    poolBytes: pool.room.source,
    halfPoolBytes: pool.room.halves,
    warmUp: {
      ms: warm.ms,
      firstFlopsPerSecond: warm.firstFlopsPerSecond,
      lastFlopsPerSecond: warm.lastFlopsPerSecond,
    },
    drift,
    elapsedMs: measuredMs,
    points,
    skipped: [...ledger.skipped],
    overhead,
    fit: fitPoints(points, overhead.dispatchGpuUs),
    notices,
  };
  timer.close();
  pool.destroy();
  return result;
}

/** A change of the first shape's time by more than this is worth a notice. */
const noticedDrift = 0.05;
/** At the end slower than this share of the warm GPU: something holds it back. */
const throttledShare = 0.8;

/**
 * What the clock did meanwhile. A GPU that gets slower under load throttles; one that only changed was disturbed.
 * @param drift change of the first shape's time until the end
 * @param shareOfWarm its rate at the end, over the best one while warming up
 */
export function speedNotices(drift: number, shareOfWarm: number): Notice[] {
  if (shareOfWarm < throttledShare) return [{ kind: 'throttled', share: 1 - shareOfWarm }];
  if (drift > 1 - throttledShare) return [{ kind: 'throttled', share: drift / (1 + drift) }];
  if (Math.abs(drift) > noticedDrift) return [{ kind: 'drift', share: Math.abs(drift) }];
  return [];
}

function fill(session: Session, buffer: GPUBuffer, pipeline: GPUComputePipeline): void {
  const bindGroup = session.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encoder = session.device.createCommandEncoder();
  encodePass(encoder, { stages: [{ pipeline, bindGroups: [bindGroup], grid: fillGrid(buffer.size) }] }, 1);
  session.device.queue.submit([encoder.finish()]);
}

/** Leaves out candidates that compute something else than the CPU. Throws the last error if an indispensable task has none left. */
async function keepRight(
  session: Session,
  pool: Pool,
  compiled: ReadyTasks,
  notices: Notice[],
  onProgress: (share: number) => void,
): Promise<ReadyTasks> {
  const kept = {} as Record<Task, ReadyKernel[]>;
  for (const [i, task] of tasks.entries()) {
    kept[task] = [];
    let problem: unknown;
    // Candidates are ways to compute the same, so the CPU does it once.
    let expected: Float64Array | undefined;
    for (const candidate of compiled[task]) {
      const work = bind(session, pool, candidate, checkShapes[task]);
      if (work === null) continue;
      expected ??= expectedWords(work);
      try {
        await checkAll(session, pool, work, expected);
        kept[task].push(candidate);
      } catch (thrown) {
        dropWrong(thrown, notices);
        problem = thrown;
      }
      work.destroy();
    }
    if (kept[task].length === 0 && indispensable.includes(task)) throw problem;
    onProgress((i + 1) / tasks.length);
  }
  return kept;
}

/** Notes a kernel with a wrong result; throws anything else on. */
function dropWrong(thrown: unknown, notices: Notice[]): void {
  if (!(thrown instanceof CalibrationError) || thrown.failure.kind !== 'wrong-result') throw thrown;
  notices.push({ kind: 'kernel-dropped', kernel: thrown.failure.kernel, because: 'wrong-result' });
}

/**
 * Measures the fastest of a task's kernels at all its shapes. One that gives a wrong result at a larger shape is dropped with its
 * points, and the next one takes its place.
 */
async function measureTask(
  ledger: Ledger,
  plan: Plan,
  task: Task,
  candidates: readonly ReadyKernel[],
  notices: Notice[],
  onProgress: (share: number) => void,
): Promise<void> {
  const shapes = ledger.affordable(plan.shapes[task]);
  const { winners, others } = await compete(ledger, plan.contest[task], candidates, notices);
  const queue = [...winners, ...others];
  let wanted = winners.length;
  let problem: unknown;
  for (const [n, candidate] of queue.entries()) {
    if (wanted === 0) return;
    try {
      for (const [i, shape] of shapes.entries()) {
        onProgress(Math.min(1, (n + i / shapes.length) / winners.length));
        await ledger.take(candidate, shape);
      }
      wanted--;
    } catch (thrown) {
      dropWrong(thrown, notices);
      ledger.forget(candidate);
      problem = thrown;
    }
  }
  if (problem && wanted === winners.length && indispensable.includes(task)) throw problem;
}

/**
 * The fastest kernel at each shape of the contest, and the others by their speed. Those without barriers are slow on a GPU and only
 * stand by, except as matrix products.
 */
async function compete(
  ledger: Ledger,
  contest: readonly (readonly Shape[])[],
  candidates: readonly ReadyKernel[],
  notices: Notice[],
): Promise<{ winners: readonly ReadyKernel[]; others: readonly ReadyKernel[] }> {
  const areBarriersRun = candidates.some(({ kernel }) => kernel.hasBarriers);
  const isStandby = ({ kernel }: ReadyKernel) => areBarriersRun && !kernel.hasBarriers && kernel.family !== 'gemm';
  const competing = new Set(candidates.filter((candidate) => !isStandby(candidate)));
  const standby = candidates.filter(isStandby);
  if (competing.size < 2) return { winners: [...competing], others: standby };

  const winners = new Set<ReadyKernel>();
  for (const alternatives of contest) {
    const shape = ledger.firstShort(alternatives);
    let best = Number.POSITIVE_INFINITY;
    let fastest: ReadyKernel | undefined;
    for (const candidate of competing) {
      try {
        const us = await ledger.timeOnly(candidate, shape);
        if (us < best) [best, fastest] = [us, candidate];
      } catch (thrown) {
        dropWrong(thrown, notices);
        competing.delete(candidate);
        winners.delete(candidate);
      }
    }
    if (fastest) winners.add(fastest);
  }
  return {
    winners: [...winners],
    others: [...[...competing].filter((candidate) => !winners.has(candidate)), ...standby],
  };
}
