/** The set of kernels that a run uses. Tests hand in broken ones. */

import { gemmKernels } from './gemm.ts';
import type { GemmKernel, MemoryKernel } from './kernel.ts';
import { copy, fill, read, tick } from './memory.ts';

export interface KernelSet {
  readonly fill: MemoryKernel;
  readonly copy: MemoryKernel;
  readonly read: MemoryKernel;
  readonly tick: { readonly id: string; readonly code: string };
  readonly gemm: readonly GemmKernel[];
}

export const standardKernels: KernelSet = { fill, copy, read, tick, gemm: gemmKernels };
