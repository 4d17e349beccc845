/**
 * The micro-benchmark: opens the GPU, compiles everything, checks every kernel against the CPU, warms the GPU up, measures
 * without pauses, and looks at the end whether the beginning still holds.
 *
 * The order matters. A GPU that has been idle runs at a fraction of its clock, perfectly repeatably, for a quarter of a second
 * and more; whoever compiles or uploads between measurements measures that.
 */

import { type Host, openSession, type Session } from './device.ts';
import { CalibrationError, type Failure, type Family, type Notice, type Phase, toFailure } from './failure.ts';
import { fitPoints } from './fit.ts';
import type { GemmKernel, GemmShape } from './kernels/kernel.ts';
import { type KernelSet, standardKernels } from './kernels/kernels.ts';
import { measureOverhead } from './overhead.ts';
import { type Compiled, compile } from './pipelines.ts';
import { forSoftware, type Plan, smaller, standardPlan } from './plan.ts';
import { allocatePool, type Pool } from './pool.ts';
import type { CalibrationResult, Point, SkippedShape } from './result.ts';
import { createTimer, encodePass, type Timer } from './timing.ts';
import { warmUp } from './warm-up.ts';
import { checkAll, checkSome, clearResult, copyWork, gemmFits, gemmWork, readWork, type Work } from './work.ts';

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
  gemm: 0.4,
  bandwidth: 0.65,
  drift: 0.88,
  overhead: 0.92,
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
    bufferBytes: wantedPlan.poolBytes,
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

async function measureAll(
  session: Session,
  plan: Plan,
  kernels: KernelSet,
  notices: Notice[],
  enter: Enter,
): Promise<CalibrationResult> {
  const startMs = session.now();

  enter('compile');
  const fill = await compile(session, kernels.fill);
  const copy = await compile(session, kernels.copy);
  const read = await compile(session, kernels.read);
  const tick = await compile(session, kernels.tick);
  const compiledGemms = await compileGemms(session, kernels.gemm, notices, (share) => enter('compile', share));

  enter('allocate');
  const pool = await allocatePool(session, plan.poolBytes, plan.minPoolBytes);
  if (pool.bytes < plan.poolBytes) notices.push({ kind: 'small-pool', bytes: pool.bytes });
  fillPool(session, pool, kernels, fill);
  const timer = await createTimer(session, plan.windowUs);

  enter('check');
  const checkBytes = 1 << 18;
  await checkAll(session, pool, copyWork(session, pool, kernels.copy, copy, checkBytes));
  await checkAll(session, pool, readWork(session, pool, kernels.read, read, checkBytes));
  const gemms = await keepRightGemms(session, pool, compiledGemms, notices);

  enter('warm-up');
  const warm = await warmUp(session, timer, plan, {
    shapes: plan.gemm.filter((shape) => gemmFits(shape, pool)),
    work: (shape) => gemmWork(session, pool, gemms[0].kernel, gemms[0].compiled, shape),
    onProgress: (share) => enter('warm-up', share),
  });

  const ledger = createLedger(session, pool, timer, plan, startMs);
  const memorySizes = plan.memoryBytes.filter((bytes) => bytes <= pool.bytes);

  const measureOnce = async (): Promise<number> => {
    ledger.clear();
    enter('gemm');
    const anchor = gemmWork(session, pool, gemms[0].kernel, gemms[0].compiled, warm.shape);
    const first = await ledger.take(anchor);
    const ranked = await rankGemms(ledger, session, pool, gemms, warm.shape, first);
    const shapes = plan.gemm.filter((shape) => gemmFits(shape, pool));
    for (const [i, shape] of shapes.entries()) {
      enter('gemm', i / shapes.length);
      // The warm-up shape was measured when the kernels were ranked.
      if (shape === warm.shape) continue;
      // Small shapes are often faster in smaller tiles, which fill more of the GPU, so the second best gets its chance.
      for (const { kernel, compiled } of ranked.slice(0, shape.m < warm.shape.m ? 2 : 1)) {
        await ledger.takeIfShort(gemmWork(session, pool, kernel, compiled, shape));
      }
    }
    for (const [i, bytes] of memorySizes.entries()) {
      enter('bandwidth', i / memorySizes.length);
      await ledger.takeIfShort(copyWork(session, pool, kernels.copy, copy, bytes));
      await ledger.takeIfShort(readWork(session, pool, kernels.read, read, bytes));
    }
    enter('drift');
    const last = await timer.measure(anchor.job, 'gemm-f32');
    return Math.abs(last.us - first.us) / first.us;
  };

  let drift = await measureOnce();
  if (drift > plan.maxDrift && !ledger.isOutOfTime()) drift = await measureOnce();
  if (drift > Math.min(plan.maxDrift, 0.05)) notices.push({ kind: 'drift', share: drift });
  if (ledger.isOutOfTime()) notices.push({ kind: 'out-of-time' });

  enter('overhead');
  const overhead = await measureOverhead(session, timer, tick);
  if (timer.source() === 'wall') notices.push({ kind: 'wall-clock' });

  const result: CalibrationResult = {
    format: 'tokenyard-calibration',
    version: 1,
    adapter: session.adapter,
    features: [...session.features],
    maxBufferBytes: session.maxBufferBytes,
    maxBindingBytes: session.maxBindingBytes,
    timing: { source: timer.source(), quantumNs: timer.quantumNs(), clockStepUs: timer.clock.stepUs },
    poolBytes: pool.bytes,
    warmUp: {
      ms: warm.ms,
      firstFlopsPerSecond: warm.firstFlopsPerSecond,
      lastFlopsPerSecond: warm.lastFlopsPerSecond,
    },
    points: [...ledger.points],
    skipped: [...ledger.skipped],
    overhead,
    fit: fitPoints(ledger.points),
    notices,
  };
  timer.close();
  pool.destroy();
  return result;
}

