import type { Problem } from '../../scenario/problem.ts';
import { type Trace, type TraceBlocks, type TraceFormat, traceOf } from '../trace.ts';
import { GrowingFloats, GrowingInts } from './columns.ts';

/** Dropped lines that are described one by one; the others are only counted. */
const MAX_PROBLEMS = 100;
/** Token counts are 32-bit columns. */
const MAX_TOKENS = 2 ** 31 - 1;

/** Where an importer puts what it understood, line by line. */
export class RowCollector {
  droppedCount = 0;
  private readonly problems: Problem[] = [];
  private readonly arrivalUs = new GrowingFloats();
  private readonly promptTokens = new GrowingInts();
  private readonly outputTokens = new GrowingInts();
  private readonly blockStart = new GrowingInts();
  private readonly blockId = new GrowingInts();
  private readonly blockNumbers = new Map<number | string, number>();
  private unsorted = 0;
  private firstUnsortedLine = 0;
  private lastArrivalUs = Number.NEGATIVE_INFINITY;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get rows(): number {
    return this.arrivalUs.length;
  }
  get firstProblems(): readonly Problem[] {
    return this.problems;
  }

  /** Leaves a line out. */
  drop(line: number, field: string, found: string, expected: string): void {
    this.droppedCount++;
    if (this.problems.length >= MAX_PROBLEMS) return;
    this.problems.push({ code: 'bad-line', where: this.name, line, field, found: shorten(found), expected });
  }

  /** Whether `tokens` is a length that a request can have; if not, the line is dropped. */
  isLength(line: number, field: string, tokens: number, found: string): boolean {
    if (tokens >= 1 && tokens <= MAX_TOKENS && Number.isInteger(tokens)) return true;
    this.drop(line, field, found, Number.isInteger(tokens) && tokens < 1 ? '>= 1' : `1 .. ${MAX_TOKENS}`);
    return false;
  }

  /** A request. `arrivalUs` counts from any origin and may have a fraction. */
  add(line: number, arrivalUs: number, promptTokens: number, outputTokens: number): void {
    if (arrivalUs < this.lastArrivalUs) {
      if (this.unsorted++ === 0) this.firstUnsortedLine = line;
    }
    this.lastArrivalUs = Math.max(this.lastArrivalUs, arrivalUs);
    this.arrivalUs.push(arrivalUs);
    this.promptTokens.push(promptTokens);
    this.outputTokens.push(outputTokens);
    this.blockStart.push(this.blockId.length);
  }

  /** A block of the prompt of the request added last, under whatever name the file gives it. */
  addBlock(name: number | string): void {
    let id = this.blockNumbers.get(name);
    if (id === undefined) {
      id = this.blockNumbers.size;
      this.blockNumbers.set(name, id);
    }
    this.blockId.push(id);
  }

  /** The trace: rows in order of arrival (equal times as in the file), times from the first arrival. */
  finish(format: TraceFormat, blockTokens: number): Trace {
    const arrivalUs = this.arrivalUs.take();
    let promptTokens = this.promptTokens.take();
    let outputTokens = this.outputTokens.take();
    this.blockStart.push(this.blockId.length);
    let blocks: TraceBlocks | null = null;
    if (this.blockId.length > 0) {
      const id = this.blockId.take();
      blocks = { tokens: blockTokens, start: this.blockStart.take(), id, distinct: this.blockNumbers.size };
    }
    const problems = [...this.problems];
    let sortedUs = arrivalUs;
    if (this.unsorted > 0) {
      const order = Array.from(arrivalUs.keys()).sort((a, b) => arrivalUs[a] - arrivalUs[b]);
      const [prompts, outputs] = [promptTokens, outputTokens];
      sortedUs = Float64Array.from(order, (row) => arrivalUs[row]);
      promptTokens = Int32Array.from(order, (row) => prompts[row]);
      outputTokens = Int32Array.from(order, (row) => outputs[row]);
      if (blocks !== null) blocks = reorderBlocks(blocks, order);
      const line = this.firstUnsortedLine;
      problems.push({ code: 'not-sorted', where: this.name, line, found: String(this.unsorted) });
    }
    const firstUs = sortedUs[0];
    for (let r = 0; r < sortedUs.length; r++) sortedUs[r] = Math.floor(sortedUs[r] - firstUs + 0.5);
    const { name, droppedCount } = this;
    return traceOf({ name, format, arrivalUs: sortedUs, promptTokens, outputTokens, blocks, droppedCount, problems });
  }
}

/** The blocks of the rows in another order, numbered again in order of first appearance. */
function reorderBlocks(blocks: TraceBlocks, order: readonly number[]): TraceBlocks {
  const start = new Int32Array(order.length + 1);
  const id = new Int32Array(blocks.id.length);
  const numbers = new Int32Array(blocks.distinct).fill(-1);
  let known = 0;
  let at = 0;
  order.forEach((row, r) => {
    for (let i = blocks.start[row]; i < blocks.start[row + 1]; i++) {
      const old = blocks.id[i];
      if (numbers[old] < 0) numbers[old] = known++;
      id[at++] = numbers[old];
    }
    start[r + 1] = at;
  });
  return { tokens: blocks.tokens, start, id, distinct: blocks.distinct };
}

/** A piece of a bad line that fits into a message. */
export function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
