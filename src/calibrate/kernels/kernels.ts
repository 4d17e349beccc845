/** The set of kernels that a run uses. Tests hand in broken ones. */

import type { Shape } from '../result.ts';
import { registerGemm, sharedGemm } from './gemm.ts';
import { gemv } from './gemv.ts';
import type { Kernel, Program } from './kernel.ts';
import { copy, fillFloats, fillHalves, read, tick } from './memory.ts';
import { pagedAttention } from './paged-attention.ts';
import { promptAttention } from './prompt-attention.ts';

/** What kernels compete for: of each task's candidates the fastest right ones are measured. */
export const tasks = [
  'copy',
  'read',
  'gemm-f32',
  'gemm-f16-packed',
  'gemm-f16',
  'gemv',
  'skinny-gemm',
  'decode-attention',
  'flash-attention',
  'materialised-attention',
] as const;
export type Task = (typeof tasks)[number];

/** Without these there is no result; any other task may have no kernel that works. */
export const indispensable: readonly Task[] = ['copy', 'read', 'gemm-f32'];

export interface KernelSet {
  readonly fillFloats: Program;
  readonly fillHalves: Program;
  readonly tick: Program;
  /** Candidates; those without barriers are what a software adapter uses. */
  readonly tasks: Readonly<Record<Task, readonly Kernel[]>>;
}

/** Tiles that did best on an H200 through WebGPU, each at some number of rows; which one wins here, the contest decides. */
const small = { tileM: 32, tileN: 64, tileK: 32, threadM: 4, threadN: 4 };
const medium = { tileM: 64, tileN: 64, tileK: 16, threadM: 4, threadN: 4 };
const large = { tileM: 64, tileN: 128, tileK: 16, threadM: 8, threadN: 8 };
const largeOfHalves = { tileM: 128, tileN: 64, tileK: 32, threadM: 8, threadN: 8 };
/** Sixteen or thirty-two rows are all a decode step has; parts of k keep the GPU busy. */
const low = { tileM: 16, tileN: 64, tileK: 16, threadM: 4, threadN: 4 };
const lowWide = { tileM: 32, tileN: 128, tileK: 16, threadM: 8, threadN: 4 };
const skinny = { precision: 'f16-packed', family: 'skinny', slices: 16 } as const;

export const standardKernels: KernelSet = {
  fillFloats,
  fillHalves,
  tick,
  tasks: {
    copy: [copy],
    read: [read],
    'gemm-f32': [
      registerGemm({ precision: 'f32' }),
      ...[small, medium, large].map((tile) => sharedGemm(tile, { precision: 'f32' })),
    ],
    'gemm-f16-packed': [
      registerGemm({ precision: 'f16-packed' }),
      ...[small, medium, large].map((tile) => sharedGemm(tile, { precision: 'f16-packed' })),
    ],
    'gemm-f16': [small, medium, largeOfHalves].map((tile) => sharedGemm(tile, { precision: 'f16' })),
    gemv: [gemv('subgroup'), gemv('shared'), gemv('none')],
    'skinny-gemm': [
      sharedGemm(low, skinny),
      sharedGemm(lowWide, skinny),
      registerGemm({ precision: 'f16-packed', family: 'skinny' }, 16, 2),
    ],
    'decode-attention': [
      pagedAttention('subgroup-16'),
      pagedAttention('subgroup-8'),
      pagedAttention('subgroup-4'),
      pagedAttention('shared'),
      pagedAttention('thread'),
    ],
    'flash-attention': [promptAttention('flash-shared'), promptAttention('flash-thread')],
    'materialised-attention': [promptAttention('materialised-shared'), promptAttention('materialised-thread')],
  },
};

/** Small shapes whose results are compared in full before anything is timed. */
export const checkShapes: Readonly<Record<Task, Shape>> = {
  copy: { kind: 'memory', bytes: 2 ** 18 },
  read: { kind: 'memory', bytes: 2 ** 18 },
  'gemm-f32': { kind: 'product', m: 128, n: 128, k: 64 },
  'gemm-f16-packed': { kind: 'product', m: 128, n: 128, k: 64 },
  'gemm-f16': { kind: 'product', m: 128, n: 128, k: 64 },
  gemv: { kind: 'product', m: 4, n: 64, k: 1088 },
  'skinny-gemm': { kind: 'product', m: 24, n: 128, k: 512 },
  'decode-attention': { kind: 'decode', sequences: 2, context: 64, blockSize: 16, splits: 2 },
  'flash-attention': { kind: 'prefill', tokens: 64, heads: 4 },
  'materialised-attention': { kind: 'prefill', tokens: 64, heads: 4 },
};
