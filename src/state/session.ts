/** The controller behind the page's controls: simulates when the scenario changes, moves the cursor, plays, keeps the link. */

import type { Frame } from '../protocol/frame.ts';
import type { CallOptions, CursorLink, Progress, Requests, Seek, Side } from '../protocol/messages.ts';
import type { RunResult } from '../protocol/run.ts';
import type { Aim } from '../scenario/advice.ts';
import type { SeedCapacity } from '../scenario/capacity.ts';
import type { ComparedRun } from '../scenario/comparison.ts';
import { isFleet } from '../scenario/fleet/knobs.ts';
import type { Fork } from '../scenario/fork.ts';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import type { LayoutCase, LayoutRow } from '../scenario/layouts/layouts.ts';
import type { Trial, TrialResult } from '../scenario/learned-trials.ts';
import { plainStaging, type Staging } from '../scenario/lecture.ts';
import type * as lectureLink from '../scenario/lecture-link.ts';
import { decode, encode, type LinkView, type Pair } from '../scenario/link.ts';
import { presetOf, presetOfKnobs } from '../scenario/presets.ts';
import type { Result } from '../scenario/result.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { withEngine } from '../scenario/with-engine.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import type { CachedPieces } from '../sim/memory/cached-pieces.ts';
import type { HashChain } from '../sim/memory/hash-chain.ts';
import type { Slo } from '../sim/metrics/summarise.ts';
import { comparisonStore } from './comparison.ts';
import { fastest, playbackStore, slowest } from './playback.ts';
import { createPool } from './pool.ts';
import { rememberRun, runStore } from './run.ts';
import { createScenarioStore, type ScenarioStore } from './scenario.ts';
import { selectionStore } from './selection.ts';
import { sharedRun, type Workers } from './shared-run.ts';
import { thisGpuStore } from './this-gpu.ts';

/** Steps shown behind the cursor. */
const WINDOW_STEPS = 240;
/** The address is rewritten this often at most. */
const LINK_EVERY_MS = 500;
/** A visitor who drags a slider does not rest this long. */
const BAND_AFTER_MS = 400;
/** Real time that passes between two frames at most; a longer pause (a hidden tab) does not make the run jump. */
const LONGEST_FRAME_MS = 100;

