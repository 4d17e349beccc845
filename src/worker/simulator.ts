/** What the simulation worker does: holds the last run and its cursor, and the imported trace. */

import type { Frame } from '../protocol/frame.ts';
import type { CursorLink, Handlers, ImportedFile, Progress, Requests, RunOf, Side } from '../protocol/messages.ts';
import { aborted } from '../protocol/rpc.ts';
import type { RunResult } from '../protocol/run.ts';
import { tried } from '../scenario/advice.ts';
import type { Band } from '../scenario/band.ts';
import { startBand } from '../scenario/band-run.ts';
import { type Built, build, type Materials } from '../scenario/build.ts';
import { type RateSeen, rateBracket, type SeedCapacity, seedCapacity, seenAt } from '../scenario/capacity.ts';
import { type ComparedRun, comparedRun, notRun } from '../scenario/comparison.ts';
import { crossingSearch } from '../scenario/crossing.ts';
import { decodeFile, encodeFile } from '../scenario/file.ts';
import { type BuiltFleet, buildFleet } from '../scenario/fleet/fleet.ts';
import { isFleet, shownReplica } from '../scenario/fleet/knobs.ts';
import { buildFork } from '../scenario/fork.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { type LayoutRow, layoutRow } from '../scenario/layouts/layouts.ts';
import { startTrial } from '../scenario/learned-scheduling.ts';
import type { TrialResult } from '../scenario/learned-trials.ts';
import { presetOf } from '../scenario/presets.ts';
import type { Result } from '../scenario/result.ts';
import { type ScenarioRun, startScenario } from '../scenario/simulate.ts';
import { blindRoutes } from '../sim/cluster/blind-routes.ts';
import { type EndedFleet, endedFleet, startFleet } from '../sim/cluster/fleet-run.ts';
import type { RouteLog } from '../sim/cluster/route-log.ts';
import { type ShareRecord, shareOf } from '../sim/cluster/share.ts';
import type { WholeAccount } from '../sim/cluster/whole-account.ts';
import { roofsOf } from '../sim/gpu/roofs.ts';
import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { explainStep } from '../sim/why/at-step.ts';
import { causalChain } from '../sim/why/causal-chain.ts';
import { TimeAccounts } from '../sim/why/time-account.ts';
import { WHAT_IF_STEPS, whatIfInTurns } from '../sim/why/what-if.ts';
import { importTrace } from '../workload/import/import.ts';
import type { Trace } from '../workload/trace.ts';
import { readFrame } from './frame.ts';
import { HeldRun } from './held.ts';
import { HeldFleet } from './held-fleet.ts';
import { livesOf, momentInLife } from './linked.ts';
import { sharesOf } from './shares.ts';
import { inSlices, turnsInSlices } from './slices.ts';
import { MOST_STEPS } from './step-ring.ts';

/** Steps between two looks at the clock. */
const STEPS_A_LOOK = 64;
/** A search for the highest rate ends when it is known to this share. */
const CAPACITY_TOLERANCE = 0.02;
/** Steps that the pinned run takes at most while an answer about the shown one waits: as many as pass in a frame of fast playing. */
const STEPS_BESIDE = 128;
/** Progress is told this often at most. */
const PROGRESS_EVERY_MS = 50;

