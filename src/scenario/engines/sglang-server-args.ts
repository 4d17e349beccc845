/** What SGLang works out for itself before it starts (`server_args.py`, `model_runner.py`, commit d2b3c7f). */

interface GpuDefaults {
  /** Below this many GiB of one GPU. */
  readonly below: number;
  readonly chunkedPrefillSize: number;
  /** Largest captured decode batch, on fewer than 4 GPUs and on more. */
  readonly cudaGraphMaxBs: readonly [number, number];
}

const byMemory: readonly GpuDefaults[] = [
  { below: 20, chunkedPrefillSize: 2048, cudaGraphMaxBs: [8, 8] },
  { below: 35, chunkedPrefillSize: 2048, cudaGraphMaxBs: [24, 80] },
  { below: 60, chunkedPrefillSize: 4096, cudaGraphMaxBs: [32, 160] },
  { below: 160, chunkedPrefillSize: 8192, cudaGraphMaxBs: [256, 512] },
  { below: Number.POSITIVE_INFINITY, chunkedPrefillSize: 16_384, cudaGraphMaxBs: [512, 512] },
];
const unknownGpu = { chunkedPrefillSize: 4096, cudaGraphMaxBs: [160, 160] } as const;

/** Sizes that follow from the memory of one GPU, in bytes; undefined = it is not known. */
export function gpuDefaults(
  memoryBytes: number | undefined,
  ranks: number,
): { readonly chunkedPrefillSize: number; readonly cudaGraphMaxBs: number } {
  const row = memoryBytes === undefined ? unknownGpu : byMemory.find(({ below }) => memoryBytes < below * 2 ** 30);
  const { chunkedPrefillSize, cudaGraphMaxBs } = row ?? unknownGpu;
  return { chunkedPrefillSize, cudaGraphMaxBs: cudaGraphMaxBs[ranks < 4 ? 0 : 1] };
}

/** MiB that are set aside for a drafter, whatever its size: a model of its own (STANDALONE), or a head (EAGLE). */
export function drafterReserveMib(method: string): number {
  return method === 'draft_model' ? 6144 : method === 'eagle' ? 2048 : 0;
}

/**
 * `--mem-fraction-static` as computed: what is left of the memory beside activations, captured graphs, what grows with
 * the number of GPUs, and what is set aside for a drafter, in MiB. A share of three decimals.
 */
export function memFractionStatic(
  memoryBytes: number,
  { chunkedPrefillSize, cudaGraphMaxBs }: ReturnType<typeof gpuDefaults>,
  ranks: number,
  drafterMib: number,
): number {
  const memory = memoryBytes / 2 ** 20;
  const apart = 512 + 1.5 * Math.max(chunkedPrefillSize, 2048) + 2 * cudaGraphMaxBs + (1024 * ranks) / 8;
  const reserved = (memory > 60 * 1024 ? Math.max(apart, 10 * 1024) : apart) + drafterMib;
  return Math.round(((memory - reserved) / memory) * 1000) / 1000;
}

/** `--max-running-requests` with speculative decoding. */
export const SPECULATIVE_RUNNING_REQUESTS = 48;

/** `--max-running-requests` as computed: half a thousand sequences of full length for a full pool, within bounds. */
export function maxRunningRequests(slots: number, contextLength: number): number {
  return Math.min(4096, Math.max(2048, Math.trunc((slots / contextLength) * 512)));
}