export interface Session {
  readonly scenario: ScenarioStore;
  /** The page was opened at a link. */
  readonly isFromLink: boolean;
  play(): void;
  pause(): void;
  toggle(): void;
  /** Moves by steps and stops playing. */
  step(by: number): void;
  seekStep(step: number): void;
  seekTime(us: number): void;
  /** To the next or previous interesting event. */
  nextEvent(direction: 1 | -1): void;
  /** Simulated seconds a real second. */
  setSpeed(speed: number): void;
  /** Reads a trace or scenario file and makes it the running scenario. */
  importFile(file: File, options?: CallOptions): Promise<void>;
  /** The scenario (with an imported trace) as a file's bytes. */
  exportFile(): Promise<Uint8Array>;
  /**
   * The link of what is shown, also copied to the clipboard; rejects if the clipboard cannot be used.
   * @param staging how the page is set for whoever opens it; left out: as it is here
   */
  share(staging?: Staging): Promise<string>;
  /** The same link, not copied. */
  link(staging?: Staging): string;
  /** The frame of any step; the shown one stays. Null where there is no run. */
  look(step: number, options?: CallOptions): Promise<Frame | null>;
  /** What the prefix cache holds after the shown step, or after the one beside it; null where there is none. */
  cachedPieces(of?: Side): Promise<CachedPieces | null>;
  /** A request's blocks as the hashes of the prefix cache see them; null where nothing is hashed or it is not there. */
  hashChain(request: number, of?: Side): Promise<HashChain | null>;
  /** Keeps the shown run as A: from now on changed knobs make a run B beside it, which leaves A at the shown step where it can. */
  pin(): Promise<void>;
  /** Ends the comparison: B goes on alone, or A comes back. */
  unpin(keeps: 'a' | 'b'): Promise<void>;
  /** From which step on B's knobs hold; null = from the beginning. */
  forkFrom(step: number | null): void;
  /** Which moment of A is shown with B's. */
  linkBy(link: CursorLink): void;
  /** Why a request did what it did in the shown step. */
  explain(request: number): Promise<Requests['explain']['out']>;
  /** Where a request's time went, microseconds by part, in the shown run or in the pinned one. */
  account(request: number, options?: CallOptions, of?: Side): Promise<Requests['account']['out']>;
  /** What if it had been decided otherwise in the shown step? */
  whatIf(input: Requests['whatIf']['in'], options?: CallOptions): Promise<Requests['whatIf']['out']>;
  /** What another setting would do to what one aims at: what is shown stays. */
  tryOut(knobs: Knobs, aim: Aim, options?: CallOptions): Promise<Requests['tryOut']['out']>;
  /** Keeps the shown run as A and sets a knob from the beginning of B. */
  tryInstead(name: string, value: KnobValue): Promise<void>;
  /** How a request came to change between two runs. */
  chain(input: Omit<Requests['chain']['in'], 'thisGpu'>, options?: CallOptions): Promise<Requests['chain']['out']>;
  /** Simulates any scenario for its numbers: what is shown stays. */
  measure(knobs: Knobs, options?: CallOptions): Promise<ComparedRun>;
  /** Simulates a layout of GPUs for a table: what is shown stays. */
  layout(of: LayoutCase, slo: Slo, options?: CallOptions): Promise<LayoutRow>;
  /** Searches the highest rate at which a share of the requests keeps an objective, with the scenario's own seed. */
  capacity(knobs: Knobs, slo: Slo, attain: number, options?: CallOptions): Promise<Result<SeedCapacity>>;
  /** Simulates the scenario with another engine, for a table: what is shown stays. */
  compare(engine: string, options?: CallOptions): Promise<ComparedRun>;
  /** The scenario as whoever simulates it elsewhere needs it: as a file with its trace, and the visitor's own GPU. */
  traffic(): Promise<{ readonly scenario: Uint8Array; readonly thisGpu: DeviceProfile | null }>;
  /** Makes one run that judges learned scheduling: what is shown stays. */
  learn(trial: Trial, options?: CallOptions): Promise<Result<TrialResult>>;
}

/** What the session needs of the page it lives in. */
export interface Environment extends Workers {
  /** Calls back before the next frame is drawn, with a time in milliseconds. */
  nextFrame(callback: (ms: number) => void): void;
  readonly location: { hash: string; href: string };
  /** Replaces the part of the address behind `#`. */
  writeHash(hash: string): void;
  copy(text: string): Promise<void>;
  /** Whether a run starts to play by itself. */
  readonly isAutoplay: boolean;
  /** Names of the panels, which a lecture may leave out. */
  readonly panels: readonly string[];
  /** A calibration saved on this device earlier. */
  readonly savedGpu: DeviceProfile | null;
}

