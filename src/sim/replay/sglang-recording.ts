import type { RadixMemory } from '../memory/radix-memory.ts';
import type { RadixNode } from '../memory/radix-sglang.ts';
import { spanOf } from '../memory/token-span.ts';
import type { Segment } from '../request.ts';
import {
  compareTokens,
  type RecordedOp,
  type RecordedTokens,
  type Runs,
  readTokens,
  writeRuns,
  writeTokens,
} from './radix-recording.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** What the recordings of SGLang have in common: a suite is a list of cases, each with the seed it was made from. */
export interface SglangSuite<Case> {
  readonly format: 1;
  readonly suite: string;
  readonly cases: readonly Case[];
}

/** What names a case. */
export interface SglangCase {
  readonly seed: number;
  readonly kind: string;
}

const TOKENS_PER_STREAM = 100_000;

/** One report a case. `replay` gives the steps of a case and the first difference, if there is one. */
export function replaySuite<Case extends SglangCase>(
  { suite, cases }: SglangSuite<Case>,
  replay: (one: Case) => { steps: number; first: Difference | null },
): ReplayReport[] {
  return cases.map((one) => {
    const name = `${suite} ${one.kind} ${one.seed}`;
    const { steps, first } = replay(one);
    return first === null ? { verdict: 'identical', name, steps } : { verdict: 'different', name, steps, first };
  });
}

/** The first field of a recorded step that differs from ours, or that only one of the two has. `isEqual` decides where equal texts are too much to ask. */
export function firstDifferentField(
  step: number,
  recorded: RecordedOp,
  ours: RecordedOp,
  isEqual: (field: string, recorded: unknown, ours: unknown) => boolean = () => false,
): Difference | null {
  for (const field of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
    const pair = { recorded: textOf(recorded[field]), ours: textOf(ours[field]) };
    if (pair.recorded !== pair.ours && !isEqual(field, recorded[field], ours[field])) return { step, field, ...pair };
  }
  return null;
}

/** Whether two numbers, or two missing ones, are nearly the same. */
export function isNear(recorded: unknown, ours: unknown, by: number): boolean {
  return typeof recorded === 'number' && typeof ours === 'number' && Math.abs(recorded - ours) <= by;
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** Puts token sequences into a memory's tree, as if requests had computed them. */
export function fillTree(memory: RadixMemory, inserts: readonly RecordedTokens[]): void {
  const { tree, pool, blockSize } = memory;
  for (const tokens of inserts) {
    const key = spanOf(readTokens(tokens));
    const whole = key.length - (key.length % blockSize);
    const slots = pool.take(whole);
    if (slots === null || tree === null) throw new Error('the recording inserts more than there is room for');
    const known = tree.insert(key, slots);
    pool.free(slots.subarray(0, known));
  }
}

/** Numbers of the tokens of a piece: how the recording counts them. */
export type Numbering = (pieces: readonly Segment[]) => Runs;

/** Prompt tokens: stream * 100000 + offset. */
export const promptNumbers: Numbering = (pieces) => writeTokens(pieces, TOKENS_PER_STREAM);

/** Rows of a tree in pre-order, without the root. */
export function dumpTree(
  node: RadixNode,
  numbers: Numbering = promptNumbers,
  depth = 0,
  rows: RecordedOp[] = [],
): RecordedOp[] {
  const children = [...node.children.values()].sort((a, b) => {
    const one = a.extraKey ?? 'None';
    const other = b.extraKey ?? 'None';
    return one === other ? compareTokens(a.key.pieces, b.key.pieces) : one < other ? -1 : 1;
  });
  for (const child of children) {
    rows.push({
      d: depth,
      key: numbers(child.key.pieces),
      slots: writeRuns(child.slots),
      lock: child.lock,
      ...(child.extraKey === null ? {} : { x: child.extraKey }),
      ...(child.priority === 0 ? {} : { p: child.priority }),
    });
    dumpTree(child, numbers, depth + 1, rows);
  }
  return rows;
}
