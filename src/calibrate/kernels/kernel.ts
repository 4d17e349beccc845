/** What every kernel of the benchmark is: WGSL text, and how many workgroups it takes. */

/** Workgroups in x, y, z. Each is at most 65,535, WebGPU's default limit. */
export type Grid = readonly [number, number, number];

/** A kernel over `bytes` of contiguous memory. Its entry point is `main`. */
export interface MemoryKernel {
  readonly id: string;
  readonly code: string;
  /** `bytes` must be a multiple of this. */
  readonly granuleBytes: number;
  readonly grid: (bytes: number) => Grid;
}

/** C (m x n) = A (m x k) times B (k x n), all row-major. Its entry point is `main`. */
export interface GemmKernel {
  readonly id: string;
  readonly code: string;
  /** m, n and k must be multiples of these. */
  readonly tile: GemmShape;
  readonly grid: (shape: GemmShape) => Grid;
  /** True if the kernel uses workgroup memory. Software adapters run barriers very slowly. */
  readonly hasBarriers: boolean;
}

export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** `count` lines of code, made by `line(0)` to `line(count - 1)`. */
export function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}
