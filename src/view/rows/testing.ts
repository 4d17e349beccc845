/** Small frames for tests, written as steps with entries instead of columns. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Frame, QueueColumns, RunningColumns, StepWindow } from '../../protocol/frame.ts';

export interface TestEntry {
  readonly request: number;
  readonly tokens: number;
  readonly computed?: number;
  readonly flags: number;
}

export interface TestStep {
  readonly startUs: number;
  readonly endUs: number;
  readonly entries: readonly TestEntry[];
}

export function testWindow(steps: readonly TestStep[], firstStep = 0): StepWindow {
  const entries = steps.flatMap((step) => step.entries);
  const sum = (step: TestStep, isPrefill: boolean) =>
    step.entries
      .filter((e) => ((e.flags & 1) !== 0) === isPrefill && (e.flags & 16) === 0)
      .reduce((a, e) => a + e.tokens, 0);
  const zeros = () => new Int32Array(steps.length);
  const entryStart = Int32Array.from([
    0,
    ...steps.map((_, i) => steps.slice(0, i + 1).reduce((a, s) => a + s.entries.length, 0)),
  ]);
  return {
    count: steps.length,
    firstStep,
    startUs: Float64Array.from(steps, (s) => s.startUs),
    endUs: Float64Array.from(steps, (s) => s.endUs),
    prefillTokens: Int32Array.from(steps, (s) => sum(s, true)),
    decodeTokens: Int32Array.from(steps, (s) => sum(s, false)),
    paddingTokens: zeros(),
    hitTokens: zeros(),
    sequences: Int32Array.from(steps, (s) => s.entries.length),
    running: Int32Array.from(steps, (s) => s.entries.length),
    waiting: zeros(),
    usedBlocks: zeros(),
    bound: new Uint8Array(steps.length),
    preemptions: zeros(),
    transferUs: new Float64Array(steps.length),
    encodingUs: new Float64Array(steps.length),
    stages: {
      count: 1,
      startUs: Float64Array.from(steps, (s) => s.startUs),
      endUs: Float64Array.from(steps, (s) => s.endUs),
      communicationUs: new Float64Array(steps.length),
      sendUs: new Float64Array(steps.length),
    },
    entryStart,
    entryRequest: Int32Array.from(entries, (e) => e.request),
    entryTokens: Int32Array.from(entries, (e) => e.tokens),
    newestComputed: Int32Array.from(steps.at(-1)?.entries ?? [], (e) => e.computed ?? 0),
    entryFlags: Uint8Array.from(entries, (e) => e.flags),
  };
}

export interface TestWaiting {
  readonly request: number;
  readonly promptTokens: number;
  readonly waitedUs: number;
  readonly preempted?: boolean;
  readonly generated?: number;
}

export function testQueue(waiting: readonly TestWaiting[], count = waiting.length): QueueColumns {
  return {
    count,
    request: Int32Array.from(waiting, (w) => w.request),
    promptTokens: Int32Array.from(waiting, (w) => w.promptTokens),
    waitedUs: Float64Array.from(waiting, (w) => w.waitedUs),
    preempted: Uint8Array.from(waiting, (w) => (w.preempted === true ? 1 : 0)),
    generated: Int32Array.from(waiting, (w) => w.generated ?? 0),
  };
}

export interface TestRunning {
  readonly request: number;
  readonly blocks?: readonly number[];
  readonly prefilling?: boolean;
}

export function testRunning(rows: readonly TestRunning[], tables = true): RunningColumns {
  const start = rows.map((_, i) => rows.slice(0, i).reduce((sum, r) => sum + (r.blocks?.length ?? 0), 0));
  const blocks = rows.flatMap((r) => r.blocks ?? []);
  return {
    count: rows.length,
    request: Int32Array.from(rows, (r) => r.request),
    promptTokens: new Int32Array(rows.length),
    computed: new Int32Array(rows.length),
    generated: new Int32Array(rows.length),
    prefilling: Uint8Array.from(rows, (r) => (r.prefilling === true ? 1 : 0)),
    blockStart: Int32Array.from([...start, blocks.length]),
    blocks: Int32Array.from(blocks),
    tables,
  };
}

/** A frame at the end of `steps`; everything not given is empty. */
export function testFrame(steps: readonly TestStep[], parts: Partial<Frame> = {}): Frame {
  return {
    step: steps.length - 1,
    nowUs: steps.at(-1)?.endUs ?? 0,
    isLast: false,
    window: testWindow(steps),
    operators: [],
    work: { count: 0, firstStep: 0, us: new Float64Array(0), flops: new Float64Array(0), bytes: new Float64Array(0) },
    decisions: {
      count: 0,
      kind: new Uint8Array(0),
      request: new Int32Array(0),
      because: new Uint8Array(0),
      need: new Int32Array(0),
      have: new Int32Array(0),
      other: new Int32Array(0),
    },
    queue: testQueue([]),
    running: testRunning([]),
    pool: {
      count: 0,
      blockSize: 16,
      state: new Uint8Array(0),
      owner: new Int32Array(0),
      fill: new Uint16Array(0),
      references: new Uint8Array(0),
      turn: new Uint8Array(0),
      hits: new Int32Array(0),
    },
    memory: { useful: 0, internal: 0, reserved: 0, external: 0, cached: 0, free: 0 },
    arrived: 0,
    finished: 0,
    rejected: 0,
    preemptions: 0,
    tokensOut: 0,
    tunedBudget: null,
    ...parts,
  };
}

/** Messages of this language's tables, without the whole message system. */
export function testTranslate(tables: readonly Readonly<Record<string, string>>[]): Translate {
  const all: Readonly<Record<string, string>> = Object.assign({}, ...tables);
  return (key, values = {}) =>
    (all[key] ?? `?${key}`).replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}