export function createSimulator(): Handlers {
  let trace: Trace | undefined;
  let held: HeldRun | null = null;
  let pinned: HeldRun | null = null;
  let newestRun: AbortController | null = null;
  /** Fleets of the last runs, newest first: the shown one and perhaps the pinned one. */
  let fleets: { readonly key: string; readonly fleet: HeldFleet }[] = [];
  /** The fleet of which the first share was simulated here last: its run comes when all shares are there. */
  let shared: { readonly key: string; readonly built: BuiltFleet; readonly routes: RouteLog } | null = null;
  /** The way of the pinned run to where the last seek wants it, while it is on it. */
  let onItsWay: { readonly ended: AbortController; readonly way: Generator<void, Frame> } | null = null;

  async function run(
    { knobs, thisGpu, fork = null, shares }: Requests['run']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['run']>[2],
  ): Promise<Result<RunResult>> {
    newestRun?.abort(aborted());
    const mine = new AbortController();
    newestRun = mine;
    const startMs = performance.now();
    const materials: Materials = { trace, thisGpu: thisGpu ?? undefined };
    const isCancelled = AbortSignal.any([signal, mine.signal]);
    const fleet = await fleetOf({ knobs, shares }, materials, isCancelled, onProgress);
    if (!fleet.ok) return fleet;
    const again = (): Result<BuiltRun> => buildRun({ knobs, fork }, materials, fleet.value);
    const built = again();
    if (!built.ok) return built;
    const { config, source, cost, device, facts, profile, products, isFromStep = false } = built.value;
    const simulated = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
    let workMs = performance.now() - startMs;
    await inSlices(
      () => {
        const from = performance.now();
        const hasEnded = simulated.advance(STEPS_A_LOOK);
        workMs += performance.now() - from;
        return hasEnded;
      },
      isCancelled,
      nowAndThen(() => onProgress({ fraction: simulated.progress, count: simulated.simulation.finished })),
    );
    const accountMs = performance.now();
    const account = simulated.account();
    leaveBeside();
    held = new HeldRun(built.value, simulated.snapshots, account.summary.steps - 1, livesOf(account.outcomes), () =>
      builtOrThrow(again()),
    );
    const wallMs = workMs + performance.now() - accountMs;
    const branching = pinned === null ? null : { difference: held.differenceFrom(pinned), isFromStep };
    const ceilings = { roofs: roofsOf(profile), products };
    const whole = fleet.value === null ? null : { fingerprint: fleet.value.fingerprint };
    return {
      ok: true,
      value: {
        ...account,
        ...whole,
        facts,
        ...ceilings,
        classes: source.classes,
        fleet: fleet.value?.result() ?? null,
        replica: shownReplica(knobs),
        branching,
        wallMs,
      },
    };
  }

  /** The fleet of a scenario, simulated unless only another of its replicas is looked at; null where one engine is alone. */
  async function fleetOf(
    { knobs, shares }: Pick<Requests['run']['in'], 'knobs' | 'shares'>,
    materials: Materials,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<Result<HeldFleet | null>> {
    if (!isFleet(knobs)) return { ok: true, value: null };
    const key = fleetKey(knobs, materials);
    const known = fleets.find((other) => other.key === key);
    if (known !== undefined) {
      fleets = [known, ...fleets.filter((other) => other !== known)];
      return { ok: true, value: known.fleet };
    }
    const own = shared?.key === key ? shared : null;
    shared = null;
    const built: Result<BuiltFleet> = own === null ? buildFleet(knobs, materials) : { ok: true, value: own.built };
    if (!built.ok) return built;
    const { config, one } = built.value;
    const keep = (ended: EndedFleet): Result<HeldFleet> => {
      const fleet = new HeldFleet(built.value, ended);
      fleets = [{ key, fleet }, ...fleets].slice(0, 2);
      return { ok: true, value: fleet };
    };
    if (shares !== undefined) {
      const routes = own?.routes ?? blindRoutes(config, one.source.requests);
      return keep(endedFleet(config, one.source, routes, shares));
    }
    const running = startFleet(config, one.source, true);
    await inSlices(
      () => running.advance(STEPS_A_LOOK),
      signal,
      nowAndThen(() => onProgress({ fraction: running.progress, count: running.finished })),
    );
    return keep(running);
  }

  const fleetKey = (knobs: Knobs, { thisGpu }: Materials) =>
    JSON.stringify([{ ...knobs, replica: 0 }, thisGpu ?? null, trace?.name ?? null]);

  async function shares({ knobs, thisGpu, most }: Requests['shares']['in']): Promise<number> {
    const materials = { thisGpu: thisGpu ?? undefined };
    const key = fleetKey(knobs, materials);
    return fleets.some((fleet) => fleet.key === key) ? 1 : sharesOf(knobs, materials, most);
  }

  async function share(
    { knobs, thisGpu, which, of }: Requests['share']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['share']>[2],
  ): Promise<ShareRecord> {
    const materials = { thisGpu: thisGpu ?? undefined };
    const built = buildFleet(knobs, materials);
    if (!built.ok) throw new Error('a fleet that was to be shared out cannot be built');
    const { config, one } = built.value;
    const running = shareOf(config, one.source, { which, of }, true);
    if (which === 0) shared = { key: fleetKey(knobs, materials), built: built.value, routes: running.routes };
    await inSlices(
      () => running.advance(STEPS_A_LOOK),
      signal,
      nowAndThen(() => onProgress({ fraction: running.progress, count: running.ended })),
    );
    return running.record();
  }

  async function band(
    { knobs, thisGpu }: Requests['band']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['band']>[2],
  ): Promise<Result<Band>> {
    const started = startBand(knobs, { trace, thisGpu: thisGpu ?? undefined });
    if (!started.ok) return started;
    const running = started.value;
    await inSlices(
      () => running.advance(STEPS_A_LOOK),
      signal,
      () => onProgress({ fraction: running.progress, count: 0 }),
    );
    return { ok: true, value: running.result() };
  }

  async function explain({ request }: Requests['explain']['in']) {
    if (held === null || held.cursor.step < 0) return null;
    const { simulation } = held.cursor;
    return request < simulation.source.requests.count ? explainStep(simulation, request) : null;
  }

  const sideOf = (side: Side) => (side === 'shown' ? held : pinned);

  async function account({ request, of: side }: Requests['account']['in'], signal: AbortSignal) {
    const of = sideOf(side);
    if (of === null) return null;
    if (of.accounts === null) {
      const accounts = new TimeAccounts();
      const { config, source, cost } = of.rebuild();
      const simulation = new Simulation(config, source, cost, accounts);
      await inSlices(
        () => {
          for (let i = 0; i < STEPS_A_LOOK; i++) if (!simulation.next()) return true;
          return false;
        },
        signal,
        () => {},
      );
      of.accounts = accounts;
    }
    return of.accounts.of(request);
  }

  async function whatIf({ request, choice }: Requests['whatIf']['in'], signal: AbortSignal) {
    if (held === null || held.cursor.step < 0) return null;
    const { rebuild, cursor } = held;
    const create = () => wholeRun(rebuild());
    return turnsInSlices(whatIfInTurns(create, { step: cursor.step, request, choice, budget: WHAT_IF_STEPS }), signal);
  }

  async function tryOut({ knobs, thisGpu, aim }: Requests['tryOut']['in'], signal: AbortSignal) {
    // What is aimed at is the shown replica's, and another setting would send it other requests.
    if (isFleet(knobs)) return null;
    const run = startScenario(knobs, { trace, thisGpu: thisGpu ?? undefined });
    if (!run.ok) return null;
    return tried(await simulateWhole(run.value, signal), aim);
  }

  async function chain({ a, b, thisGpu, target, from }: Requests['chain']['in'], signal: AbortSignal) {
    // Replicas are sent different requests under the same numbers: one does not follow from the other.
    if (isFleet(a.knobs) || isFleet(b.knobs)) return null;
    const again = (run: RunOf) => wholeRun(builtOrThrow(buildRun(run, { trace, thisGpu: thisGpu ?? undefined }, null)));
    return turnsInSlices(causalChain(again(a), again(b), target, from), signal);
  }

  async function compare(
    { knobs, thisGpu }: Requests['compare']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['compare']>[2],
  ): Promise<ComparedRun> {
    const run = startScenario(knobs, { trace, thisGpu: thisGpu ?? undefined });
    if (!run.ok) return notRun(knobs, run.problems);
    return comparedRun(knobs, await simulateWhole(run.value, signal, onProgress));
  }

  async function layout(
    { of, thisGpu, slo }: Requests['layout']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['layout']>[2],
  ): Promise<LayoutRow> {
    const run = startScenario(of.knobs, { trace, thisGpu: thisGpu ?? undefined });
    if (!run.ok) return { ok: false, ...of, problems: run.problems };
    const account = await simulateWhole(run.value, signal, onProgress);
    return layoutRow(of, { ...run.value, account }, slo);
  }

  async function capacity(
    { knobs, thisGpu, slo, attain }: Requests['capacity']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['capacity']>[2],
  ): Promise<Result<SeedCapacity>> {
    const bracket = rateBracket(knobs, CAPACITY_TOLERANCE);
    if (!bracket.ok) return bracket;
    const search = crossingSearch<RateSeen>(bracket.value);
    let count = 0;
    let next = search.next();
    while (next.done !== true) {
      const run = startScenario({ ...knobs, rate: next.value }, { trace, thisGpu: thisGpu ?? undefined });
      if (!run.ok) return run;
      const seen = seenAt(await simulateWhole(run.value, signal), slo);
      count++;
      // How many runs a search takes is not known before its end.
      onProgress({ fraction: 0, count });
      next = search.next({ holds: seen.attainment >= attain, seen });
    }
    return { ok: true, value: seedCapacity(knobs.seed, next.value) };
  }

  async function learn(
    { trial, thisGpu }: Requests['learn']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['learn']>[2],
  ): Promise<Result<TrialResult>> {
    const started = startTrial(trial, { trace, thisGpu: thisGpu ?? undefined });
    if (!started.ok) return started;
    const { run: judged, result } = started.value;
    const tell = () => onProgress({ fraction: judged.progress, count: judged.simulation.finished });
    await inSlices(() => judged.advance(STEPS_A_LOOK), signal, tell);
    return { ok: true, value: result() };
  }

  async function seek({ seek: to, select, windowSteps, lastStep: most, link = 'time' }: Requests['seek']['in']) {
    leaveBeside();
    if (held === null) return null;
    const { cursor, lastStep } = held;
    const window = Math.min(MOST_STEPS, Math.max(1, windowSteps));
    if (lastStep >= 0) {
      if (to.to === 'time') cursor.seekTime(Math.max(0, to.us), window);
      else cursor.seek(clamp(to.to === 'step' ? to.step : cursor.step + to.steps, lastStep), window);
      if (most !== undefined && cursor.step > most) cursor.seek(most, window);
    }
    const frame = readFrame(cursor, select, window, lastStep);
    if (pinned === null || pinned === held) return { frame, pinned: null };
    const way = follow(held, pinned, link, select, window);
    for (let steps = 0; steps < STEPS_BESIDE; steps++) {
      const turn = way.next();
      if (turn.done === true) return { frame, pinned: turn.value };
    }
    onItsWay = { ended: new AbortController(), way };
    return { frame, pinned: 'later' as const };
  }

  async function beside() {
    if (onItsWay === null) return null;
    const { way, ended } = onItsWay;
    try {
      const frame = await turnsInSlices(way, ended.signal);
      if (onItsWay?.way === way) onItsWay = null;
      return frame;
    } catch (error) {
      if (ended.signal.aborted) return null;
      throw error;
    }
  }

  /** The pinned run is wanted elsewhere. */
  function leaveBeside(): void {
    onItsWay?.ended.abort(aborted());
    onItsWay = null;
  }

  async function look({ step, windowSteps }: Requests['look']['in']) {
    if (held === null || held.lastStep < 0) return null;
    const { cursor, lastStep } = held;
    const here = cursor.step;
    cursor.seek(clamp(step, lastStep), windowSteps);
    const frame = readFrame(cursor, -1, windowSteps, lastStep);
    // What is shown depends on the step alone, so going back there is as if nothing had happened.
    if (here < 0) cursor.rewind();
    else cursor.seek(here, windowSteps);
    return frame;
  }

  async function pin({ isPinned }: Requests['pin']['in']) {
    leaveBeside();
    pinned = isPinned ? held : null;
    return null;
  }

  async function cached({ of }: Requests['cached']['in']) {
    return sideOf(of)?.cursor.simulation.engine.memory.cachedPieces?.() ?? null;
  }

  async function hashes({ request, of }: Requests['hashes']['in']) {
    const simulation = sideOf(of)?.cursor.simulation;
    if (simulation === undefined || request < 0 || request >= simulation.source.requests.count) return null;
    const { policy, memory } = simulation.engine;
    const isThere = policy.running.includes(request) || policy.waiting().includes(request);
    return isThere ? (memory.hashChain?.(request) ?? null) : null;
  }

  async function importFile(
    { file, name }: Requests['importFile']['in'],
    signal: AbortSignal,
    onProgress: Parameters<Handlers['importFile']>[2],
  ): Promise<Result<ImportedFile>> {
    const result = await importTrace(chunksOf(file), {
      name,
      totalBytes: file.size,
      onProgress: (fraction, count) => onProgress({ fraction, count }),
      signal,
    });
    if (!result.ok) return result;
    const read = 'document' in result ? decodeFile(result.document, name) : null;
    if (read !== null && !read.ok) return read;
    const { knobs, lecture, problems } = read?.value ?? { knobs: null, lecture: undefined, problems: [] };
    const found = 'trace' in result ? result.trace : read?.value.trace;
    if (found === undefined) return { ok: true, value: { report: null, knobs, lecture, problems } };
    trace = found;
    fleets = [];
    const { format, rows, promptTotal, outputTotal, spanUs, droppedCount } = trace;
    const report = {
      format,
      rows,
      promptTokens: promptTotal,
      outputTokens: outputTotal,
      spanUs,
      dropped: droppedCount,
      problems: trace.problems,
    };
    return { ok: true, value: { report, knobs, lecture, problems: [...problems, ...trace.problems] } };
  }

  async function exportFile({ knobs, lecture }: Requests['exportFile']['in']): Promise<Uint8Array> {
    return encodeFile(knobs, knobs.workload === 'trace' ? trace : undefined, lecture).slice();
  }

  warmUp();
  return {
    run,
    shares,
    share,
    band,
    pin,
    explain,
    account,
    whatIf,
    tryOut,
    chain,
    compare,
    layout,
    capacity,
    learn,
    seek,
    beside,
    look,
    cached,
    hashes,
    importFile,
    exportFile,
  };
}

/** Takes a run to the moment that goes with where another one stands. */
function* follow(
  shown: HeldRun,
  { cursor, lives, lastStep }: HeldRun,
  link: CursorLink,
  select: number,
  window: number,
): Generator<void, Frame> {
  const { step } = shown.cursor;
  // What the other run did when the shown step began.
  const startUs = step < 0 ? 0 : shown.cursor.batch.startUs;
  if (lastStep >= 0) {
    if (link === 'step') yield* cursor.seeking(clamp(step, lastStep), window);
    else {
      const isByLife = link === 'request' && select >= 0 && select < lives.arrivalUs.length;
      yield* cursor.seekingTime(isByLife ? momentInLife(shown.lives, lives, select, startUs) : startUs, window);
    }
  }
  return readFrame(cursor, select, window, lastStep);
}

/** Tells every so often, however often it is called. */
function nowAndThen(tell: () => void): () => void {
  let toldMs = performance.now();
  return () => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = performance.now();
    tell();
  };
}

