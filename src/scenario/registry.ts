/**
 * The knobs: one entry each. Links, files, command lines, the page's controls, their ranges and the tests all follow from
 * this table. Labels and explaining sentences are in `i18n/messages/knobs.ts` under `labelKey`, `helpKey`, `zeroKey`,
 * `choiceKey` and `unitKey`. Flags, defaults and ranges of the engine's knobs are those of vLLM (`vllm serve --help`).
 */

import { devices } from '../sim/gpu/device.ts';
import { models } from '../sim/gpu/model.ts';
import type { EngineId, KnobName, Knobs, MemoryId, PreemptionId, WorkloadId } from './knobs.ts';

/** Every knob but `preset`, which says where the other values come from. */
export type TunableName = Exclude<KnobName, 'preset'>;

export type KnobGroup = 'workload' | 'engine' | 'memory' | 'hardware';
export type KnobUnit =
  | 'requests/s'
  | 'requests'
  | 'clients'
  | 'tokens'
  | 'sequences'
  | 'blocks'
  | 'share'
  | 'ms'
  | 'GiB'
  | 'none';

/** What a default rule may look at. */
export interface DeviceFacts {
  readonly name: string;
  readonly memoryBytes: number;
}

interface Common {
  readonly name: TunableName;
  /** The engine's own command-line flag; left out where the knob is not the engine's. */
  readonly flag?: string;
  readonly group: KnobGroup;
  readonly unit: KnobUnit;
  /** Engines, memory managers and workloads that read the knob; left out: all. */
  readonly engines?: readonly EngineId[];
  readonly memories?: readonly MemoryId[];
  readonly workloads?: readonly WorkloadId[];
  /** Whether a run can be continued from a step with another value (`fork`), or must be simulated from its start. */
  readonly change: 'fork' | 'start';
  /** Version of the link codec that knows the knob first. */
  readonly since: number;
}

export interface NumberKnob extends Common {
  readonly type: 'integer' | 'number';
  /** On an H200, where it depends on the device. */
  readonly default: number;
  /** The engine's own choice for another device. */
  readonly rule?: (device: DeviceFacts) => number;
  /** Defaults of engines that had another one. */
  readonly engineDefaults?: Partial<Readonly<Record<EngineId, number>>>;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly scale: 'linear' | 'log';
  /** Whether 0 is allowed below `min`, with the meaning that `zeroKey` gives ("off", "from memory"). */
  readonly zero: boolean;
}

