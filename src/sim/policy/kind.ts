import type { EngineConfig } from '../engine-config.ts';
import type { KvMemory } from '../memory/memory.ts';
import type { Sequences } from '../sequences.ts';
import type { Policy, PolicyContext } from './policy.ts';

/** How an engine's sigma is made, and its M where it has one of its own. One a file in this folder, listed in `kinds.ts`. */
export interface PolicyKind<S extends object = object> {
  /** The name under which `EngineConfig.policy` asks for it. */
  readonly id: string;
  /** What only this policy is told, as the engine has it without any flag. Plain data. */
  readonly defaults: S;
  createPolicy(context: PolicyContext, settings: S): Policy;
  /** Tokens that a prompt, and a prompt with its output, may have at most. Left out: one less than `maxModelLen`, and that. */
  lengths?(config: EngineConfig, settings: S): Lengths;
  /** Left out: the manager that `EngineConfig.memory` names. */
  createMemory?(config: EngineConfig, sequences: Sequences, settings: S): KvMemory;
}

/** The longest prompt and the longest sequence that an engine takes, tokens. */
export interface Lengths {
  readonly prompt: number;
  readonly total: number;
}
