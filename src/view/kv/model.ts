/** The KV pool at one step: every block, whose it is, the block tables, and how the memory is split. */

import { BlockState, type Frame, type MemorySplit } from '../../protocol/frame.ts';

/** A request's block table: physical blocks in logical order. */
export interface BlockTable {
  readonly request: number;
  readonly blocks: Int32Array;
  readonly isPrefilling: boolean;
}

/** Neighbouring physical blocks that are neighbours in a table too, upwards or downwards. */
export interface BlockRun {
  /** In the table's order: `last` is below `first` where the run goes downwards. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryPart {
  readonly name: keyof MemorySplit;
  readonly tokens: number;
  /** Of the whole pool, 0 to 1. */
  readonly share: number;
  readonly bytes: number;
}

export const Mark = { none: 0, hovered: 1, selected: 2 } as const;

export interface KvModel {
  readonly count: number;
  readonly blockSize: number;
  /** A `BlockState` a block. */
  readonly state: Uint8Array;
  readonly owner: Int32Array;
  readonly fill: Uint16Array;
  /** Block tables that hold it, and its turn among the free ones, as in the frame. */
  readonly references: Uint8Array;
  readonly turn: Uint8Array;
  /** A `Mark` a block. */
  readonly marks: Uint8Array;
  readonly stateCounts: Int32Array;
  /** Blocks that are neither free nor cached. */
  readonly used: number;
  /** Of all running requests, or of the selected one alone where the pool is large. */
  readonly tables: readonly BlockTable[];
  readonly hasAllTables: boolean;
  /** Table of the request that is pointed at, else of the selected one; null where it is not known. */
  readonly chosen: BlockTable | null;
  readonly chosenRuns: readonly BlockRun[];
  /** Place of a block in its owner's table, -1 where not known. Empty unless all tables are known. */
  readonly logical: Int32Array;
  readonly parts: readonly MemoryPart[];
}

export interface KvOptions {
  readonly selected: number;
  readonly hovered: number;
  /** Bytes of one token's keys and values; 0 where not known. */
  readonly bytesPerToken: number;
}

/** In the order of the bar: what serves, what is lost, what is free. */
export const partNames = ['useful', 'internal', 'reserved', 'external', 'cached', 'free'] as const;

export function kvModel(frame: Frame, options: KvOptions): KvModel {
  const { pool, running } = frame;
  const tables = tablesOf(frame);
  const tableOf = (request: number) => (request < 0 ? null : (tables.find((t) => t.request === request) ?? null));
  const chosen = tableOf(options.hovered) ?? tableOf(options.selected);
  const stateCounts = new Int32Array(Object.keys(BlockState).length);
  for (let i = 0; i < pool.count; i++) stateCounts[pool.state[i]]++;
  return {
    count: pool.count,
    blockSize: pool.blockSize,
    state: pool.state,
    owner: pool.owner,
    fill: pool.fill,
    references: pool.references,
    turn: pool.turn,
    marks: marksOf(frame, options, tableOf(options.hovered), tableOf(options.selected)),
    stateCounts,
    used: pool.count - stateCounts[BlockState.free] - stateCounts[BlockState.cached],
    tables,
    hasAllTables: running.tables,
    chosen,
    chosenRuns: chosen === null ? [] : runsOf(chosen.blocks),
    logical: running.tables ? logicalOf(pool.count, tables) : new Int32Array(0),
    parts: partsOf(frame.memory, options.bytesPerToken),
  };
}

/** Requests whose table holds the block; its owner where tables are not known. */
export function ownersOf(model: KvModel, block: number): readonly number[] {
  if (block < 0 || block >= model.count) return [];
  const holders = model.tables.filter((t) => t.blocks.includes(block)).map((t) => t.request);
  if (holders.length > 0) return holders;
  return model.owner[block] >= 0 ? [model.owner[block]] : [];
}

/**
 * Cuts a table where the next physical block is not a neighbour. Runs go downwards as well: an engine that gives blocks
 * back from the last one on hands them out again in that order.
 */
export function runsOf(blocks: Int32Array): BlockRun[] {
  const runs: BlockRun[] = [];
  for (let i = 0; i < blocks.length; ) {
    const way = blocks[i + 1] - blocks[i];
    let end = i + 1;
    if (Math.abs(way) === 1) while (end < blocks.length && blocks[end] === blocks[end - 1] + way) end++;
    runs.push({ first: blocks[i], last: blocks[end - 1] });
    i = end;
  }
  return runs;
}

function tablesOf({ running }: Frame): BlockTable[] {
  const tables: BlockTable[] = [];
  for (let i = 0; i < running.count; i++) {
    const [from, to] = [running.blockStart[i], running.blockStart[i + 1]];
    if (from === to) continue;
    const blocks = running.blocks.subarray(from, to);
    tables.push({ request: running.request[i], blocks, isPrefilling: running.prefilling[i] !== 0 });
  }
  return tables;
}

function marksOf(
  { pool }: Frame,
  { selected, hovered }: KvOptions,
  hoveredTable: BlockTable | null,
  selectedTable: BlockTable | null,
): Uint8Array {
  if (selected < 0 && hovered < 0) return unmarked(pool.count);
  const marks = new Uint8Array(pool.count);
  for (let i = 0; i < pool.count; i++) {
    const owner = pool.owner[i];
    if (owner < 0) continue;
    if (owner === selected) marks[i] = Mark.selected;
    else if (owner === hovered) marks[i] = Mark.hovered;
  }
  // A shared block names only its first owner; the tables know the others.
  for (const block of hoveredTable?.blocks ?? []) if (marks[block] === Mark.none) marks[block] = Mark.hovered;
  for (const block of selectedTable?.blocks ?? []) marks[block] = Mark.selected;
  return marks;
}

let nobody = new Uint8Array(0);

/** No marks: the same array from picture to picture. */
function unmarked(count: number): Uint8Array {
  if (nobody.length !== count) nobody = new Uint8Array(count);
  return nobody;
}

function logicalOf(count: number, tables: readonly BlockTable[]): Int32Array {
  const logical = new Int32Array(count).fill(-1);
  for (const { blocks } of tables) for (let i = 0; i < blocks.length; i++) logical[blocks[i]] = i;
  return logical;
}

export function partsOf(memory: MemorySplit, bytesPerToken: number): MemoryPart[] {
  const whole = partNames.reduce((sum, name) => sum + memory[name], 0);
  return partNames.map((name) => ({
    name,
    tokens: memory[name],
    share: whole === 0 ? 0 : memory[name] / whole,
    bytes: memory[name] * bytesPerToken,
  }));
}