export interface ChoiceKnob extends Common {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

export interface SwitchKnob extends Common {
  readonly type: 'switch';
  readonly default: boolean;
}

export type KnobEntry = NumberKnob | ChoiceKnob | SwitchKnob;

/** Value of the device knob that stands for the visitor's own calibrated GPU. */
export const thisGpu = 'this-gpu';

const gibibyte = 2 ** 30;
const isLarge = (d: DeviceFacts) => d.memoryBytes >= 70 * gibibyte && !/a100/i.test(d.name);

/** vLLM's default token budget of a server: by memory of the device, the A100 counting as small. */
export function defaultTokenBudget(device: DeviceFacts): number {
  if (!isLarge(device)) return 2048;
  return device.memoryBytes >= 160 * gibibyte ? 16384 : 8192;
}

/** vLLM's default number of sequences of a server. */
export function defaultSeats(device: DeviceFacts): number {
  return isLarge(device) ? 1024 : 256;
}

const whole = { type: 'integer', scale: 'log', step: 1, zero: false, since: 1 } as const;
const ofVllm = { group: 'engine', engines: ['vllm'], since: 1 } as const;
const ofBothVllm = { group: 'engine', engines: ['vllm', 'vllm-2023'], since: 1 } as const;
const ofVllm2023 = { group: 'memory', engines: ['vllm-2023'], memories: ['paged'], since: 1 } as const;

/** In the order in which links and files write them. */
export const registry: readonly KnobEntry[] = [
  {
    name: 'workload',
    type: 'choice',
    group: 'workload',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 'long-prompt',
    choices: ['long-prompt', 'tiny', 'azure-chat', 'azure-code', 'batch', 'trace'] satisfies WorkloadId[],
  },
  {
    name: 'engine',
    type: 'choice',
    group: 'engine',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 'vllm',
    choices: ['vllm', 'static', 'vllm-2023'] satisfies EngineId[],
  },
  {
    name: 'memory',
    type: 'choice',
    group: 'memory',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 'paged',
    choices: ['paged', 'contiguous', 'contiguous-pow2', 'contiguous-oracle'] satisfies MemoryId[],
  },
  {
    name: 'model',
    flag: '--model',
    type: 'choice',
    group: 'hardware',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 'llama-3.1-8b',
    choices: Object.keys(models),
  },
  {
    name: 'device',
    type: 'choice',
    group: 'hardware',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 'h200',
    choices: [...Object.keys(devices), thisGpu],
  },
  {
    ...whole,
    name: 'rate',
    type: 'number',
    group: 'workload',
    unit: 'requests/s',
    workloads: ['long-prompt', 'azure-chat', 'azure-code', 'trace'],
    change: 'start',
    default: 12,
    min: 0.01,
    max: 1000,
    step: 0.01,
    zero: true,
  },
  {
    ...whole,
    name: 'requests',
    group: 'workload',
    unit: 'requests',
    workloads: ['long-prompt', 'azure-chat', 'azure-code', 'batch', 'trace'],
    change: 'start',
    default: 240,
    min: 1,
    max: 1_000_000,
  },
  {
    ...whole,
    name: 'clients',
    group: 'workload',
    unit: 'clients',
    workloads: ['azure-chat', 'azure-code', 'trace'],
    change: 'start',
    default: 0,
    min: 1,
    max: 10_000,
    zero: true,
  },
  {
    ...ofBothVllm,
    ...whole,
    name: 'max-num-batched-tokens',
    flag: '--max-num-batched-tokens',
    unit: 'tokens',
    change: 'fork',
    default: 8192,
    rule: defaultTokenBudget,
    engineDefaults: { 'vllm-2023': 2560 },
    min: 16,
    max: 131_072,
  },
  {
    ...ofBothVllm,
    ...whole,
    name: 'max-num-seqs',
    flag: '--max-num-seqs',
    unit: 'sequences',
    change: 'fork',
    default: 1024,
    rule: defaultSeats,
    engineDefaults: { 'vllm-2023': 256 },
    min: 1,
    max: 8192,
  },
  {
    ...whole,
    name: 'max-model-len',
    flag: '--max-model-len',
    group: 'memory',
    unit: 'tokens',
    change: 'start',
    default: 0,
    min: 16,
    max: 1_048_576,
    zero: true,
  },
  {
    ...ofVllm,
    name: 'enable-chunked-prefill',
    flag: '--enable-chunked-prefill',
    type: 'switch',
    unit: 'none',
    change: 'fork',
    default: true,
  },
  {
    ...ofVllm,
    ...whole,
    name: 'long-prefill-token-threshold',
    flag: '--long-prefill-token-threshold',
    unit: 'tokens',
    change: 'fork',
    default: 0,
    min: 16,
    max: 131_072,
    zero: true,
  },
  {
    ...ofVllm,
    name: 'enable-prefix-caching',
    flag: '--enable-prefix-caching',
    type: 'switch',
    group: 'memory',
    unit: 'none',
    memories: ['paged'],
    change: 'start',
    default: true,
  },
  {
    ...ofVllm,
    name: 'scheduler-reserve-full-isl',
    flag: '--scheduler-reserve-full-isl',
    type: 'switch',
    unit: 'none',
    memories: ['paged'],
    change: 'fork',
    default: true,
  },
  {
    ...ofBothVllm,
    name: 'watermark',
    flag: '--watermark',
    type: 'number',
    unit: 'share',
    memories: ['paged'],
    change: 'fork',
    default: 0,
    engineDefaults: { 'vllm-2023': 0.01 },
    min: 0,
    max: 0.99,
    step: 0.01,
    scale: 'linear',
    zero: true,
  },
  {
    ...ofVllm,
    name: 'async-scheduling',
    flag: '--async-scheduling',
    type: 'switch',
    unit: 'none',
    change: 'start',
    default: true,
  },
  {
    ...ofVllm,
    name: 'kv-offloading-size',
    flag: '--kv-offloading-size',
    type: 'number',
    group: 'memory',
    unit: 'GiB',
    memories: ['paged'],
    change: 'start',
    default: 0,
    min: 0.01,
    max: 4096,
    step: 0.01,
    scale: 'log',
    zero: true,
  },
  {
    ...ofVllm2023,
    name: 'preemption-mode',
    flag: '--preemption-mode',
    type: 'choice',
    unit: 'none',
    change: 'start',
    default: 'recompute',
    choices: ['recompute', 'swap'] satisfies PreemptionId[],
  },
  {
    ...ofVllm2023,
    name: 'swap-space',
    flag: '--swap-space',
    type: 'number',
    unit: 'GiB',
    change: 'start',
    default: 4,
    min: 0.01,
    max: 4096,
    step: 0.01,
    scale: 'log',
    zero: true,
  },
  {
    ...whole,
    name: 'block-size',
    flag: '--block-size',
    group: 'memory',
    unit: 'tokens',
    change: 'start',
    default: 16,
    min: 1,
    max: 256,
  },
  {
    name: 'gpu-memory-utilization',
    flag: '--gpu-memory-utilization',
    type: 'number',
    group: 'memory',
    unit: 'share',
    change: 'start',
    since: 1,
    default: 0.92,
    min: 0.01,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: false,
  },
  {
    ...whole,
    name: 'num-gpu-blocks-override',
    flag: '--num-gpu-blocks-override',
    group: 'memory',
    unit: 'blocks',
    change: 'start',
    default: 0,
    min: 2,
    max: 1_000_000,
    zero: true,
  },
  {
    ...whole,
    name: 'batch-size',
    group: 'engine',
    unit: 'requests',
    engines: ['static'],
    change: 'fork',
    default: 8,
    min: 1,
    max: 1024,
  },
  {
    ...whole,
    name: 'batch-timeout-ms',
    group: 'engine',
    unit: 'ms',
    engines: ['static'],
    change: 'fork',
    default: 100,
    min: 1,
    max: 60_000,
    zero: true,
  },
  {
    name: 'seed',
    type: 'integer',
    group: 'workload',
    unit: 'none',
    change: 'start',
    since: 1,
    default: 7,
    min: 0,
    max: 0xffff_ffff,
    step: 1,
    scale: 'linear',
    zero: true,
  },
];

const byName: ReadonlyMap<string, KnobEntry> = new Map(registry.map((entry) => [entry.name, entry]));

/** The entry of a knob, or undefined for a name that is none. */
export function findKnob(name: string): KnobEntry | undefined {
  return byName.get(name);
}

/** The entry of a knob. */
export function knobEntry(name: TunableName): KnobEntry {
  const entry = byName.get(name);
  if (entry === undefined) throw new Error(`knob without an entry: ${name}`);
  return entry;
}

/** Whether the scenario reads the knob at all: one that belongs to another engine, memory or workload changes nothing. */
export function isRead(entry: KnobEntry, knobs: Knobs): boolean {
  // In a closed loop the answers set the rate.
  if (entry.name === 'rate' && knobs.clients > 0) return false;
  if (entry.name === 'swap-space' && knobs['preemption-mode'] !== 'swap') return false;
  if (entry.name === 'kv-offloading-size' && !knobs['enable-prefix-caching']) return false;
  return (
    (entry.engines?.includes(knobs.engine) ?? true) &&
    (entry.memories?.includes(knobs.memory) ?? true) &&
    (entry.workloads?.includes(knobs.workload) ?? true)
  );
}

export const labelKey = <K extends TunableName>(name: K): `knob.${K}.label` => `knob.${name}.label`;
export const helpKey = <K extends TunableName>(name: K): `knob.${K}.help` => `knob.${name}.help`;
/** What 0 means; only knobs with `zero` and a special meaning have it, see `zeroMeanings`. */
export const zeroKey = <K extends ZeroName>(name: K): `knob.${K}.zero` => `knob.${name}.zero`;
export const unitKey = <U extends KnobUnit>(unit: U): `unit.${U}` => `unit.${unit}`;
/** Key of a choice's name: `choice.engine.vllm`. Choices of one knob are known at run time only, so this is a string. */
export const choiceKey = (name: TunableName, choice: string): string => `choice.${name}.${choice}`;

/** Knobs whose 0 means something else than the number nought. */
export const zeroMeanings = [
  'rate',
  'clients',
  'max-model-len',
  'long-prefill-token-threshold',
  'kv-offloading-size',
  'swap-space',
  'num-gpu-blocks-override',
  'batch-timeout-ms',
] as const satisfies readonly TunableName[];
export type ZeroName = (typeof zeroMeanings)[number];
