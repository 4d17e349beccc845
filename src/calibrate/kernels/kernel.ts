/** What every kernel of the benchmark is: WGSL programs, and what they need, do and should give for a shape. Plain data and functions. */

import type { Family, Precision, Shape, Work } from '../result.ts';

/** Workgroups in x, y, z. Each is at most 65,535, WebGPU's default limit. */
export type Grid = readonly [number, number, number];

/** WGSL whose entry point is `main`. */
export interface Program {
  readonly id: string;
  readonly code: string;
}

/** The large buffers (see pool.ts). */
export type PoolName = 'source' | 'halves' | 'destination' | 'blocks';

/** What is bound to a program, in the order of its bindings: a range of a large buffer, or a small uniform of u32. */
export type Operand =
  | { readonly pool: PoolName; readonly offset: number; readonly bytes: number }
  | { readonly uniform: readonly number[] };

/** One program's run. */
export interface Stage {
  /** Index into the kernel's programs. */
  readonly program: number;
  readonly grid: Grid;
  readonly operands: (rotation: number) => readonly Operand[];
}

/** A shape as one kernel computes it. The result lies in `destination`, in f32. */
export interface Computation {
  readonly work: Work;
  readonly stages: readonly Stage[];
  /**
   * Sets of operands to use in turn, so that weights, keys and values come from memory as in a model of many layers, and not
   * from the cache that the dispatch before left behind.
   */
  readonly rotations: number;
  readonly resultWords: number;
  /** First word of the result in `destination` where it is not 0. */
  readonly resultStart?: (rotation: number) => number;
  /** The CPU's answer for a word of the result. */
  readonly expected: (word: number, rotation: number) => number;
  /** Largest difference that rounding explains; 0 where every sum is exact. */
  readonly tolerance: number;
  /** Words to look at where looking at all would take too long: spread out, and few enough rows for the CPU. */
  readonly samples: readonly number[];
}

/** Bytes of the large buffers. */
export type Room = Readonly<Record<Exclude<PoolName, 'blocks'>, number>>;

export interface Kernel {
  readonly id: string;
  readonly family: Family;
  readonly precision: Precision;
  /** The series its points belong to, within the family and precision. */
  readonly variant: string;
  /** Features of the device beyond the core ones. */
  readonly needs: readonly ('shader-f16' | 'subgroups')[];
  /** It exchanges data among this many lanes of a subgroup, so no subgroup may be smaller. */
  readonly lanes?: number;
  /** True if it uses workgroup memory. Software adapters run barriers very slowly. */
  readonly hasBarriers: boolean;
  readonly programs: readonly Program[];
  /** Null if this kernel does not compute such a shape, or its operands do not fit. */
  readonly compute: (shape: Shape, room: Room) => Computation | null;
}

/** `count` lines of code, made by `line(0)` to `line(count - 1)`. */
export function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** Operands together should be larger than any GPU's last-level cache. */
const rotatedBytes = 256 * 2 ** 20;
/** More sets make preparing them slow. */
const maxRotations = 64;

/** How many operands of `bytes` to use in turn, of those that fit. */
export function rotationsOf(bytes: number, roomBytes: number): number {
  const wanted = Math.ceil(rotatedBytes / bytes);
  return Math.max(1, Math.min(maxRotations, wanted, Math.floor(roomBytes / bytes)));
}

/** Bindings start at multiples of 256 bytes, WebGPU's default alignment. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 256) * 256;
}

/** WGSL that widens four halves in two u32. */
export const wideFunction =
  'fn wide(p: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y)); }';
