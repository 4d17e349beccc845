import type { Segment } from '../request.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Ascending neighbours as `[first, count]`. */
export type Runs = readonly (readonly [number, number])[];

/** Pieces `[stream, length]` of a token sequence; each begins at its stream's first token. */
export type RecordedTokens = readonly (readonly [number, number])[];

/** An operation with its results, all fields that were written down. */
export type RecordedOp = Readonly<Record<string, unknown>>;

/** Writes ids in runs. */
export function writeRuns(ids: Iterable<number>): Runs {
  const runs: [number, number][] = [];
  for (const id of ids) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === id) last[1]++;
    else runs.push([id, 1]);
  }
  return runs;
}

export function readTokens(tokens: RecordedTokens): Segment[] {
  return tokens.map(([segment, length]) => ({ segment, offset: 0, length }));
}

/** A token sequence in runs of the numbers that the recording gives its tokens: stream * `perStream` + offset. */
export function writeTokens(pieces: readonly Segment[], perStream: number): Runs {
  return pieces.map(({ segment, offset, length }) => [segment * perStream + offset, length] as const);
}

/** Order of token sequences as lists of numbers. */
export function compareTokens(a: readonly Segment[], b: readonly Segment[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = a[i].segment - b[i].segment || a[i].offset - b[i].offset;
    if (order !== 0) return order;
    // The shorter piece goes on with another stream, or ends the sequence.
    if (a[i].length !== b[i].length) {
      const [shorter, longer, sign] = a[i].length < b[i].length ? [a, b, 1] : [b, a, -1];
      const next = shorter[i + 1];
      return next === undefined ? -sign : sign * (next.segment - longer[i].segment || -1);
    }
  }
  return a.length - b.length;
}

/** Does one operation with the recorded inputs and returns it with our results; may have something to compare at the end. */
export interface Player {
  play(op: RecordedOp): RecordedOp;
  end?(): { recorded: unknown; ours: unknown };
}

interface RecordedCase {
  readonly seed: number;
  readonly ops: readonly RecordedOp[];
}

/** Replays cases of recorded operations; the first field that differs, or that one side lacks, is reported. A step is an operation. */
export function replayCases<Case extends RecordedCase>(
  name: string,
  cases: readonly Case[],
  start: (one: Case) => Player,
): ReplayReport {
  let steps = 0;
  for (const one of cases) steps += one.ops.length;
  for (const one of cases) {
    const first = replayCase(one, start(one));
    if (first === null) continue;
    return { verdict: 'different', name, steps, first: { ...first, field: `case ${one.seed}: ${first.field}` } };
  }
  return { verdict: 'identical', name, steps };
}

/** The first difference of one case, or null. */
export function replayCase({ ops }: Pick<RecordedCase, 'ops'>, player: Player): Difference | null {
  for (const [step, op] of ops.entries()) {
    const ours = player.play(op);
    for (const field of new Set([...Object.keys(op), ...Object.keys(ours)])) {
      const pair = { recorded: textOf(op[field]), ours: textOf(ours[field]) };
      if (pair.recorded !== pair.ours) return { step, field, ...pair };
    }
  }
  const end = player.end?.();
  if (end === undefined) return null;
  const pair = { recorded: textOf(end.recorded), ours: textOf(end.ours) };
  return pair.recorded === pair.ours ? null : { step: ops.length, field: 'end', ...pair };
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
