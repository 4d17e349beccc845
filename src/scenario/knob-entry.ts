/** The form of a knob's entry. The entries themselves are in `shared-knobs.ts` and, of one engine's own, in `engines/`. */

import type { Bound } from '../sim/decision.ts';
import type { Knobs, MemoryId, WorkloadId } from './knobs.ts';
import type { Result } from './result.ts';

/** A sentence or a name in every language of the page. */
export type Text = Readonly<Record<'en' | 'zh', string>>;

/** Names and sentences of a knob. */
export interface KnobText {
  readonly label: Text;
  /** One sentence. */
  readonly help: Text;
  /** What 0 means, if it is not the number nought. */
  readonly zero?: Text;
  /** Names of the choices, by choice. */
  readonly choices?: Readonly<Record<string, Text>>;
}

export type KnobGroup = 'workload' | 'engine' | 'memory' | 'hardware' | 'fleet';
export type KnobUnit =
  | 'requests/s'
  | 'requests'
  | 'clients'
  | 'users'
  | 'tokens'
  | 'sequences'
  | 'blocks'
  | 'share'
  | 'ms'
  | 's'
  | 'GiB'
  | 'MiB'
  | 'MB'
  | 'us'
  | 'none';

/**
 * Phases that an engine may have, with knobs of their own (`phases/`). `encoder-cache`: images within a budget, and kept;
 * `media-items`: images with the engine's own knobs. `pipeline`: stages of layers, as many batches in flight.
 * `expert-parallel`: experts on different GPUs, and groups of them with requests of their own.
 * `context-parallel`: prompts divided among GPUs.
 */
export type PhaseId =
  | 'speculation'
  | 'multimodal'
  | 'encoder-cache'
  | 'media-items'
  | 'prefix-cache'
  | 'pipeline'
  | 'expert-parallel'
  | 'context-parallel';

/** What a default rule may look at. */
export interface DeviceFacts {
  readonly name: string;
  readonly memoryBytes: number;
}

interface Common {
  readonly name: string;
  /** The engine's own command-line flag; left out where the knob is not the engine's. Those of phases are in its entry. */
  readonly flag?: string;
  /** The program whose flag it is, where that is no engine. */
  readonly program?: string;
  readonly group: KnobGroup;
  readonly unit: KnobUnit;
  /** Whether every engine reads the knob, or only those that name it. */
  readonly readBy: 'all' | 'engines';
  /** Memory managers and workloads with which it is read; left out: all. */
  readonly memories?: readonly MemoryId[];
  readonly workloads?: readonly WorkloadId[];
  /** The phase that an engine must have for the knob to be read; left out: none. */
  readonly phase?: PhaseId;
  /** Whether the values of other knobs leave anything to it; left out: they do. */
  readonly isUsed?: (knobs: Knobs) => boolean;
  /** The limit that the knob sets: a step that it kept from doing more is counted for it. */
  readonly binds?: Bound;
  /** Words of a knob that a phase brings along. Those of engines and of workloads and GPUs come with the engine (`EngineEntry.words`), those of the others are in `i18n/messages/knobs.ts`. */
  readonly text?: KnobText;
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
  /** A knob that every scenario names: choices without words of their own are called as they are there. */
  readonly namedAs?: string;
  /** Reads a value that is none of the choices but holds all of a thing of one's own (`own/text.ts`); left out: there are none. */
  readonly own?: (text: string) => Result<string>;
}

export interface SwitchKnob extends Common {
  readonly type: 'switch';
  readonly default: boolean;
}

export type KnobEntry = NumberKnob | ChoiceKnob | SwitchKnob;

/** A knob that a phase or a workload brings along; a scenario names it only where it differs from its default. */
export type PhaseKnob = KnobEntry & { readonly readBy: 'all' };

/** A knob of a fleet of engines; its words are loaded with the first one. */
export type FleetKnob = KnobEntry & { readonly readBy: 'all' };

/** A knob that an engine brings along. */
export type EngineKnob = KnobEntry & { readonly readBy: 'engines' };
