/** What follows from a scenario before anything runs: sizes, effective limits, where the numbers come from. */

export interface Facts {
  readonly engine: string;
  readonly model: string;
  readonly device: string;
  /** GPUs that share every layer. Bytes below are those of one of them. */
  readonly devices: number;
  /** `measured` with its error, `fitted`, `estimated` (datasheet), or `this device`. */
  readonly evidence: 'measured' | 'fitted' | 'estimated' | 'this-device';
  /** Median relative error of the step time against measured steps, where known. */
  readonly stepErrorMedian: number | null;
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  readonly kvPoolBytes: number;
  /** Usable blocks. */
  readonly blocks: number;
  readonly blockSize: number;
  readonly tokenBudget: number;
  readonly seats: number;
  readonly maxModelLen: number;
  /** Requests of a static batch; 0 where batches are not static. */
  readonly staticBatch: number;
}