export function createSession(environment: Environment): Session {
  const { call, callBeside, nextFrame } = environment;
  // The rows of a trace lie in the worker that read them.
  const measureTrace = createPool(() => call, 1);
  const besideFor = (knobs: Knobs) => (knobs.workload === 'trace' ? measureTrace : callBeside);
  const opened = decode(environment.location.hash);
  const scenario = createScenarioStore(opened.knobs);
  scenario.getState().report(opened.problems);
  const isFromLink = environment.location.hash.includes('?');
  thisGpuStore.setState({ profile: environment.savedGpu });
  let unknown: LinkView['unknown'] = opened.view.unknown;
  let running: AbortController | null = null;
  let studying: AbortController | null = null;
  /** Where the cursor goes once the first run is there. */
  let start: Seek | null =
    opened.view.step === undefined ? { to: 'time', us: startOf(opened.knobs) } : { to: 'step', step: opened.view.step };
  let expected = opened.view.compared === undefined ? opened.view.fingerprint : undefined;
  /** The other scenario of a link, until the first run is there to be pinned. */
  let comparing = opened.view.compared;
  /** Reads and writes lectures; loaded with the first one, because most visits have none. */
  let lectures: typeof lectureLink | null = null;
  /** The lecture of the link until it is read. */
  let lecture: readonly Pair[] | undefined = opened.view.lecture;
  let waitingSeek: Seek | null = null;
  let isSeeking = false;
  let playedUs = 0;
  let lastFrameMs: number | null = null;
  let playing = 0;

  function simulate(): void {
    running?.abort();
    studying?.abort();
    const controller = new AbortController();
    running = controller;
    const { knobs } = scenario.getState();
    const fork = forkOf(knobs);
    runStore.setState({ status: 'running', progress: 0 });
    const input = { knobs, thisGpu: gpuFor(knobs), fork };
    const options = {
      signal: controller.signal,
      onProgress: ({ fraction }: Progress) => runStore.setState({ progress: fraction }),
    };
    (isFleet(knobs) ? sharedRun(environment, input, options) : call('run', input, options)).then(
      (answer) => {
        if (running !== controller) return;
        running = null;
        if (answer.ok) {
          rememberRun(answer.value, { knobs, fork });
          finishRun(answer.value);
        } else {
          pause();
          runStore.setState({ status: 'failed', problems: answer.problems });
        }
      },
      (error: unknown) => {
        if (running !== controller) return;
        running = null;
        pause();
        runStore.setState({ status: 'failed', problems: [{ code: 'internal', found: String(error) }] });
      },
    );
  }

  async function loadLectures(): Promise<typeof lectureLink> {
    lectures ??= await import('../scenario/lecture-link.ts');
    return lectures;
  }

  /** Bookmarks and staging of a link, before its first run is shown. */
  async function openLecture(pairs: readonly Pair[]): Promise<void> {
    const { bookmarks, staging, problems } = (await loadLectures()).readLecturePairs(pairs, environment.panels);
    lecture = undefined;
    scenario.setState({ bookmarks, staging });
    scenario.getState().report(problems);
    // A lecture begins at its first bookmark, and waits there.
    if (opened.view.step === undefined && bookmarks.length > 0) start = { to: 'step', step: bookmarks[0].step };
  }

  function lecturePairs(given?: Staging): readonly Pair[] | undefined {
    const { bookmarks, staging } = scenario.getState();
    return lectures === null ? lecture : lectures.lecturePairs({ bookmarks, staging: given ?? staging });
  }

  /** Once the visitor rests, the scenario is simulated with wrong step times too. A new run ends that; nobody waits for it. */
  function studyBand(result: RunResult): void {
    const controller = new AbortController();
    studying = controller;
    const { knobs } = scenario.getState();
    setTimeout(() => {
      if (controller.signal.aborted) return;
      call('band', { knobs, thisGpu: gpuFor(knobs) }, { signal: controller.signal }).then(
        (answer) => {
          if (answer.ok && runStore.getState().result === result) runStore.setState({ band: answer.value });
        },
        // Ended by the next run; or the worker is gone, which the page tells by itself.
        () => {},
      );
    }, BAND_AFTER_MS);
  }

  function forkOf(knobs: Knobs): Fork | null {
    const { pinned, fromStep } = comparisonStore.getState();
    if (pinned === null || fromStep === null || knobs === pinned.knobs) return null;
    return { base: pinned.knobs, step: fromStep };
  }

  function finishRun(result: RunResult): void {
    runStore.setState({ result, band: null, status: 'done', progress: 1, problems: [] });
    // A run that leaves another one at a step is no scenario of its own.
    if (result.branching?.isFromStep !== true) studyBand(result);
    if (expected !== undefined && expected !== result.fingerprint) {
      const found = result.fingerprint;
      scenario.getState().report([{ code: 'fingerprint-differs', where: 'fp', found, expected }]);
    }
    expected = undefined;
    const isFirst = start !== null;
    const frame = playbackStore.getState().frame;
    if (start?.to === 'time') playedUs = start.us;
    request(start ?? { to: 'time', us: Math.min(frame?.nowUs ?? 0, result.summary.durationUs) });
    start = null;
    if (comparing !== undefined) void openCompared(comparing);
    else if (
      isFirst &&
      environment.isAutoplay &&
      opened.view.lecture === undefined &&
      (!isFromLink || opened.view.step === undefined)
    )
      play();
  }

  /** The link's first scenario has run: the other one goes beside it. */
  async function openCompared({ knobs, fromStep }: NonNullable<LinkView['compared']>): Promise<void> {
    comparing = undefined;
    await pin();
    comparisonStore.setState({ fromStep });
    expected = opened.view.fingerprint;
    scenario.getState().replace(knobs, scenario.getState().problems);
  }

  async function pin(): Promise<void> {
    const { result, status } = runStore.getState();
    if (result === null || status !== 'done') return;
    const { knobs } = scenario.getState();
    await call('pin', { isPinned: true });
    const { frame } = playbackStore.getState();
    const isWithin = frame !== null && frame.step > 0 && !frame.isLast;
    comparisonStore.setState({ pinned: { knobs, result }, fromStep: isWithin ? frame.step + 1 : null });
    keepLink();
  }

  /** Nothing is compared any more. */
  async function letGo(): Promise<void> {
    if (comparisonStore.getState().pinned === null) return;
    comparisonStore.setState({ pinned: null, fromStep: null, link: 'time' });
    playbackStore.setState({ pinned: null });
    await call('pin', { isPinned: false });
  }

  async function unpin(keeps: 'a' | 'b'): Promise<void> {
    const { pinned } = comparisonStore.getState();
    if (pinned === null) return;
    const wasForked = runStore.getState().result?.branching?.isFromStep === true;
    await letGo();
    if (keeps === 'a') scenario.getState().replace(pinned.knobs);
    // What was a change in the middle is a scenario of its own now.
    else if (wasForked) simulate();
    keepLink();
  }

  /** A comparison that was on ends with the run that is shown. */
  async function tryInstead(name: string, value: KnobValue): Promise<void> {
    if (comparisonStore.getState().pinned !== null) await unpin('b');
    await simulated();
    await pin();
    comparisonStore.setState({ fromStep: null });
    scenario.getState().set(name, value);
  }

  /** Asks for a frame; while one is on its way only the newest wish is kept. */
  function request(seek: Seek): void {
    waitingSeek = combine(waitingSeek, seek);
    if (!isSeeking) void sendSeek();
  }

  async function sendSeek(): Promise<void> {
    isSeeking = true;
    while (waitingSeek !== null) {
      const seek = waitingSeek;
      waitingSeek = null;
      try {
        const select = selectionStore.getState().selected;
        const { stopAt } = playbackStore.getState();
        const lastStep = Number.isFinite(stopAt) ? stopAt : undefined;
        const { link } = comparisonStore.getState();
        const shown = await call('seek', { seek, select, windowSteps: WINDOW_STEPS, lastStep, link });
        if (shown !== null) {
          const { frame, pinned } = shown;
          // While the pinned run is on its way its last picture stays.
          playbackStore.setState(pinned === 'later' ? { frame } : { frame, pinned });
          if (pinned === 'later') followPinned();
          if (frame.isLast && seek.to === 'time' && playbackStore.getState().isPlaying) pause();
          keepLink();
        }
      } catch (error) {
        pause();
        scenario.getState().report([{ code: 'internal', found: String(error) }]);
      }
    }
    isSeeking = false;
  }

  function followPinned(): void {
    call('beside', {}).then(
      (pinned) => {
        // None where the next move came first: it brings its own.
        if (pinned !== null && comparisonStore.getState().pinned !== null) playbackStore.setState({ pinned });
      },
      // The worker is gone, which the page tells by itself.
      () => {},
    );
  }

  function play(): void {
    const { frame, isPlaying } = playbackStore.getState();
    if (isPlaying) return;
    playbackStore.setState({ isPlaying: true });
    // A move under way decides where playing starts; at the end it starts over.
    if (!isSeeking && frame !== null) playedUs = frame.isLast ? startOf(scenario.getState().knobs) : frame.nowUs;
    lastFrameMs = null;
    const mine = ++playing;
    const tick = (ms: number): void => {
      if (mine !== playing) return;
      advance(ms);
      nextFrame(tick);
    };
    nextFrame(tick);
  }

  function advance(ms: number): void {
    const elapsedMs = lastFrameMs === null ? 0 : Math.min(LONGEST_FRAME_MS, ms - lastFrameMs);
    lastFrameMs = ms;
    if (isSeeking || runStore.getState().status === 'running') return;
    const { frame, speed } = playbackStore.getState();
    playedUs += elapsedMs * 1000 * speed;
    if (frame !== null && frame.window.count > 0) {
      // Nothing runs between two steps far apart: the clock goes on with the later one.
      playedUs = Math.max(playedUs, frame.window.startUs[frame.window.count - 1]);
      if (playedUs < frame.nowUs) return;
    }
    request({ to: 'time', us: Math.floor(playedUs) });
  }

  function pause(): void {
    playing++;
    playbackStore.setState({ isPlaying: false });
    keepLink();
  }

  /** Goes somewhere by hand: playing goes on from there. */
  function goTo(seek: Seek): void {
    if (seek.to === 'time') playedUs = seek.us;
    else pause();
    request(seek);
  }

  function nextEvent(direction: 1 | -1): void {
    const events = runStore.getState().result?.events;
    const here = playbackStore.getState().frame?.step ?? 0;
    if (events === undefined) return;
    let best = -1;
    for (let i = 0; i < events.count; i++) {
      const step = events.step[i];
      if (direction > 0 ? step > here : step < here) {
        if (best < 0 || direction * (step - best) < 0) best = step;
      }
    }
    if (best >= 0) goTo({ to: 'step', step: best });
  }

  async function importFile(file: File, options?: CallOptions): Promise<void> {
    const answer = await call('importFile', { file, name: file.name }, options);
    if (!answer.ok) {
      scenario.getState().report(answer.problems.map((each, i) => (i === 0 ? { ...each, hasKept: true } : each)));
      return;
    }
    const { report, knobs, lecture: said, problems } = answer.value;
    const imported = knobs ?? { ...presetOf('trace').knobs, requests: Math.max(1, report?.rows ?? 1) };
    pause();
    // Another file is another scenario, though it may have the same preset.
    await letGo();
    selectionStore.getState().clear();
    start = { to: 'time', us: 0 };
    // Always a new object, so the scenario counts as changed and is simulated, even with equal knobs.
    scenario.getState().replace(imported, problems);
    const read =
      said === undefined ? null : (await loadLectures()).readLectureData(said, environment.panels, file.name);
    scenario.setState({ bookmarks: read?.bookmarks ?? [], staging: read?.staging ?? plainStaging });
    scenario.getState().report(read?.problems ?? []);
  }

  function currentLink(staging?: Staging): string {
    const { frame, isPlaying } = playbackStore.getState();
    const { selected } = selectionStore.getState();
    const { pinned, fromStep } = comparisonStore.getState();
    const { knobs, bookmarks } = scenario.getState();
    const isLecture = staging !== undefined && bookmarks.length > 0;
    return encode(pinned?.knobs ?? knobs, {
      ...(pinned === null ? {} : { compared: { knobs, fromStep } }),
      lecture: lecturePairs(staging),
      ...(isPlaying || frame === null || isLecture ? {} : { step: frame.step }),
      ...(selected >= 0 ? { selected } : {}),
      ...(runStore.getState().status === 'done' ? { fingerprint: runStore.getState().result?.fingerprint } : {}),
      ...(unknown === undefined ? {} : { unknown }),
    });
  }

  /** With a staging of its own it is a lecture's, which begins at the first bookmark. */
  function linkOf(staging?: Staging): string {
    return environment.location.href.replace(/#.*$/, '') + currentLink(staging);
  }

  const keepLink = throttled(LINK_EVERY_MS, () => {
    const { isPlaying, frame } = playbackStore.getState();
    // A link that came with a step must not lose it before its first frame is there.
    if (!isPlaying && frame !== null && runStore.getState().status === 'done') {
      environment.writeHash(currentLink());
    }
  });

  scenario.subscribe((now, before) => {
    if (now.bookmarks !== before.bookmarks || now.staging !== before.staging) {
      // Where it cannot be loaded the link goes without what was just marked; the file still has it.
      loadLectures().then(keepLink, () => {});
    }
    if (now.knobs === before.knobs) return;
    if (now.knobs.preset !== before.knobs.preset) {
      void letGo();
      unknown = undefined;
      start ??= { to: 'time', us: startOf(now.knobs) };
      selectionStore.getState().clear();
    }
    // Another replica has other requests.
    if (now.knobs.replica !== before.knobs.replica) selectionStore.getState().clear();
    simulate();
  });
  selectionStore.subscribe((now, before) => {
    if (now.selected === before.selected) return;
    request({ to: 'by', steps: 0 });
    keepLink();
  });
  if (opened.view.selected !== undefined) selectionStore.getState().show(opened.view.selected);
  playbackStore.setState({ speed: presetOfKnobs(opened.knobs).speed });
  if (lecture === undefined) simulate();
  else {
    openLecture(lecture)
      .catch((error: unknown) => scenario.getState().report([{ code: 'internal', found: String(error) }]))
      .finally(simulate);
  }

  return {
    scenario,
    isFromLink,
    play,
    pause,
    toggle: () => (playbackStore.getState().isPlaying ? pause() : play()),
    step: (by) => goTo({ to: 'by', steps: by }),
    seekStep: (step) => goTo({ to: 'step', step }),
    seekTime: (us) => goTo({ to: 'time', us }),
    nextEvent,
    pin,
    unpin,
    forkFrom: (fromStep) => {
      comparisonStore.setState({ fromStep });
      if (scenario.getState().knobs !== comparisonStore.getState().pinned?.knobs) simulate();
    },
    setSpeed: (speed) => playbackStore.setState({ speed: Math.min(fastest, Math.max(slowest, speed)) }),
    importFile,
    linkBy: (link) => {
      comparisonStore.setState({ link });
      request({ to: 'by', steps: 0 });
    },
    explain: (request) => call('explain', { request }),
    account: (request, options, of = 'shown') => call('account', { request, of }, options),
    whatIf: (input, options) => call('whatIf', input, options),
    tryOut: (knobs, aim, options) => call('tryOut', { knobs, thisGpu: gpuFor(knobs), aim }, options),
    tryInstead,
    chain: (input, options) => call('chain', { ...input, thisGpu: gpuFor(input.b.knobs) }, options),
    exportFile: () => {
      const { knobs, bookmarks, staging } = scenario.getState();
      return call('exportFile', { knobs, lecture: { bookmarks, staging } });
    },
    look: (step, options) => call('look', { step, windowSteps: 1 }, options),
    capacity: (knobs, slo, attain, options) =>
      call('capacity', { knobs, thisGpu: gpuFor(knobs), slo, attain }, options),
    measure: (knobs, options) => besideFor(knobs)('compare', { knobs, thisGpu: gpuFor(knobs) }, options),
    layout: (of, slo, options) => besideFor(of.knobs)('layout', { of, thisGpu: gpuFor(of.knobs), slo }, options),
    compare: (engine, options) => {
      const knobs = withEngine(scenario.getState().knobs, engine);
      return call('compare', { knobs, thisGpu: gpuFor(knobs) }, options);
    },
    traffic: async () => {
      const { knobs } = scenario.getState();
      return { scenario: await call('exportFile', { knobs }), thisGpu: gpuFor(knobs) };
    },
    hashChain: (request, of = 'shown') => call('hashes', { request, of }),
    cachedPieces: (of = 'shown') => call('cached', { of }),
    learn: (trial, options) => call('learn', { trial, thisGpu: gpuFor(trial.knobs) }, options),
    link: linkOf,
    share: async (staging) => {
      const link = linkOf(staging);
      // The address is this page's own: a lecture made here does not change how it looks here.
      if (staging === undefined) environment.writeHash(currentLink());
      await environment.copy(link);
      return link;
    },
  };
}

/** Waits until no run is under way. */
function simulated(): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (runStore.getState().status === 'running') return;
      stop();
      resolve();
    };
    const stop = runStore.subscribe(look);
    look();
  });
}

/** The visitor's own GPU, where the scenario runs on it. */
function gpuFor(knobs: Knobs): DeviceProfile | null {
  return knobs.device === thisGpu ? thisGpuStore.getState().profile : null;
}

/** Where the cursor of a fresh scenario stands. */
function startOf(knobs: Knobs): number {
  return presetOfKnobs(knobs).startUs;
}

/** Two steps forward, asked for one after the other, are one move by two. */
function combine(waiting: Seek | null, seek: Seek): Seek {
  if (seek.to !== 'by' || waiting === null) return seek;
  if (waiting.to === 'by') return { to: 'by', steps: waiting.steps + seek.steps };
  if (waiting.to === 'step') return { to: 'step', step: Math.max(0, waiting.step + seek.steps) };
  return seek.steps === 0 ? waiting : seek;
}

/** Calls at most once in a while; the last call is never lost. */
function throttled(everyMs: number, call: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      call();
    }, everyMs);
  };
}
