/** Formats of recorded real runs that `validate` knows, and what holding one against its simulation says. */

/** A file that was read: the one that is named, or one of the folder. */
export interface InputFile {
  /** As it is named in errors. */
  readonly path: string;
  /** Without its folder. */
  readonly name: string;
  readonly text: string;
}

export interface ValidateOptions {
  /** In place of what the recording says. */
  readonly device?: string;
  readonly model?: string;
  readonly tensorParallel?: number;
  /** `knob=value`, in order, on top of all the rest. */
  readonly set: readonly string[];
  /** Tells the person at the terminal what is odd but usable. */
  readonly note: (line: string) => void;
}

/** A format of recordings, recognised by content. One a file in this folder, listed in `formats.ts`. */
export interface ValidationFormat {
  /** What it is, in a line, for help and errors. */
  readonly name: string;
  /** Whether the files look like it. What is wrong with them is said by `validate`. */
  recognise(files: readonly InputFile[]): boolean;
  /** Simulates what was recorded. Input that is wrong is a `Failure` that names file, line, field and what was expected. */
  validate(files: readonly InputFile[], options: ValidateOptions): Validation;
}

export type Quantity =
  | `${'ttft' | 'tpot' | 'e2e'}.${'mean' | 'p50' | 'p90' | 'p95' | 'p99'}`
  | 'ttft'
  | 'tpot'
  | 'makespan'
  | 'throughput'
  | 'iterations'
  | 'identical iterations'
  /** Means over the time of the run. */
  | 'running'
  | 'waiting'
  | 'KV use';

/** One quantity as measured and as simulated, in the same unit. Times are seconds. */
export interface Compared {
  readonly quantity: Quantity;
  readonly unit: 's' | 'tokens/s' | 'steps' | 'requests' | 'share';
  readonly measured: number;
  readonly simulated: number;
}

/** One recorded run beside its simulation. */
export interface RunComparison {
  readonly name: string;
  /** By what recorded runs differ from one another: `{ engine: 'vllm', 'tensor-parallel-size': 2 }`. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly quantities: readonly Compared[];
  /** Share of all requests' simulated end-to-end time that they waited for their first step, 0 to 1. */
  readonly queueingShare: number;
  readonly preemptions: number;
}

/** Two recorded runs of the same requests, and by how much the second differs from the first, as measured and as simulated. */
export interface PairComparison {
  readonly from: string;
  readonly to: string;
  /** Names of the settings; none = the run was repeated. */
  readonly differsIn: readonly string[];
  readonly changes: readonly Change[];
}

/** Relative changes of a quantity: -0.1 = a tenth less. */
export interface Change {
  readonly quantity: Quantity;
  readonly measured: number;
  readonly simulated: number;
}

/** A recorded run that was not simulated, and why. */
export interface NotSimulated {
  readonly name: string;
  readonly reason: string;
}

/** What a format found in a recording. */
export interface Validation {
  /** Lines of label and value: what was simulated, on what, with which evidence. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly runs: readonly RunComparison[];
  /** Runs beside one another; left out: all whose settings differ in one. */
  readonly pairs?: readonly PairComparison[];
  readonly notSimulated: readonly NotSimulated[];
}

/** `(simulated - measured) / measured`. */
export function relativeDifference({ measured, simulated }: Compared): number {
  return (simulated - measured) / measured;
}