type BuiltRun = Built & { readonly isFromStep?: boolean };

/** A replica of a fleet cannot leave another run at a step: with other settings it would be sent other requests. */
function buildRun({ knobs, fork }: RunOf, materials: Materials, fleet: HeldFleet | null): Result<BuiltRun> {
  if (fleet !== null) return { ok: true, value: fleet.replica(shownReplica(knobs)) };
  return fork === null ? build(knobs, materials) : buildFork(knobs, fork, materials);
}

/** What was built once can be built again. */
function builtOrThrow(built: Result<BuiltRun>): Built {
  if (!built.ok) throw new Error(built.problems.map(({ code }) => code).join());
  return built.value;
}

/** A whole run beside the one that is shown, in slices. */
async function simulateWhole(
  run: ScenarioRun,
  signal: AbortSignal,
  onProgress?: (progress: Progress) => void,
): Promise<WholeAccount> {
  const tell = () => onProgress?.({ fraction: run.progress, count: run.finished });
  await inSlices(() => run.advance(STEPS_A_LOOK), signal, tell);
  return run.account();
}

/** A simulation that passes steps quickly until it is watched. */
function wholeRun({ config, source, cost }: Built): Simulation {
  return new Simulation(config, source, cost, null, true);
}

function clamp(step: number, last: number): number {
  return Math.min(last, Math.max(0, step));
}

async function* chunksOf(file: Blob): AsyncIterable<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Runs the hot code once on a small scenario, so that the first drag of a knob does not pay for its compilation. */
function warmUp(): void {
  const built = build({ ...presetOf('azure-chat').knobs, requests: 500 });
  if (!built.ok) return;
  const { config, source, cost, device } = built.value;
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  while (!run.advance(1000));
}
