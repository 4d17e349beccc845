/** The form of an engine's entry: what the page, links, command lines and tests know of it. */

import type { EngineConfig } from '../../sim/engine-config.ts';
import type { CostAdjustment } from '../../sim/gpu/cost-adjustment.ts';
import type { KvShare } from '../../sim/gpu/kv-capacity.ts';
import type { Limits as EngineLimits } from '../../sim/limits.ts';
import type { EngineKnob, KnobText, PhaseId, Text } from '../knob-entry.ts';
import type { Knobs, KnobValue, MemoryId, SharedName } from '../knobs.ts';

/**
 * An engine: a composition of queue order, memory manager, phases and policy, with its knobs under their real names. One
 * a file in this folder, made known by `registerEngine` (`engines.ts`).
 */
export interface EngineEntry {
  /** Name in links and command lines. */
  readonly id: string;
  readonly name: Text;
  /** One sentence: what it does otherwise than others. */
  readonly sentence: Text;
  /** What of it is modelled, and from what; loaded when somebody asks. */
  about(): Promise<EngineAbout>;
  /** KV memory managers that it can be given; empty = it has one of its own and can be given no other. */
  readonly memories: readonly MemoryId[];
  /** Limits that it goes on with at once when they change between two steps, by a bandit or by hand; left out: none. The order of its queue always may. */
  readonly live?: readonly (keyof EngineLimits)[];
  /** Knobs of the common table that it reads. */
  readonly reads: readonly SharedName[];
  /** Its own knob for the longest sequence; left out: `max-model-len`. */
  readonly lengthKnob?: string;
  /** Priority value with which its clients send an urgent request, where that is not simply a smaller one than the others' 0. */
  urgentPriority?(knobs: Knobs): number;
  /** Its own defaults of those, where they differ. */
  readonly defaults?: Readonly<Record<string, KnobValue>>;
  /** Phases that it has beside prefill and decode; left out: none. Their knobs are common ones (`phases/`). */
  readonly phases?: readonly PhaseId[];
  /** Its own names of common knobs, where they are not those of vLLM. A phase's knob without one is a what-if. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Branches of drafts that each pass of its drafter follows; left out: one. */
  draftBranches?(knobs: Knobs): number;
  /** Knobs that nobody else has. */
  readonly knobs: readonly EngineKnob[];
  /** Names and sentences of knobs that do not bring them along, loaded when somebody looks at the engine. Those of workloads and GPUs are added when it is registered. */
  words?(): Promise<Readonly<Record<string, KnobText>>>;
  /** How much it wants of what decides how many KV blocks there are. */
  limits(knobs: Knobs, device: LimitsDevice): WantedLimits;
  /** With `media-items`: how much it encodes before the model's part of a step. */
  encoderItems?(knobs: Knobs): EncoderItems;
  /** How it runs a model otherwise than the steps that the device profiles describe; left out: not at all. */
  cost?(knobs: Knobs): CostAdjustment;
  /** Its configuration, on top of the common one that follows from the limits. */
  configure(knobs: Knobs, limits: Limits, device: LimitsDevice): EngineSettings;
}

/** What of an engine is modelled. */
export interface EngineAbout {
  /** The version that is modelled. */
  readonly version: string;
  /** Where its rules were read. */
  readonly source: string;
  /** What of it is left out, a sentence each. */
  readonly notModelled: readonly Text[];
}

/** Limits of an encoder that takes whole items. */
export interface EncoderItems {
  /** Items of a step, and rows of the encoder in it; an item larger than that raises the latter. */
  readonly maxItems: number;
  readonly maxRows: number;
  /** Device memory for copies of embeddings, so that the same image is not encoded again. */
  readonly cacheBytes: number;
}

/** What an entry may know of device and model when it sets its limits. */
export interface LimitsDevice {
  readonly name: string;
  readonly memoryBytes: number;
  /** Longest sequence that the model knows. */
  readonly maxPosition: number;
}

/** What the common part of a configuration does not give; `policy` names the one to use. */
export type EngineSettings = Partial<EngineConfig> & Pick<EngineConfig, 'policy'>;

/** What an engine asks for, before it is known what fits. */
export interface WantedLimits {
  /** Tokens a step may compute; activations of that many are set aside. */
  readonly tokenBudget: number;
  /** Sequences that may run at once. */
  readonly seats: number;
  /** Whether a prompt of the longest length must fit into a step, so that the budget is raised to it. */
  readonly wholePrompts: boolean;
  /** Tokens of a KV block. */
  readonly blockSize: number;
  /** Bytes for KV: a share of the whole device memory less weights and activations, or a share of what those leave. */
  readonly kvShare: KvShare;
  /** The knob that sets the share, to be named where memory is short. */
  readonly shareKnob: string;
  /** Blocks, whatever the memory would hold; 0 = from memory. With the knob that says so. */
  readonly blocks: { readonly count: number; readonly knob: string };
  /** Tokens that the KV memory holds at most, if there is room for more; 0 or left out = no such limit. */
  readonly mostKvTokens?: number;
  /** Longest sequence; 0 = what the model and the memory allow. */
  readonly maxModelLen: number;
  /** Host memory for KV blocks, GiB, and the knob that sets it. `isUntimedAllowed`: where the link to it is not known, copies take no time. */
  readonly host?: { readonly gib: number; readonly knob: string; readonly isUntimedAllowed?: boolean };
  /** Requests of a static batch; 0 or left out = batches are not static. */
  readonly staticBatch?: number;
}

/** What it gets. */
export interface Limits {
  readonly tokenBudget: number;
  readonly seats: number;
  readonly maxModelLen: number;
  /** One block more than can be handed out: block 0 stands for none. */
  readonly numBlocks: number;
  readonly blockSize: number;
  readonly weightBytes: number;
}