interface ReadyGemm {
  readonly kernel: GemmKernel;
  readonly compiled: Compiled;
}

/** Compiles the candidates, leaving out those that do not compile here. Throws the last error if none does. */
async function compileGemms(
  session: Session,
  kernels: readonly GemmKernel[],
  notices: Notice[],
  onProgress: (share: number) => void,
): Promise<ReadyGemm[]> {
  const wanted = session.adapter.isSoftware ? kernels.filter((kernel) => !kernel.hasBarriers) : kernels;
  return keepGood(wanted, notices, async (kernel) => {
    const compiled = await compile(session, kernel);
    onProgress((kernels.indexOf(kernel) + 1) / kernels.length);
    return { kernel, compiled };
  });
}

/** Leaves out candidates that compute something else than the CPU. Throws the last error if none is right. */
async function keepRightGemms(
  session: Session,
  pool: Pool,
  candidates: readonly ReadyGemm[],
  notices: Notice[],
): Promise<ReadyGemm[]> {
  return keepGood(candidates, notices, async (candidate) => {
    const shape: GemmShape = { m: 128, n: 192, k: 64 };
    await checkAll(session, pool, gemmWork(session, pool, candidate.kernel, candidate.compiled, shape));
    return candidate;
  });
}

/** Tries each item; an item whose kernel fails is noted and left out, unless none is left. */
async function keepGood<T, R>(items: readonly T[], notices: Notice[], attempt: (item: T) => Promise<R>): Promise<R[]> {
  const kept: R[] = [];
  let last: CalibrationError | undefined;
  for (const item of items) {
    try {
      kept.push(await attempt(item));
    } catch (thrown) {
      if (!(thrown instanceof CalibrationError)) throw thrown;
      const { failure } = thrown;
      if (failure.kind !== 'shader-error' && failure.kind !== 'wrong-result') throw thrown;
      notices.push({ kind: 'kernel-dropped', kernel: failure.kernel, because: failure.kind });
      last = thrown;
    }
  }
  if (kept.length === 0 && last) throw last;
  return kept;
}

function fillPool(session: Session, pool: Pool, kernels: KernelSet, { pipeline }: Compiled): void {
  const encoder = session.device.createCommandEncoder();
  const bindGroup = session.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: pool.source } }],
  });
  encodePass(encoder, { pipeline, bindGroup, grid: kernels.fill.grid(pool.bytes) }, 1);
  session.device.queue.submit([encoder.finish()]);
}

/** Tries every candidate on one shape; fastest first. The first candidate has been measured already. */
async function rankGemms(
  ledger: Ledger,
  session: Session,
  pool: Pool,
  gemms: readonly ReadyGemm[],
  shape: GemmShape,
  first: Point,
): Promise<ReadyGemm[]> {
  const times = [{ gemm: gemms[0], us: first.us }];
  for (const gemm of gemms.slice(1)) {
    const { us } = await ledger.take(gemmWork(session, pool, gemm.kernel, gemm.compiled, shape));
    times.push({ gemm, us });
  }
  return times.sort((a, b) => a.us - b.us).map(({ gemm }) => gemm);
}

/** The measured points so far, and the decision whether to take another one. */
interface Ledger {
  readonly points: Point[];
  readonly skipped: SkippedShape[];
  take(work: Work): Promise<Point>;
  /** Measures unless the points so far predict that it would take too long. */
  takeIfShort(work: Work): Promise<void>;
  isOutOfTime(): boolean;
  clear(): void;
}

function createLedger(session: Session, pool: Pool, timer: Timer, plan: Plan, startMs: number): Ledger {
  const points: Point[] = [];
  const skipped: SkippedShape[] = [];
  const isOutOfTime = () => session.now() - startMs > plan.budgetMs;

  const take = async (work: Work): Promise<Point> => {
    clearResult(session, pool, work);
    const measured = await timer.measure(work.job, work.family);
    await checkSome(session, pool, work);
    const point: Point = {
      family: work.family,
      kernel: work.kernel,
      ...work.shape,
      bytes: work.bytes,
      flops: work.flops,
      ...measured,
    };
    points.push(point);
    return point;
  };

  return {
    points,
    skipped,
    take,
    isOutOfTime,
    async takeIfShort(work) {
      const predictedUs = predictUs(points, work);
      const isFirst = !points.some((p) => p.family === work.family);
      // The first of a family is small, and without it there is nothing to report.
      if (isFirst || (predictedUs <= plan.maxShapeUs && !isOutOfTime())) await take(work);
      else skipped.push({ family: work.family, ...work.shape, bytes: work.bytes, predictedUs });
    },
    clear() {
      points.length = 0;
      skipped.length = 0;
    },
  };
}

/** Time by the best rate that the family has reached so far; 0 if it has no point. Larger shapes rarely run slower. */
export function predictUs(points: readonly Point[], work: { family: Family; bytes: number; flops: number }): number {
  const amount = (p: { bytes: number; flops: number }) => (p.flops > 0 ? p.flops : p.bytes);
  const rates = points.filter((p) => p.family === work.family).map((p) => amount(p) / p.us);
  return rates.length === 0 ? 0 : amount(work) / Math.max(...rates);
}
